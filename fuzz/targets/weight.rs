//! The weight of a post against the rules of X's table that can be stated without finding links.
//!
//! Input: a text.

#![no_main]

use birdcall_domain::post::{Unpostable, check, weighted_length};
use libfuzzer_sys::fuzz_target;
use unicode_normalization::UnicodeNormalization as _;

/// What a link weighs, and the longest that is one.
const LINK: u32 = 23;

fuzz_target!(|text: &str| {
    let weight = weighted_length(text);
    let composed: String = text.nfc().collect();
    let decomposed: String = text.nfd().collect();
    assert_eq!(weight, weighted_length(&composed));
    assert_eq!(weight, weighted_length(&decomposed));

    let by_character: u32 = composed.chars().map(weight_of).sum();
    if !composed.contains('.') {
        // Without a dot, there is no link. An emoji of several characters weighs as much as one.
        assert!(weight <= by_character);
        if !composed.chars().any(is_in_a_sequence) {
            assert_eq!(weight, by_character);
        }
    }
    // Links are replaced, and the shortest, such as `a.co`, has four characters.
    let links = u32::try_from(composed.matches('.').count()).expect("a short text");
    assert!(weight <= by_character + LINK * links);

    // A link does not go over a space, so parts that are separated by one add up.
    let lines = |text: &str| text.split(' ').map(weighted_length).sum::<u32>();
    let spaces = u32::try_from(composed.matches(' ').count()).expect("a short text");
    if !composed.contains('.') {
        assert_eq!(weight, lines(&composed) + spaces, "{text:?}");
    }
    assert_eq!(
        weighted_length(&format!("{text} a")),
        weighted_length(&format!("{text} ")) + 1
    );

    match check(text, 280) {
        Ok(()) => assert!(weight <= 280 && !text.trim().is_empty()),
        Err(Unpostable::Empty) => assert!(text.trim().is_empty()),
        Err(Unpostable::TooLong { over }) => assert!(over > 0 && over + 280 == weight),
        Err(Unpostable::InvalidCharacters) => {
            assert!(text.contains(['\u{FFFE}', '\u{FEFF}', '\u{FFFF}']));
        }
    }
});

/// `ranges` of X's configuration, version 3.
fn weight_of(c: char) -> u32 {
    match u32::from(c) {
        0..=4351 | 8192..=8205 | 8208..=8223 | 8242..=8247 => 1,
        _ => 2,
    }
}

/// Whether an emoji may hold this character beside others.
fn is_in_a_sequence(c: char) -> bool {
    matches!(c, '\u{200D}' | '\u{FE0F}' | '\u{20E3}' | '\u{1F1E6}'..='\u{1F1FF}' | '\u{1F3FB}'..='\u{1F3FF}' | '\u{E0020}'..='\u{E007F}')
}
