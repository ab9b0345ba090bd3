//! A reply quotes as much as fits, and takes no more segments than it may.
//!
//! Input: two digits (the sentence, the segments), and the text that the reply is about.

#![no_main]

use birdcall_domain::{
    reply::{Sentence, Words},
    sms::{Encoding, Sms, plain_typography},
};
use libfuzzer_sys::fuzz_target;
use unicode_segmentation::UnicodeSegmentation as _;

/// The slow search looks at quotes up to this length, in characters.
const SLOW_SEARCH_MAX: usize = 400;

fuzz_target!(|text: &str| {
    let mut characters = text.chars();
    let mut digit = || characters.next().and_then(|c| c.to_digit(10)).unwrap_or(0);
    let (sentence, segments_max) = (sentence(digit()), 1 + digit() % 4);
    let quote = characters.as_str();
    let words = Words {
        quote,
        link: "https://example.com/auth/?phone=%2B15551230001&token=abcdefghijklmnopqrstuv",
        post_url: "https://x.com/alice/status/1234567890123456789",
    };
    let reply = sentence.compose(words, segments_max);

    assert_eq!(Sms::new(reply.body.clone()), reply);
    check_count(&reply);
    let write = |quote: &str| sentence.compose(Words { quote, ..words }, u32::MAX);
    let shortest = write("...");
    assert!(
        reply.segments <= segments_max
            || shortest.segments > segments_max
            || write("").segments > segments_max,
        "{} segments: {:?}",
        reply.segments,
        reply.body
    );
    // An address is never cut.
    for address in [words.link, words.post_url] {
        assert!(reply.body.contains(address) || !shortest.body.contains(address));
    }
    if quote.chars().count() <= SLOW_SEARCH_MAX {
        assert_eq!(reply.body, longest_by_trying(&write, quote, segments_max));
    }
});

/// The longest quote that fits, by trying each.
fn longest_by_trying(write: &dyn Fn(&str) -> Sms, quote: &str, segments_max: u32) -> String {
    let quote = plain_typography(quote);
    let whole = write(&quote);
    if whole.segments <= segments_max || quote.is_empty() {
        return whole.body;
    }
    let cuts = quote.grapheme_indices(true).map(|(end, _)| end).rev();
    let mut cuts = cuts.map(|end| write(&format!("{}...", quote[..end].trim_end())));
    let fitting = cuts.find(|sms| sms.segments <= segments_max);
    fitting.unwrap_or_else(|| write("...")).body
}

/// The bounds that the capacity of a segment gives, without the rules for what is split.
fn check_count(sms: &Sms) {
    let units = sms.body.encode_utf16().count();
    let characters = sms.body.chars().count();
    let segments = usize::try_from(sms.segments).expect("a small number");
    match sms.encoding {
        Encoding::Gsm7 if segments == 1 => assert!(characters <= 160),
        Encoding::Gsm7 => {
            assert!(characters <= 153 * segments && characters * 2 > 152 * (segments - 1))
        }
        Encoding::Ucs2 if segments == 1 => assert!(units <= 70),
        Encoding::Ucs2 => assert!(units <= 67 * segments),
    }
}

fn sentence(number: u32) -> Sentence {
    match number {
        0 => Sentence::Tweeted {
            post_id: "1".to_owned(),
        },
        1 => Sentence::SignInAgain,
        2 => Sentence::GaveUp,
        3 => Sentence::Unresolved,
        4 => Sentence::MediaNotYet,
        5 => Sentence::TooMany,
        6 => Sentence::Undone,
        7 => Sentence::StillTrying,
        8 => Sentence::TakenBack,
        _ => Sentence::OutOfCredit,
    }
}
