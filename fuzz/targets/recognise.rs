//! A text is recognised as X shows it, and not taken for another.
//!
//! Input: pieces of a text, one a line. `@`, a letter and a path are a link; every other line is
//! words, in which `~` stands for the end of a line.

#![no_main]

use birdcall_domain::post::{TimelinePost, is_same, weighted_length};
use libfuzzer_sys::fuzz_target;
use unicode_normalization::UnicodeNormalization as _;

/// What a person texts before the path, and what X says that it leads to.
const HOSTS: [(&str, &str); 8] = [
    ("example.com", "http://example.com"),
    ("https://example.com", "https://example.com"),
    ("HTTP://Example.COM", "http://example.com"),
    (
        "b\u{fc}cher.example.org",
        "https://xn--bcher-kva.example.org",
    ),
    (
        "xn--bcher-kva.example.org",
        "http://b\u{fc}cher.example.org",
    ),
    ("https://t.co", "https://t.co"),
    ("example.com:8080", "http://example.com:8080"),
    ("x.com", "https://twitter.com"),
];

enum Piece {
    Words(String),
    Link { texted: String, target: String },
}

fuzz_target!(|text: &str| {
    // A text has at most 1,600 characters.
    if text.len() > 1600 {
        return;
    }
    let pieces: Vec<Piece> = text.split('\n').map(read).collect();
    let sent = pieces.iter().map(Piece::texted).collect::<String>();
    let post = shown(&pieces);
    if post.text.is_empty() {
        return;
    }
    assert!(is_same(&sent, &post), "{sent:?} as {post:?}");
    let unexplained = TimelinePost {
        urls: Vec::new(),
        ..post.clone()
    };
    assert!(is_same(&sent, &unexplained), "{sent:?} as {unexplained:?}");

    // A link that leads to an address which was not texted. The numbers of short links have zeros.
    if let Some((_, target)) = post.urls.first() {
        let mut other = post.clone();
        let elsewhere = "http://elsewhere.test/a".to_owned();
        let target = target.clone();
        for (_, leads_to) in other.urls.iter_mut().filter(|(_, it)| *it == target) {
            *leads_to = elsewhere.clone();
        }
        let says = |text: &str| text.nfkc().flat_map(char::to_lowercase).collect::<String>();
        if !says(&sent).contains("elsewhere") && !sent.contains(['%', '0']) && !is_cut(&sent, &post)
        {
            assert!(!is_same(&sent, &other), "{sent:?} as {other:?}");
        }
    }
    check_words(&sent);
});

/// Without links, two texts are the same only if their folded characters are.
fn check_words(sent: &str) {
    let lower = sent.to_lowercase();
    if lower.contains("t.co") {
        return;
    }
    let post = shown(&[Piece::Words(sent.to_owned())]);
    let mut others = vec![format!("{sent}."), format!("a{sent}")];
    for (place, c) in sent.char_indices().take(40) {
        let rest = &sent[place + c.len_utf8()..];
        others.push(format!("{}{rest}", &sent[..place]));
        others.push(format!("{}\u{e9}{rest}", &sent[..place]));
    }
    for other in others {
        if is_cut(&other, &post) {
            continue;
        }
        assert_eq!(
            is_same(&other, &post),
            fold(&other) == fold(sent),
            "{other:?} as {post:?}"
        );
    }
}

/// Whether X may have cut the post.
fn is_cut(sent: &str, post: &TimelinePost) -> bool {
    post.text.contains('\u{2026}') && weighted_length(sent) > 280
}

fn fold(text: &str) -> String {
    let spaced = |c: char| if c.is_whitespace() { ' ' } else { c };
    let folded: String = text.nfd().map(spaced).filter(|c| !c.is_control()).collect();
    let words: Vec<&str> = folded.split(' ').filter(|word| !word.is_empty()).collect();
    words.join(" ")
}

fn read(line: &str) -> Piece {
    let mut characters = line.chars();
    let host = match (characters.next(), characters.next()) {
        (Some('@'), Some(letter @ 'a'..='h')) => HOSTS[usize::from(letter as u8 - b'a')],
        _ => return Piece::Words(line.replace('~', "\n")),
    };
    let is_plain = |c: &char| c.is_ascii_alphanumeric() || "-_.&=".contains(*c);
    let path: String = characters.filter(is_plain).collect();
    Piece::Link {
        texted: format!("{}/{path}", host.0),
        target: format!("{}/{path}", host.1),
    }
}

impl Piece {
    fn texted(&self) -> &str {
        match self {
            Self::Words(words) => words,
            Self::Link { texted, .. } => texted,
        }
    }
}

/// What X makes of the pieces: composed characters, short links, and escapes.
fn shown(pieces: &[Piece]) -> TimelinePost {
    let mut text = String::new();
    let mut urls = Vec::new();
    let mut words = String::new();
    for piece in pieces {
        match piece {
            Piece::Words(more) => words.push_str(more),
            Piece::Link { target, .. } => {
                text.push_str(&escaped(&std::mem::take(&mut words)));
                let short = format!("https://t.co/{:0>10}", urls.len());
                text.push_str(&short);
                urls.push((short, target.clone()));
            }
        }
    }
    text.push_str(&escaped(&words));
    TimelinePost {
        id: "1".to_owned(),
        text: text.trim().to_owned(),
        urls,
    }
}

fn escaped(words: &str) -> String {
    let composed: String = words.nfc().collect();
    composed
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}
