use super::*;

#[test]
fn a_missed_text_takes_the_place_that_the_list_gives_it() {
    let at = Timestamp(1_000);
    for (older, newer, expected) in [
        (None, None, 1_000_000),
        // The list counts in seconds: the text before it may have come in the same one.
        (Some(1_000_700), None, 1_000_701),
        (None, Some(1_000_300), 1_000_000),
        (Some(1_000_200), Some(1_000_300), 1_000_201),
        // Our clock is behind Twilio's.
        (None, Some(990_000), 989_999),
        (Some(1_000_200), Some(1_000_201), 1_000_200),
        // The webhooks came in the wrong order. What is newer stays newer.
        (Some(1_000_900), Some(1_000_300), 1_000_299),
    ] {
        assert_eq!(place(at, older, newer), expected, "{older:?} {newer:?}");
    }
}

fn since(newer: &[Newer]) -> Since {
    Since {
        newer: newer.to_vec(),
        was_linked: true,
        ..Since::default()
    }
}

#[test]
fn what_is_older_never_overrides_what_is_newer() {
    use Disposition::{Command, Ignore, Post, SignIn};
    use Lateness::{Forgotten, InPlace, Overtaken, TooLate};
    use Newer::{Nothing, Other, Stopped, Undo};
    let posted = Newer::Post;
    let keyword = Ignore(IgnoreReason::Sender);
    for (disposition, newer, expected) in [
        // With nothing after it, a text means what it meant.
        (Post, &[][..], InPlace),
        (Command, &[], InPlace),
        (SignIn, &[], InPlace),
        (Command, &[Nothing], InPlace),
        (SignIn, &[Nothing], InPlace),
        // A command is about what was there when it was texted.
        (Command, &[posted], TooLate),
        (Command, &[Other], TooLate),
        (Command, &[Undo], TooLate),
        (Command, &[Nothing, Other], TooLate),
        // The answer to a later text has the link.
        (SignIn, &[Other], Overtaken),
        // A post is posted, whatever was posted since.
        (Post, &[posted, posted], InPlace),
        (Post, &[Other, Nothing], InPlace),
        // Unless its owner took it back.
        (Post, &[Undo], TooLate),
        (Post, &[Other, Undo], TooLate),
        (Post, &[posted, Undo], InPlace),
        (Post, &[posted, Undo, Undo], TooLate),
        (Post, &[posted, Undo, posted], InPlace),
        // Nothing is kept of what came before a \STOP.
        (Post, &[Stopped], Forgotten),
        (Post, &[posted, Stopped, Other], Forgotten),
        (Command, &[Stopped], Forgotten),
        (keyword, &[Stopped], Forgotten),
        // Words of Twilio's are applied by their time elsewhere.
        (keyword, &[posted, Undo], InPlace),
    ] {
        assert_eq!(
            lateness(disposition, &since(newer)),
            expected,
            "{disposition:?} {newer:?}"
        );
    }
}

#[test]
fn a_sign_in_and_a_stop_since_are_newer_too() {
    use Disposition::{Command, Post, SignIn};
    use Lateness::{Forgotten, InPlace, TooLate};
    for (disposition, forgotten, signed_in, was_linked, expected) in [
        (Command, false, true, true, TooLate),
        (Command, false, true, false, TooLate),
        // Its owner signed in again, as for every text that waited for that.
        (Post, false, true, true, InPlace),
        // The first text of a new number is not posted.
        (Post, false, true, false, TooLate),
        (Post, false, false, false, InPlace),
        (Post, true, true, true, Forgotten),
        (Command, true, false, false, Forgotten),
        (SignIn, true, false, false, Forgotten),
    ] {
        let since = Since {
            newer: vec![],
            forgotten,
            signed_in,
            was_linked,
        };
        assert_eq!(
            lateness(disposition, &since),
            expected,
            "{disposition:?} {since:?}"
        );
    }
}

#[test]
fn only_what_was_acted_on_is_newer() {
    use crate::command::Command;
    for (kind, command, acted, dead, expected) in [
        (Kind::Post, None, true, false, Newer::Post),
        (Kind::Post, None, true, true, Newer::Nothing),
        (Kind::Ignored, None, true, false, Newer::Nothing),
        (Kind::SignIn, None, true, false, Newer::Other),
        (Kind::Command, Some(Command::Undo), true, false, Newer::Undo),
        // It has not chosen yet, and chooses among what is there.
        (
            Kind::Command,
            Some(Command::Undo),
            false,
            false,
            Newer::Other,
        ),
        (
            Kind::Command,
            Some(Command::Stop),
            true,
            false,
            Newer::Stopped,
        ),
        (
            Kind::Command,
            Some(Command::Stop),
            false,
            false,
            Newer::Other,
        ),
        (
            Kind::Command,
            Some(Command::Status),
            true,
            false,
            Newer::Other,
        ),
        (Kind::Command, None, true, false, Newer::Other),
    ] {
        assert_eq!(
            newer(kind, command, acted, dead),
            expected,
            "{kind} {command:?}"
        );
    }
}

#[test]
fn the_neighbours_in_a_list_are_texts_of_the_same_phone() {
    let sid = |number: u32| format!("SM{number:032x}");
    let sids: Vec<String> = (0..6).map(sid).collect();
    // Alice's texts 0 (known), 1 and 3 (missed), 4 (too young to be taken), 5 (known); Bob's 2.
    let line = |number: usize, from, known, taken| Line {
        sid: &sids[number],
        from,
        known,
        forgotten: false,
        taken,
    };
    let list = [
        line(0, "alice", true, false),
        line(1, "alice", false, true),
        line(2, "bob", true, false),
        line(3, "alice", false, true),
        line(4, "alice", false, false),
        line(5, "alice", true, false),
    ];
    let numbers = |sid: &Option<MessageSid>| {
        let sid = sid.as_ref()?;
        sids.iter().position(|known| known == sid.as_str())
    };
    let found: Vec<_> = neighbours(&list)
        .iter()
        .map(|around| (numbers(&around.after), numbers(&around.before)))
        .collect();
    assert_eq!(
        found,
        [
            (None, Some(5)),
            (Some(0), Some(5)),
            (None, None),
            (Some(1), Some(5)),
            (Some(3), Some(5)),
            (Some(3), None),
        ]
    );
}

#[test]
fn whoever_left_is_known_to_have_left_however_much_came_after_it() {
    let line = |from, forgotten| Line {
        sid: "SM00000000000000000000000000000001",
        from,
        known: true,
        forgotten,
        taken: false,
    };
    // Alice's second text was deleted by her \STOP; Bob texted too, and she came back.
    let list = [
        line("alice", false),
        line("bob", false),
        line("alice", true),
        line("alice", false),
    ];
    let left: Vec<bool> = neighbours(&list).iter().map(|around| around.left).collect();
    assert_eq!(left, [true, false, false, false]);
}
