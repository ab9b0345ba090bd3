use super::*;
use crate::sms::{Encoding, Sms};

const LINK: &str =
    "https://birdcall.example/auth/?phone=%2B15551230001&token=AAAAAAAAAAAAAAAAAAAAAA";
const POST_URL: &str = "https://x.com/demo/status/1859000000000000000";

fn compose(sentence: &Sentence, quote: &str) -> Sms {
    sentence.compose(
        Words {
            quote,
            link: LINK,
            post_url: POST_URL,
        },
        1,
    )
}

fn help(unknown: bool, operator: &str) -> Sentence {
    let operator = operator.to_owned();
    Sentence::Help { unknown, operator }
}

fn every_sentence() -> Vec<Sentence> {
    let rejections = [
        XRejection::Duplicate,
        XRejection::TooLong,
        XRejection::ReplyNotAllowed,
        XRejection::Cashtags,
        XRejection::AccountLocked,
        XRejection::AccountSuspended,
        XRejection::ConfirmAccount,
        XRejection::LooksAutomated,
        XRejection::BadLink,
        XRejection::AppForbidden {
            detail: "x".repeat(120),
        },
        XRejection::MissingScope,
        XRejection::Media,
        XRejection::Other {
            status: 403,
            detail: "You are not permitted to perform this action.".into(),
        },
        XRejection::Other {
            status: 403,
            detail: String::new(),
        },
    ];
    let mut all = vec![
        Sentence::SignIn,
        Sentence::Invitation,
        Sentence::SignInAgain,
        Sentence::SignInForCommand,
        Sentence::Disconnected,
        Sentence::Linked {
            handle: "a_fifteen_chars".into(),
        },
        Sentence::Linked {
            handle: String::new(),
        },
        Sentence::Tweeted {
            post_id: "1".into(),
        },
        Sentence::Unpostable(Unpostable::TooLong { over: 1320 }),
        Sentence::Unpostable(Unpostable::Empty),
        Sentence::Unpostable(Unpostable::InvalidCharacters),
        Sentence::MediaNotYet,
        Sentence::MaybeCommand(Command::Status),
        Sentence::MaybeCommand(Command::Unknown),
        Sentence::AlreadyPosted,
        Sentence::TooMany,
        Sentence::Cancelled,
        Sentence::GivenUp {
            may_be_posted: false,
        },
        Sentence::GivenUp {
            may_be_posted: true,
        },
        Sentence::GaveUp,
        Sentence::GaveUpCommand,
        Sentence::TooLate,
        Sentence::StillTrying,
        Sentence::StillTryingCommand,
        Sentence::RateLimited {
            until: Some(Timestamp(0)),
        },
        Sentence::RateLimited { until: None },
        Sentence::OperatorNeeded { command: false },
        Sentence::OperatorNeeded { command: true },
        Sentence::OutOfCredit,
        Sentence::Unresolved,
        Sentence::OtherAccount,
        help(false, ""),
        help(true, ""),
        help(false, "Example Org, help@example.com"),
        help(true, "Example Org, help@example.com"),
        Sentence::Status {
            handle: Some("a_fifteen_chars".into()),
            open: 12,
        },
        Sentence::Status {
            handle: None,
            open: 12,
        },
        Sentence::Stopped {
            revocation: Revocation::Revoked,
        },
        Sentence::Stopped {
            revocation: Revocation::NothingToRevoke,
        },
        Sentence::Stopped {
            revocation: Revocation::NotOpened,
        },
        Sentence::Stopped {
            revocation: Revocation::NotAnswered,
        },
        Sentence::Undone,
        Sentence::TakenBack,
        Sentence::NothingToUndo,
        Sentence::Retrying,
        Sentence::NothingToRetry,
    ];
    all.extend(rejections.iter().cloned().map(Sentence::Rejected));
    all.extend(rejections.into_iter().map(Sentence::CommandRejected));
    all.extend(
        SignInFailure::ALL
            .iter()
            .copied()
            .map(Sentence::SignInFailed),
    );
    all
}

#[test]
fn every_sentence_fits_one_gsm7_segment_whatever_is_quoted() {
    let quotes = [
        "hello from the bus".to_owned(),
        "a".repeat(280),
        "привет ".repeat(30),
        "😀".repeat(140),
        "ok 😀".to_owned(),
        String::new(),
    ];
    for sentence in every_sentence() {
        for quote in &quotes {
            let sms = compose(&sentence, quote);
            assert_eq!(sms.segments, 1, "{sentence:?}: {}", sms.body);
        }
        assert_eq!(
            compose(&sentence, "hello").encoding,
            Encoding::Gsm7,
            "{sentence:?}"
        );
    }
}

#[test]
fn a_confirmation_quotes_what_fits() {
    let tweeted = Sentence::Tweeted {
        post_id: "1859000000000000000".into(),
    };
    for (quote, expected) in [
        ("hello from the bus", "'hello from the bus' has been successfully tweeted https://x.com/demo/status/1859000000000000000".to_owned()),
        ("it’s “fine”…", "'it's \"fine\"...' has been successfully tweeted https://x.com/demo/status/1859000000000000000".to_owned()),
        ("lunch was good 😀 really", "'lunch was good...' has been successfully tweeted https://x.com/demo/status/1859000000000000000".to_owned()),
        (&"b".repeat(200), format!("'{}...' has been successfully tweeted https://x.com/demo/status/1859000000000000000", "b".repeat(79))),
        (&"привет".repeat(9), "'...' has been successfully tweeted https://x.com/demo/status/1859000000000000000".to_owned()),
    ] {
        assert_eq!(compose(&tweeted, quote).body, expected);
    }
}

#[test]
fn two_segments_quote_more() {
    let tweeted = Sentence::Tweeted {
        post_id: "1".into(),
    };
    let words = Words {
        quote: "привет",
        post_url: POST_URL,
        link: "",
    };
    let sms = tweeted.compose(words, 2);
    assert_eq!((sms.encoding, sms.segments), (Encoding::Ucs2, 2));
    assert!(sms.body.starts_with("'привет' has been"), "{}", sms.body);
}

#[test]
fn a_link_is_never_cut() {
    let long = format!("https://birdcall.example/{}", "a".repeat(200));
    let sms = Sentence::SignInAgain.compose(
        Words {
            quote: "hello",
            link: &long,
            post_url: "",
        },
        1,
    );
    assert!(sms.body.ends_with(&long));
    assert_eq!(sms.segments, 2);
}
