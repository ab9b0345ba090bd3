use proptest::prelude::*;

use super::*;

/// A post that X shows with this text and these links.
fn post(text: &str, urls: &[(&str, &str)]) -> TimelinePost {
    TimelinePost {
        id: "1".to_owned(),
        text: text.to_owned(),
        urls: urls
            .iter()
            .map(|(short, target)| ((*short).to_owned(), (*target).to_owned()))
            .collect(),
    }
}

#[test]
fn a_post_is_recognised_behind_links_and_escapes() {
    const ONE: &str = "https://t.co/one1234567";
    for (sent, shown, target) in [
        ("hello", "hello", ""),
        ("fish & chips <3", "fish &amp; chips &lt;3", ""),
        ("&lt; is not <", "&amp;lt; is not &lt;", ""),
        ("two  spaces\r\nand a line ", "two spaces\nand a line", ""),
        ("cafe\u{301}", "caf\u{e9}", ""),
        ("\u{1100}\u{1161}", "\u{ac00}", ""),
        // A link that stands alone.
        (
            "see https://example.com/x?a=1&b=2",
            "see https://t.co/one1234567",
            "https://example.com/x?a=1&b=2",
        ),
        (
            "see example.com",
            "see https://t.co/one1234567",
            "http://example.com/",
        ),
        // A link that touches other characters, in any script, on either side.
        (
            "lunch (example.com) at noon",
            "lunch (https://t.co/one1234567) at noon",
            "http://example.com",
        ),
        (
            "\u{ab}example.com\u{bb}",
            "\u{ab}https://t.co/one1234567\u{bb}",
            "http://example.com",
        ),
        (
            "read:example.com!",
            "read:https://t.co/one1234567!",
            "http://example.com",
        ),
        (
            "\u{898b}\u{3066}example.com\u{3067}\u{3059}",
            "\u{898b}\u{3066}https://t.co/one1234567\u{3067}\u{3059}",
            "http://example.com",
        ),
        (
            "\u{300c}https://example.com/\u{65e5}\u{672c}\u{300d}",
            "\u{300c}https://t.co/one1234567\u{65e5}\u{672c}\u{300d}",
            "https://example.com/",
        ),
        (
            "\u{1f44d}example.com\u{1f44d}",
            "\u{1f44d}https://t.co/one1234567\u{1f44d}",
            "http://example.com",
        ),
        (
            "<example.com>",
            "&lt;https://t.co/one1234567&gt;",
            "http://example.com",
        ),
        (
            "example.com\u{301}",
            "https://t.co/one1234567\u{301}",
            "http://example.com",
        ),
        (
            "example.com:80km",
            "https://t.co/one1234567km",
            "http://example.com:80",
        ),
        (
            "\"example.com/a_(b)\"",
            "\"https://t.co/one1234567\"",
            "http://example.com/a_(b)",
        ),
        (
            "example.com...",
            "https://t.co/one1234567...",
            "http://example.com",
        ),
        (
            "\u{202b}example.com\u{202c}",
            "\u{202b}https://t.co/one1234567\u{202c}",
            "http://example.com",
        ),
        // An international name, in either form.
        (
            "(m\u{fc}ller.de/a)",
            "(https://t.co/one1234567)",
            "http://xn--mller-kva.de/a",
        ),
        (
            "(xn--mller-kva.de/a)",
            "(https://t.co/one1234567)",
            "http://m\u{fc}ller.de/a",
        ),
        (
            "http://\u{4f8b}\u{3048}.jp\u{3001}",
            "https://t.co/one1234567\u{3001}",
            "http://xn--r8jz45g.jp/",
        ),
        // A short link that the person texted.
        (
            "https://t.co/one1234567 is mine",
            "https://t.co/one1234567 is mine",
            "https://example.com/",
        ),
        (
            "(t.co/one1234567)",
            "(https://t.co/one1234567)",
            "https://example.com/",
        ),
        (
            "see https://t.co/old1234567",
            "see https://t.co/one1234567",
            "https://t.co/old1234567",
        ),
        // X's own names.
        (
            "x.com/ada/status/1",
            "https://t.co/one1234567",
            "https://twitter.com/ada/status/1",
        ),
    ] {
        let urls: &[(&str, &str)] = if target.is_empty() {
            &[]
        } else {
            &[(ONE, target)]
        };
        assert!(is_same(sent, &post(shown, urls)), "{sent}");
        // A timeline without entities.
        assert!(is_same(sent, &post(shown, &[])), "{sent}, without entities");
    }
}

#[test]
fn each_short_link_leads_to_its_own_address() {
    let urls = &[
        ("https://t.co/1", "http://example.com"),
        ("https://t.co/12", "http://example.org"),
    ];
    let shown = "(https://t.co/12)(https://t.co/1)(https://t.co/12)";
    for (sent, same) in [
        ("(example.org)(example.com)(example.org)", true),
        ("(example.com)(example.org)(example.com)", false),
        ("(example.org)(example.com)(example.com)", false),
        ("(example.org)(example.com)", false),
    ] {
        assert_eq!(is_same(sent, &post(shown, urls)), same, "{sent}");
    }
}

