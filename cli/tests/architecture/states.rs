//! `docs/design/states.md` is made from `settle`. This test compares them; with `BIRDCALL_UPDATE=1` in
//! the environment it writes the page instead.

use std::{fmt::Write as _, fs, time::Duration};

use birdcall_domain::{
    account::TokenTrouble,
    backoff::Backoff,
    call::{CallError, LimitScope, Trouble},
    clock::Timestamp,
    post::Unpostable,
    rejection::{TwilioRejection, XRejection},
    reply::{self, ReplyState, Sentence},
    text::{Event, Kind, Policy, Progress, Reason, TextState, settle},
};

use crate::source::root;

const NOW: Timestamp = Timestamp(1_795_366_800_000);
const HOUR: Duration = Duration::from_secs(3600);

const HEAD: &str = "\
# States

<!-- Made from `settle`: run `BIRDCALL_UPDATE=1 cargo test -p birdcall --test architecture` after a
change. -->

This page lists every transition of a text and of a reply, for an engineer who changes one. The
states and reasons themselves are explained in [the command's page](../cli.md#states-of-a-text).

## A text

These transactions change a text's state besides its settling:

| transaction | from | to |
|---|---|---|
| it is taken in (`common/ledger/src/take_in.rs`) | | `received`; `ignored` or `refused` when nothing is to be done with it |
| a claim finds that an earlier text comes first (`common/ledger/src/texts/claim.rs`) | `received`, `waiting` | `waiting` `order` |
| the call is announced (`common/ledger/src/texts/claim.rs`) | `received`, `waiting` | `publishing` |
| the owner signs in (`common/ledger/src/accounts/link.rs`) | `waiting` `sign_in` | `received`; a text `in_doubt` stays so and is looked for |
| `\\UNDO` takes it back (`common/ledger/src/effects.rs`) | `received`, `waiting` | `refused` `undone` |
| `\\RETRY` posts it again (`common/ledger/src/effects.rs`) | `in_doubt`, when nothing is due | `received` |
| `\\STOP` forgets it (`common/ledger/src/forget.rs`) | any | its final state stays; an open text becomes `refused` `undone` |
| an operator runs it again (`common/ledger/src/replay.rs`) | see `replay` in `common/domain/src/text/replay.rs` | `received`, or looked up first |

When a worker settles a text, `settle` in `common/domain/src/text/settle/mod.rs` decides. The delays
are those of the default settings without jitter; *due* is when the text is worked on next.

";

const REPLIES: &str = "
## A reply

A claim announces the call that sends a reply (`queued` to `sending`). When a worker settles it,
`settle` in `common/domain/src/reply/settle.rs` decides. A delivery report that names the reply proves
that it was sent (`common/ledger/src/replies/deliveries.rs`), and one that says that it did not arrive
queues it once more where that may help.

";

fn policy() -> Policy {
    Policy {
        backoff: backoff(),
        resolve_delays: [5, 30, 120].map(Duration::from_secs).to_vec(),
        late_after: Duration::from_secs(600),
        sign_in_wait_max: 7 * 24 * HOUR,
    }
}

fn backoff() -> Backoff {
    Backoff {
        min: Duration::from_secs(5),
        max: Duration::from_secs(900),
    }
}

fn text(state: TextState) -> Progress {
    Progress {
        kind: Kind::Post,
        state,
        reason: None,
        received_at: NOW,
        deadline_at: NOW + 24 * HOUR,
        next_attempt_at: Some(NOW),
        claims: 0,
        deaths: 0,
        failures: 0,
        checks: 0,
        doubted: state == TextState::InDoubt,
        unauthorized_version: None,
    }
}

fn failed(error: CallError<XRejection>) -> Event {
    Event::CallFailed {
        error,
        token_version: 1,
    }
}

fn unreadable(error: CallError<XRejection>) -> Event {
    Event::Unreadable {
        error,
        token_version: 1,
    }
}

fn command_failed(error: CallError<XRejection>) -> Event {
    Event::CommandFailed {
        error,
        token_version: 1,
    }
}

/// What happened, the text as the claim found it, and the event.
fn rows() -> Vec<(&'static str, Progress, Event)> {
    use CallError::{InDoubt, NotSent, PaymentRequired, RateLimited, Rejected, Unauthorized};
    let received = text(TextState::Received);
    let publishing = text(TextState::Publishing);
    let doubt = text(TextState::InDoubt);
    let last_look = Progress { checks: 2, ..doubt };
    let command = Progress {
        kind: Kind::Command,
        ..received
    };
    let second_401 = Progress {
        unauthorized_version: Some(1),
        ..publishing
    };
    let over = Progress {
        deadline_at: NOW,
        ..publishing
    };
    let doubted = Progress {
        doubted: true,
        ..publishing
    };
    let until = Some(NOW + HOUR);
    let (user, app) = (LimitScope::User, LimitScope::App);
    vec![
        (
            "X created the post",
            publishing,
            Event::Published {
                post_id: "1".to_owned(),
            },
        ),
        (
            "no connection, or X said that it did nothing",
            publishing,
            failed(NotSent(Trouble::Connect)),
        ),
        (
            "the same, past the deadline",
            over,
            failed(NotSent(Trouble::Connect)),
        ),
        (
            "no readable answer",
            publishing,
            failed(InDoubt(Trouble::Timeout)),
        ),
        ("the worker died during the call", publishing, Event::Died),
        (
            "the lease no longer covered a call",
            publishing,
            Event::LeaseOver,
        ),
        ("X answered 401", publishing, failed(Unauthorized)),
        (
            "X answered 401 with the refreshed token",
            second_401,
            failed(Unauthorized),
        ),
        ("X answered 402", publishing, failed(PaymentRequired)),
        (
            "X answered 429: the user's limit",
            publishing,
            failed(RateLimited { until, scope: user }),
        ),
        (
            "X answered 429: the app's limit",
            publishing,
            failed(RateLimited { until, scope: app }),
        ),
        (
            "X says duplicate",
            publishing,
            failed(Rejected(XRejection::Duplicate)),
        ),
        (
            "X says duplicate after an unknown outcome",
            doubted,
            failed(Rejected(XRejection::Duplicate)),
        ),
        (
            "X says that a permission is missing",
            publishing,
            failed(Rejected(XRejection::MissingScope)),
        ),
        (
            "X refused it for another reason",
            publishing,
            failed(Rejected(XRejection::Cashtags)),
        ),
        (
            "the owner has to sign in",
            received,
            Event::NoToken(TokenTrouble::SignInNeeded),
        ),
        (
            "another process refreshes the token",
            received,
            Event::NoToken(TokenTrouble::Busy),
        ),
        (
            "X could not be asked for a token",
            received,
            Event::NoToken(TokenTrouble::Unavailable),
        ),
        (
            "posting is paused",
            received,
            Event::Paused {
                until: NOW + HOUR,
                reason: Reason::Money,
            },
        ),
        (
            "it cannot be a post",
            received,
            Event::Unpostable(Unpostable::Empty),
        ),
        ("it has a picture", received, Event::HasMedia),
        ("its number is not linked", received, Event::NotLinked),
        ("its workers died", received, Event::Poison),
        ("its workers died during calls", publishing, Event::Poison),
        (
            "the timeline shows it",
            doubt,
            Event::Published {
                post_id: "1".to_owned(),
            },
        ),
        ("the timeline does not show it", doubt, Event::NotFound),
        ("the last look does not show it", last_look, Event::NotFound),
        (
            "the timeline could not be read",
            doubt,
            unreadable(NotSent(Trouble::Connect)),
        ),
        (
            "X answered 401 to the look",
            doubt,
            unreadable(Unauthorized),
        ),
        (
            "X answered 402 to the look",
            doubt,
            unreadable(PaymentRequired),
        ),
        (
            "X answered 429 to the look",
            doubt,
            unreadable(RateLimited { until, scope: user }),
        ),
        (
            "X refused the look",
            doubt,
            unreadable(Rejected(XRejection::AccountSuspended)),
        ),
        (
            "X has not told which account it is",
            doubt,
            Event::UserUnknown,
        ),
        (
            "the owner has to sign in",
            doubt,
            Event::NoToken(TokenTrouble::SignInNeeded),
        ),
        (
            "a command was carried out",
            command,
            Event::done(Sentence::Undone),
        ),
        (
            "a command's text is in another worker's hands",
            command,
            Event::NotYet,
        ),
        ("X did not confirm a revocation", command, Event::NotRevoked),
        (
            "X could not carry a command out",
            command,
            command_failed(InDoubt(Trouble::Timeout)),
        ),
        (
            "X answered 402 to a command",
            command,
            command_failed(PaymentRequired),
        ),
        (
            "X answered 429 to a command",
            command,
            command_failed(RateLimited { until, scope: user }),
        ),
        (
            "X refused a command",
            command,
            command_failed(Rejected(XRejection::AccountSuspended)),
        ),
    ]
}

/// A duration as a person writes it.
fn after(at: Timestamp) -> String {
    let seconds = at.since(NOW).as_secs();
    match seconds {
        0 => "at once".to_owned(),
        s if s % 86_400 == 0 => format!("in {} d", s / 86_400),
        s if s % 3600 == 0 => format!("in {} h", s / 3600),
        s if s % 60 == 0 => format!("in {} min", s / 60),
        s => format!("in {s} s"),
    }
}

/// The name of a sentence: its variant.
fn name(sentence: &Sentence) -> String {
    let debug = format!("{sentence:?}");
    let end = debug.find(['(', ' ', '{']).unwrap_or(debug.len());
    debug[..end].to_owned()
}

fn text_table() -> String {
    let mut table = String::from(
        "| what happened | state before | state after | due | what is told | besides |\n|---|---|---|---|---|---|\n",
    );
    for (what, before, event) in rows() {
        let to = settle(&before, &event, NOW, 1.0, &policy());
        let reason = to.reason.map(|reason| format!(" `{reason}`"));
        let mut besides = Vec::new();
        if to.pause.is_some() {
            besides.push("posting pauses");
        }
        if to.needs_sign_in {
            besides.push("the account needs a sign-in");
        }
        if to.unauthorized_version.is_some() && before.unauthorized_version.is_none() {
            besides.push("the token is refreshed first");
        }
        let _ = writeln!(
            table,
            "| {what} | `{}` | `{}`{} | {} | {} | {} |",
            before.state,
            to.state,
            reason.unwrap_or_default(),
            to.next_attempt_at.map(after).unwrap_or_default(),
            to.tell.as_ref().map(name).unwrap_or_default(),
            besides.join(", ")
        );
    }
    table
}

fn reply_table() -> String {
    use CallError::{InDoubt, NotSent, RateLimited, Rejected};
    use reply::Event as E;
    let until = Some(NOW + HOUR);
    let scope = LimitScope::App;
    let rejected = |why| E::CallFailed(Rejected(why));
    let rows = [
        (
            "Twilio accepted it",
            ReplyState::Sending,
            E::Sent {
                twilio_sid: "SM".to_owned(),
            },
        ),
        (
            "no connection",
            ReplyState::Sending,
            E::CallFailed(NotSent(Trouble::Connect)),
        ),
        (
            "no readable answer",
            ReplyState::Sending,
            E::CallFailed(InDoubt(Trouble::Timeout)),
        ),
        (
            "the worker died during the call",
            ReplyState::Sending,
            E::Died,
        ),
        (
            "Twilio answered 429",
            ReplyState::Sending,
            E::CallFailed(RateLimited { until, scope }),
        ),
        (
            "the recipient has opted out",
            ReplyState::Sending,
            rejected(TwilioRejection::OptedOut),
        ),
        (
            "the recipient cannot be reached",
            ReplyState::Sending,
            rejected(TwilioRejection::Recipient(21211)),
        ),
        (
            "the operator has to act",
            ReplyState::Sending,
            rejected(TwilioRejection::Operator(20003)),
        ),
        (
            "Twilio refused the request",
            ReplyState::Sending,
            rejected(TwilioRejection::Request(21617)),
        ),
        (
            "the queue is paused, or the number got too many texts",
            ReplyState::Queued,
            E::Later(NOW + HOUR),
        ),
        (
            "the recipient had opted out before",
            ReplyState::Queued,
            E::OptedOut,
        ),
        ("its workers died", ReplyState::Queued, E::Poison),
        (
            "its workers died during calls",
            ReplyState::Sending,
            E::Poison,
        ),
        (
            "Twilio's list shows it",
            ReplyState::InDoubt,
            E::Sent {
                twilio_sid: "SM".to_owned(),
            },
        ),
        (
            "Twilio's list does not show it",
            ReplyState::InDoubt,
            E::NotFound,
        ),
        (
            "Twilio's list could not be read",
            ReplyState::InDoubt,
            E::Unreadable(NotSent(Trouble::Connect)),
        ),
    ];
    let policy = reply::Policy {
        backoff: backoff(),
        resolve_delays: policy().resolve_delays,
    };
    let mut table =
        String::from("| what happened | state before | state after | due |\n|---|---|---|---|\n");
    for (what, state, event) in rows {
        // A reply whose call was just made is still as the claim found it: queued.
        let found = match (&event, state) {
            (E::Died | E::Poison, state) => state,
            (_, ReplyState::Sending) => ReplyState::Queued,
            (_, state) => state,
        };
        let before = reply::Progress {
            state: found,
            deadline_at: NOW + 24 * HOUR,
            failures: 0,
            checks: 0,
        };
        let to = reply::settle(&before, &event, NOW, 1.0, &policy);
        let due = to.next_attempt_at.map(after).unwrap_or_default();
        let _ = writeln!(table, "| {what} | `{state}` | `{}` | {due} |", to.state);
    }
    table
}

#[expect(
    clippy::disallowed_methods,
    reason = "whether to write the page is asked of the person who runs the test"
)]
fn is_update() -> bool {
    std::env::var("BIRDCALL_UPDATE").is_ok_and(|value| value == "1")
}

#[test]
fn the_page_of_states_is_what_settle_decides() {
    let made = format!("{HEAD}{}{REPLIES}{}", text_table(), reply_table());
    let path = root().join("docs/design/states.md");
    if is_update() {
        fs::write(&path, &made).expect("the page can be written");
    }
    let written = fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == made,
        "docs/design/states.md is not what settle decides: \
         BIRDCALL_UPDATE=1 cargo test -p birdcall --test architecture writes it"
    );
}
