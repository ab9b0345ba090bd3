//! `docs/design/states.md` is made from `settle`. This test compares them; with `BIRDCALL_UPDATE=1` in
//! the environment it writes the page instead.

mod rows;

use std::{
    collections::BTreeSet,
    fmt::{Debug, Write as _},
    fs,
    time::Duration,
};

use birdcall_domain::{
    backoff::Backoff,
    call::CallError,
    clock::Timestamp,
    rejection::XRejection,
    reply::{self, ReplyState, Sentence},
    text::{Event, Policy, Reason, TextState, settle},
};
use rows::{failed, reply_rows, rows, text};

use crate::source::{read, root};

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
| `\\STOP` finds an open text that came after it (`common/ledger/src/forget.rs`) | any open one | `received`, as the text of a number that is not linked |
| it would wait for a sign-in, and the owner has signed in since the claim (`Settlement::signed_in`) | `waiting` `sign_in`, `in_doubt` `sign_in` | `received`, `in_doubt`; due at once, and nothing is told |
| an operator cancels it (`common/ledger/src/texts/ending.rs`) | `received`, `waiting` | `refused` `cancelled` |
| an operator gives it up (`common/ledger/src/texts/ending.rs`) | `received`, `waiting`, `in_doubt` | `failed` `given_up` |
| an operator blocks its number (`common/ledger/src/blocked.rs`) | `received`, `waiting` | `refused` `blocked`, or `command` `blocked`; a text `in_doubt` rests |
| an operator unlinks its number (`common/ledger/src/accounts/unlink.rs`) | `received`, `waiting` | `refused` `not_linked`, or `command` `not_linked`; a text `in_doubt` rests |
| an operator runs it again (`common/ledger/src/replay/mod.rs`) | see `replay` in `common/domain/src/text/replay.rs` | `received`, or looked up first |

When a worker settles a text, `settle` in `common/domain/src/text/settle/mod.rs` decides. The delays
are those of the default settings without jitter; *due* is when the text is worked on next.

";

const REPLIES: &str = "
## A reply

A claim announces the call that sends a reply (`queued` to `sending`). When a worker settles it,
`settle` in `common/domain/src/reply/settle.rs` decides. A delivery report that names the reply proves
that it was sent (`common/ledger/src/replies/deliveries.rs`), and one that says that it did not arrive
queues it once more where that may help. When an operator blocks a number, its replies that are `queued`
become `suppressed` (`common/ledger/src/blocked.rs`).

";

fn policy() -> Policy {
    Policy {
        backoff: backoff(),
        resolve_delays: [5, 30, 120].map(Duration::from_secs).to_vec(),
        late_after: Duration::from_secs(600),
        sign_in_wait_max: 7 * 24 * HOUR,
        refused_token_pause: HOUR,
    }
}

fn backoff() -> Backoff {
    Backoff {
        min: Duration::from_secs(5),
        max: Duration::from_secs(900),
    }
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
        if to.unauthorized.is_some() && before.unauthorized.is_none() {
            besides.push("the token is refreshed first");
        }
        let _ = writeln!(
            table,
            "| {what} | `{}` | `{}`{} | {} | {} | {} |",
            before.state,
            to.state,
            reason.unwrap_or_default(),
            to.next_attempt_at.map(after).unwrap_or_default(),
            to.tell.as_ref().map(variant).unwrap_or_default(),
            besides.join(", ")
        );
    }
    table
}

fn reply_table() -> String {
    use reply::Event as E;
    let policy = reply::Policy {
        backoff: backoff(),
        resolve_delays: policy().resolve_delays,
    };
    let mut table =
        String::from("| what happened | state before | state after | due |\n|---|---|---|---|\n");
    for (what, state, event) in reply_rows() {
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

/// The variants of an enum, read from the file that declares it.
fn variants(path: &str, name: &str) -> BTreeSet<String> {
    let declared = read(path);
    let (_, rest) = declared
        .split_once(&format!("pub enum {name}"))
        .expect("the enum");
    let (body, _) = rest.split_once("\n}").expect("its end");
    let lines = body.lines().filter_map(|line| line.strip_prefix("    "));
    lines
        .filter(|line| line.starts_with(char::is_uppercase))
        .map(|line| first_word(line).to_owned())
        .collect()
}

/// The variant of a value, from its `Debug`.
fn first_word(debug: &str) -> &str {
    let end = debug.find(|c: char| !c.is_alphanumeric());
    &debug[..end.unwrap_or(debug.len())]
}

fn variant(value: &impl Debug) -> String {
    first_word(&format!("{value:?}")).to_owned()
}

#[test]
fn the_page_of_states_leaves_nothing_out() {
    let events: Vec<Event> = rows().into_iter().map(|(_, _, event)| event).collect();
    let shown: BTreeSet<String> = events.iter().map(variant).collect();
    assert_eq!(shown, variants("common/domain/src/text/event.rs", "Event"));

    let errors = variants("common/domain/src/call.rs", "CallError");
    for kind in ["CallFailed", "Unreadable", "CommandFailed"] {
        let shown = events.iter().filter(|event| variant(*event) == kind);
        let shown: BTreeSet<String> = shown
            .filter_map(|event| match event {
                Event::CallFailed { error, .. }
                | Event::Unreadable { error, .. }
                | Event::CommandFailed { error, .. } => Some(variant(error)),
                _ => None,
            })
            .collect();
        assert_eq!(shown, errors, "{kind}");
    }

    let replies: BTreeSet<String> = reply_rows()
        .iter()
        .map(|(_, _, event)| variant(event))
        .collect();
    let declared = variants("common/domain/src/reply/settle.rs", "Event");
    assert_eq!(replies, declared);
}

/// The page has one row for the refusals that say nothing special; here they are all.
#[test]
fn refusals_without_a_row_end_as_the_row_for_them_says() {
    use XRejection as R;
    let plain = [
        R::TooLong,
        R::ReplyNotAllowed,
        R::Cashtags,
        R::AccountLocked,
        R::AccountSuspended,
        R::ConfirmAccount,
        R::LooksAutomated,
        R::BadLink,
        R::Media,
        R::Other {
            status: 400,
            detail: "no".to_owned(),
        },
    ];
    let special = ["Duplicate", "MissingScope", "AppForbidden"].map(str::to_owned);
    let listed: BTreeSet<String> = plain.iter().map(variant).chain(special).collect();
    assert_eq!(
        listed,
        variants("common/domain/src/rejection.rs", "XRejection")
    );

    let publishing = text(TextState::Publishing);
    for why in plain {
        let event = failed(CallError::Rejected(why.clone()));
        let to = settle(&publishing, &event, NOW, 1.0, &policy());
        assert_eq!(to.state, TextState::Refused, "{why:?}");
        assert_eq!(to.reason, Some(Reason::Rejected), "{why:?}");
        assert_eq!(to.next_attempt_at, None, "{why:?}");
        assert_eq!(to.tell, Some(Sentence::Rejected(why)));
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "whether to write the page is asked of the person who runs the test"
)]
pub(crate) fn is_update() -> bool {
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