#[test]
fn a_link_that_x_does_not_explain_is_a_link_only() {
    for (sent, shown, same) in [
        (
            "see https://example.com now",
            "see https://t.co/abc now",
            true,
        ),
        ("(example.com/a)b", "(https://t.co/abc)b", true),
        ("see caf\u{e9}.fr now", "see https://t.co/abc now", true),
        ("see this now", "see https://t.co/abc now", false),
        ("version 1.0 now", "version https://t.co/abc now", false),
        ("see you. Now", "see https://t.co/abc Now", false),
        ("see example.com later", "see https://t.co/abc now", false),
        ("example.com and example.org", "https://t.co/abc", false),
        ("hello", "hello https://t.co/picture", false),
    ] {
        assert_eq!(is_same(sent, &post(shown, &[])), same, "{sent}");
    }
}

#[test]
fn another_text_is_not_the_same() {
    let link = &[("https://t.co/abc", "https://example.com/a")];
    for (sent, shown) in [
        ("hello", post("hello you", &[])),
        ("hello you", post("hello", &[])),
        ("Hello", post("hello", &[])),
        ("hello!", post("hello", &[])),
        ("cafe", post("caf\u{e9}", &[])),
        ("no space", post("nospace", &[])),
        ("a < b", post("a &amp;lt; b", &[])),
        ("see example.com/b", post("see https://t.co/abc", link)),
        ("see example.com/a", post("https://t.co/abc", link)),
        ("see example.com/a/b", post("see https://t.co/abc", link)),
        ("(example.com/a", post("(https://t.co/abc)", link)),
        (
            "example.com/a example.com/a",
            post("https://t.co/abc", link),
        ),
        ("https://t.co/abd", post("https://t.co/abc", link)),
        ("", post("hello", &[])),
    ] {
        assert!(!is_same(sent, &shown), "{sent}");
    }
}

#[test]
fn a_field_that_is_not_escaped_is_read_as_it_is() {
    assert!(is_same("&lt; & <3", &post("&lt; & <3", &[])));
    assert!(!is_same("< & <3", &post("&amp;lt; &amp; &lt;3", &[])));
}

#[test]
fn a_long_post_is_recognised_by_its_beginning_if_x_cut_it() {
    let long = format!(
        "{} (example.com) {}",
        "word ".repeat(40),
        "more ".repeat(40)
    );
    let link = &[
        ("https://t.co/abc", "http://example.com"),
        ("https://t.co/self", "https://x.com/i/web/status/1"),
    ];
    let beginning = format!("{} (https://t.co/abc) more more", "word ".repeat(40));
    for end in [
        "\u{2026}",
        "\u{2026} https://t.co/self",
        "\u{2026}https://t.co/self",
    ] {
        let shown = post(&format!("{beginning}{end}"), link);
        assert!(is_same(&long, &shown), "{end}");
        assert!(!is_same(&long.replacen("word", "work", 1), &shown), "{end}");
    }
    assert!(!is_same(&long, &post(&beginning, link)));
    let short = "a short text that goes on";
    assert!(!is_same(short, &post("a short text\u{2026}", &[])));
    assert!(!is_same(&long, &post("word\u{2026}", &[])));
}

#[test]
fn a_text_in_which_any_place_may_begin_a_link_is_compared_with_many_links() {
    // As long as a text can be. X counts each as one link or a few, so it is short enough for a post.
    let shown = "https://t.co/a".repeat(5);
    let explained = &[("https://t.co/a", "http://b\u{fc}cher.example/a")];
    for (sent, same) in [
        ("a.aa".repeat(400), true),
        ("e\u{301}.aa".repeat(320), true),
        (
            format!("https://example.com/{}", "\u{e9}".repeat(1580)),
            false,
        ),
    ] {
        assert_eq!(is_same(&sent, &post(&shown, &[])), same);
        assert!(!is_same(&sent, &post(&shown, explained)));
    }
}

/// A piece of a text: what the person sends, what X shows, and where a link leads.
#[derive(Clone, Debug)]
enum Piece {
    Words(String),
    Link { sent: String, target: String },
}

fn words() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z]{1,6}",
        "[ !?,.:;()\\[\\]{}<>&\"'\u{ab}\u{bb}\u{201c}\u{201d}\u{2026}-]{1,3}",
        "[\u{3042}-\u{3093}\u{4e00}-\u{4e10}]{1,4}",
        "[\u{430}-\u{44f}]{1,4}",
        "[\u{5d0}-\u{5ea}]{1,4}",
        "[\u{627}-\u{63a}]{1,4}",
        "[\u{0e01}-\u{0e2e}]{1,4}",
        "[\u{ac00}-\u{ac20}]{1,4}",
        "[\u{1f600}-\u{1f64f}]{1,2}",
        "[a-c][\u{300}\u{301}\u{308}\u{327}]{1,2}",
        Just("&amp;".to_owned()),
        Just("&lt;".to_owned()),
        Just("\n\n".to_owned()),
    ]
}

