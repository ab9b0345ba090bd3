//! A command is never posted, and reading a body is stable.
//!
//! Input: a body.

#![no_main]

use birdcall_domain::{
    command::{Command, Intent, OptOutWords, intent},
    reaction::Reaction,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|body: &str| {
    let read = intent(body, None);
    let trimmed = body.trim();

    if let Intent::Post(post) = &read {
        // A single backslash is the first visible character of commands alone.
        let visible = body.trim_start_matches(|c: char| c.is_whitespace() || is_unseen(c));
        assert!(
            !visible.starts_with('\\') || visible[1..].starts_with('\\'),
            "{body:?}"
        );
        // A post is what was texted, except for white space around it and one backslash.
        assert!(trimmed == post || trimmed.strip_prefix('\\') == Some(post.as_str()));
    }
    for word in ["STOP", "HELP", "STATUS", "UNDO", "RETRY"] {
        // In any case, and with what ends a sentence. A bare word with more than a dot is a post.
        let slashed = trimmed
            .strip_prefix('\\')
            .or_else(|| trimmed.strip_prefix('/'));
        let said = match slashed {
            Some(rest) => rest.trim_end_matches(['.', '!', ',']),
            None => trimmed.trim_end_matches('.'),
        };
        if said.eq_ignore_ascii_case(word) {
            assert!(!matches!(read, Intent::Post(_)), "{body:?}");
        }
    }
    // White space around a body changes nothing.
    assert_eq!(intent(&format!(" \n{body}\t"), None), read);
    // Twilio's word decides alone.
    assert!(matches!(intent(body, Some("stop")), Intent::Keyword(_)));
    // An escaped text is posted as it was meant.
    if trimmed.starts_with('\\') {
        assert_eq!(
            intent(&format!("\\{trimmed}"), None),
            Intent::Post(trimmed.to_owned())
        );
    }
    if let Intent::Command(command) = read
        && command != Command::Unknown
    {
        assert!(trimmed.to_ascii_uppercase().contains(command.word()));
    }
    // An operator's word for opting out is never posted, and an empty list changes nothing.
    assert_eq!(OptOutWords::read("").intent(body, None), read);
    if !body.contains(',') && !trimmed.is_empty() {
        let words = OptOutWords::read(body);
        assert!(
            matches!(words.intent(body, None), Intent::Keyword(_)),
            "{body:?}"
        );
    }
    check_reaction(body);
});

fn check_reaction(body: &str) {
    // What a phone writes when its owner taps on a reply that says `body`. Every reply has letters.
    let said = body.trim();
    if !said.chars().any(|c| c.is_ascii_alphanumeric()) {
        return;
    }
    let reaction = Reaction::read(&format!("Liked \u{201C}{said}\u{201D}"));
    let reaction = reaction.unwrap_or_else(|| panic!("{said:?}"));
    assert!(reaction.is_to(said), "{said:?}");
}

/// Some of the characters that no phone shows.
fn is_unseen(c: char) -> bool {
    c.is_control() || ('\u{200B}'..='\u{200F}').contains(&c) || "\u{AD}\u{2060}\u{FEFF}".contains(c)
}