fn link() -> impl Strategy<Value = Piece> {
    let host = prop_oneof![
        Just(("example.com", "example.com")),
        Just(("Example.COM", "example.com")),
        Just(("b\u{fc}cher.example.org", "xn--bcher-kva.example.org")),
        Just(("xn--bcher-kva.example.org", "b\u{fc}cher.example.org")),
        Just((
            "\u{43f}\u{440}\u{438}\u{43c}\u{435}\u{440}.\u{440}\u{444}",
            "xn--e1afmkfd.xn--p1ai"
        )),
        Just(("t.co", "t.co")),
    ];
    let scheme = prop_oneof![
        Just(("", "http://")),
        Just(("", "https://")),
        Just(("http://", "http://")),
        Just(("HTTPS://", "https://")),
    ];
    let rest = prop_oneof![
        Just((String::new(), String::new())),
        Just((String::new(), "/".to_owned())),
        Just(("/".to_owned(), "/".to_owned())),
        Just(("?a=1".to_owned(), "/?a=1".to_owned())),
        Just(("/caf\u{e9}".to_owned(), "/caf%C3%A9".to_owned())),
        "/[a-zA-Z0-9_/-]{1,12}(\\?[a-z]=[a-z0-9]&[a-z]=1)?".prop_map(|rest| (rest.clone(), rest)),
    ];
    (scheme, host, rest).prop_map(|(scheme, host, rest)| Piece::Link {
        sent: format!("{}{}{}", scheme.0, host.0, rest.0),
        target: format!("{}{}{}", scheme.1, host.1, rest.1),
    })
}

fn pieces() -> impl Strategy<Value = Vec<Piece>> {
    let piece = prop_oneof![3 => words().prop_map(Piece::Words), 1 => link()];
    prop::collection::vec(piece, 1..12)
}

fn sent(pieces: &[Piece]) -> String {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Words(words) => words.as_str(),
            Piece::Link { sent, .. } => sent.as_str(),
        })
        .collect()
}

/// What X makes of the pieces.
fn shown(pieces: &[Piece]) -> TimelinePost {
    let mut text = String::new();
    let mut urls = Vec::new();
    for (number, piece) in pieces.iter().enumerate() {
        match piece {
            Piece::Words(words) => {
                let escaped = words.replace('&', "&amp;").replace('<', "&lt;");
                text.push_str(&escaped.replace('>', "&gt;"));
            }
            Piece::Link { target, .. } => {
                let short = format!("https://t.co/{number:0>10}");
                text.push_str(&short);
                urls.push((short, target.clone()));
            }
        }
    }
    TimelinePost {
        id: "1".to_owned(),
        text: text.trim().nfc().collect(),
        urls,
    }
}

/// A text as a reader sees it: without the differences that X makes.
fn essence(pieces: &[Piece]) -> String {
    let targets = pieces.iter().map(|piece| match piece {
        Piece::Words(words) => words.clone(),
        Piece::Link { target, .. } => {
            let bare = target.replace("https://", "").replace("http://", "");
            let bare = bare
                .replace("xn--bcher-kva", "b\u{fc}cher")
                .replace("/?", "?");
            let bare = bare.replace("%C3%A9", "\u{e9}");
            bare.trim_end_matches('/').to_owned()
        }
    });
    let whole: String = targets.collect::<String>().nfc().collect();
    whole.split_whitespace().collect::<Vec<_>>().join(" ")
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, max_global_rejects: 1_000_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_text_is_recognised_with_links_in_any_place(pieces in pieces()) {
        // X's timeline is in NFC. A mark after a short link would merge with it there, and X keeps
        // them apart.
        prop_assume!(!shown(&pieces).text.is_empty());
        prop_assert!(is_same(&sent(&pieces), &shown(&pieces)));
        let unexplained = TimelinePost { urls: Vec::new(), ..shown(&pieces) };
        prop_assert!(is_same(&sent(&pieces), &unexplained));
    }

    #[test]
    fn two_different_texts_are_not_taken_for_one(one in pieces(), other in pieces(), cut in 0..12usize) {
        // Texts that begin and end alike, and texts that have nothing in common.
        let mixed: Vec<Piece> = one.iter().take(cut).chain(other.iter().skip(cut)).cloned().collect();
        for other in [other, mixed] {
            prop_assume!(essence(&one) != essence(&other));
            prop_assert!(!is_same(&sent(&one), &shown(&other)));
        }
    }

    #[test]
    fn a_text_without_one_of_its_pieces_is_another(pieces in pieces(), removed in 0..12usize) {
        let mut other = pieces.clone();
        if removed < other.len() {
            other.remove(removed);
        }
        prop_assume!(essence(&pieces) != essence(&other));
        prop_assert!(!is_same(&sent(&pieces), &shown(&other)));
        prop_assert!(!is_same(&sent(&other), &shown(&pieces)));
    }
}
