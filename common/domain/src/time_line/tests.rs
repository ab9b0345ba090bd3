//! Time lines of texts, as a person reads them.

use super::{AttemptFacts, DeedFacts, History, JobFacts, ReplyFacts, TextFacts, time_line};
use crate::{
    call::Heard,
    clock::Timestamp,
    queue::{JobState, Queue},
    reply::{Purpose, ReplyState},
    text::{Kind, Progress, Reason, TextState},
};

/// When the texts of these tests were received.
const RECEIVED: i64 = 1_795_366_805_120;

fn after(millis: i64) -> Timestamp {
    Timestamp(RECEIVED + millis)
}

fn progress(state: TextState, reason: Option<Reason>, next: Option<Timestamp>) -> Progress {
    Progress {
        kind: Kind::Post,
        state,
        reason,
        received_at: after(0),
        deadline_at: after(86_400_000),
        next_attempt_at: next,
        claims: 0,
        deaths: 0,
        failures: 0,
        checks: 0,
        look_due_at: None,
        doubted: false,
        unauthorized: None,
    }
}

fn text(progress: Progress) -> TextFacts {
    TextFacts {
        progress,
        held_until: None,
        published_at: None,
        undone_at: None,
    }
}

fn alone(text: TextFacts) -> History<'static> {
    History {
        text,
        attempts: Vec::new(),
        replies: Vec::new(),
        jobs: Vec::new(),
        deeds: Vec::new(),
    }
}

/// The entries as `+seconds what tone: words | detail`.
fn told(history: &History<'_>, now: Timestamp) -> Vec<String> {
    let entries = time_line(history, now).into_iter().map(|entry| {
        let at = match entry.at {
            Some(at) => format!("{:+}", (at.0 - RECEIVED) / 1000),
            None => "?".to_owned(),
        };
        let detail = match entry.detail.as_str() {
            "" => String::new(),
            detail => format!(" | {detail}"),
        };
        format!(
            "{at} {} {}: {}{detail}",
            entry.what, entry.tone, entry.words
        )
    });
    entries.collect()
}

#[test]
fn a_posted_text_is_told_from_the_webhook_to_the_delivery_report() {
    let (refused, posted) = (
        Heard {
            status: Some(503),
            problem: None,
            transaction_id: Some("9f2c".to_owned()),
        },
        Heard {
            status: Some(201),
            problem: None,
            transaction_id: Some("a01b".to_owned()),
        },
    );
    let history = History {
        text: TextFacts {
            published_at: Some(after(40_500)),
            undone_at: Some(after(90_000)),
            ..text(progress(TextState::Published, None, None))
        },
        attempts: vec![
            AttemptFacts {
                number: 1,
                started_at: after(1000),
                ended_at: Some(after(1120)),
                outcome: Some("in_doubt"),
                error: Some("outcome unknown: HTTP 503"),
                heard: &refused,
            },
            AttemptFacts {
                number: 2,
                started_at: after(40_000),
                ended_at: Some(after(40_500)),
                outcome: Some("published"),
                error: None,
                heard: &posted,
            },
        ],
        replies: vec![ReplyFacts {
            purpose: Purpose::Final,
            state: ReplyState::Sent,
            created_at: after(40_500),
            sent_at: Some(after(41_000)),
            next_attempt_at: None,
            twilio_sid: Some("SM1"),
            delivery: Some("undelivered"),
            delivery_at: Some(after(45_000)),
            error_code: Some(30005),
            error: None,
            body: "somebody's words",
        }],
        jobs: vec![
            JobFacts {
                id: "01A",
                queue: Queue::Tweet,
                state: JobState::Done,
                run_at: Timestamp::from_secs(RECEIVED / 1000),
                done_at: Some(Timestamp::from_secs(RECEIVED / 1000)),
                worker: Some("worker-1"),
            },
            JobFacts {
                id: "01B",
                queue: Queue::Reply,
                state: JobState::Pending,
                run_at: after(41_000),
                done_at: None,
                worker: None,
            },
        ],
        deeds: vec![DeedFacts {
            at: after(20_000),
            actor: "olivia",
            action: "replay",
            detail: "looked up first",
            reason: "a person asked",
        }],
    };
    let expected = [
        "+0 received plain: Received, to be posted",
        "+0 job quiet: Job in the queue tweet: done | Job 01A, worker worker-1",
        "+1 attempt bad: Attempt 1: POST /2/tweets, HTTP 503, 120ms | X may have carried it out: \
         the account's timeline is read before anything is posted again. \
         Error: outcome unknown: HTTP 503. X's transaction id: 9f2c.",
        "+20 deed plain: olivia: replay | looked up first. Why: a person asked",
        "+40 attempt good: Attempt 2: POST /2/tweets, HTTP 201, 500ms | X made the post. \
         X's transaction id: a01b.",
        "+40 posted good: Posted on X",
        "+40 reply plain: Reply (final) written | It says how the text ended.",
        "+41 reply good: Reply accepted by Twilio | Twilio's sid: SM1.",
        "+45 delivery bad: Twilio reports the reply as undelivered | \
         Twilio's error 30005: the number does not exist.",
        "+90 deleted quiet: Deleted from X by its owner",
    ];
    assert_eq!(told(&history, after(100_000)), expected);
    let entries = time_line(&history, after(100_000));
    let quotes: Vec<&str> = entries.iter().map(|entry| entry.quote.as_str()).collect();
    let quoted: Vec<&&str> = quotes.iter().filter(|quote| !quote.is_empty()).collect();
    assert_eq!(quoted, [&"somebody's words"]);
}

#[test]
fn the_end_of_a_time_line_says_what_happens_next_and_when() {
    let now = after(60_000);
    let later = Some(after(120_000));
    let of = |state, reason, next| text(progress(state, reason, next));
    let command = Progress {
        kind: Kind::Command,
        ..progress(TextState::Received, None, Some(after(0)))
    };
    let held = |state| TextFacts {
        held_until: Some(after(75_000)),
        ..of(state, None, Some(after(75_000)))
    };
    let given_up = "+86400 It is given up, unless it is posted before";
    for (name, facts, expected) in [
        ("published", of(TextState::Published, None, None), vec![]),
        ("refused", of(TextState::Refused, None, None), vec![]),
        (
            "received",
            of(TextState::Received, None, Some(after(0))),
            vec!["+60 It is posted", given_up],
        ),
        ("a command", text(command), vec!["+60 It is carried out"]),
        (
            "waiting for credit",
            of(TextState::Waiting, Some(Reason::Money), later),
            vec!["+120 It is tried again", given_up],
        ),
        (
            "waiting for its turn",
            of(TextState::Waiting, Some(Reason::Order), later),
            vec![
                "+120 It is its turn, if the earlier text has ended",
                given_up,
            ],
        ),
        (
            "waiting for a sign-in",
            of(TextState::Waiting, Some(Reason::SignIn), later),
            vec![
                "+120 It is given up, unless its owner signs in before: then it is posted at once",
            ],
        ),
        (
            "waiting for an operator",
            of(
                TextState::Waiting,
                Some(Reason::Paused),
                Some(Timestamp::UNTIL_RESUMED),
            ),
            vec!["? It waits until an operator resumes the queue tweet"],
        ),
        (
            "in doubt",
            of(TextState::InDoubt, None, later),
            vec!["+120 It is looked for on X"],
        ),
        (
            "at rest",
            of(TextState::InDoubt, None, None),
            vec!["? Its owner or an operator decides whether it is posted again"],
        ),
        (
            "in doubt without a sign-in",
            of(TextState::InDoubt, Some(Reason::SignIn), later),
            vec![
                "+120 The search ends, unless its owner signs in before: then it is looked for on X",
            ],
        ),
        (
            "being posted",
            held(TextState::Publishing),
            vec!["+75 If no outcome is written by then, another worker looks for the post on X"],
        ),
        (
            "held",
            held(TextState::Received),
            vec![
                "+75 If the worker that holds it has died, another one takes it",
                given_up,
            ],
        ),
        (
            "left behind",
            of(TextState::Publishing, None, Some(after(30_000))),
            vec!["+60 It is looked for on X"],
        ),
    ] {
        let next = told(&alone(facts), now);
        let next: Vec<String> = next[1..]
            .iter()
            .map(|entry| {
                let entry = entry.split(" | ").next().unwrap_or_default();
                entry.replace(" next waiting:", "")
            })
            .collect();
        assert_eq!(next, expected, "{name}");
    }
}

#[test]
fn a_reply_that_is_not_sent_yet_says_when_and_why_not() {
    let reply = |state, next_attempt_at| ReplyFacts {
        purpose: Purpose::SignIn,
        state,
        created_at: after(1000),
        sent_at: None,
        next_attempt_at,
        twilio_sid: None,
        delivery: None,
        delivery_at: None,
        error_code: None,
        error: None,
        body: "",
    };
    for (state, next, expected) in [
        (
            ReplyState::Queued,
            Some(after(0)),
            vec!["+60 next waiting: The reply is sent | As soon as a worker is free."],
        ),
        (
            ReplyState::Queued,
            Some(Timestamp::UNTIL_RESUMED),
            vec!["? next waiting: The reply waits until an operator resumes the queue reply"],
        ),
        (
            ReplyState::InDoubt,
            Some(after(90_000)),
            vec![
                "+1 reply waiting: Reply sent, and no clear answer came",
                "+90 next waiting: The reply is looked for at Twilio",
            ],
        ),
        (
            ReplyState::Suppressed,
            None,
            vec!["+1 reply quiet: Reply not sent"],
        ),
    ] {
        let history = History {
            replies: vec![reply(state, next)],
            ..alone(text(progress(TextState::Refused, None, None)))
        };
        let told = told(&history, after(60_000));
        assert_eq!(told[2..], expected, "{state}");
    }
}

#[test]
fn a_word_of_another_version_is_told_as_it_is() {
    let nothing = Heard::default();
    let history = History {
        attempts: vec![AttemptFacts {
            number: 3,
            started_at: after(0),
            ended_at: None,
            outcome: Some("new_word"),
            error: None,
            heard: &nothing,
        }],
        ..alone(text(progress(TextState::Refused, None, None)))
    };
    let told = told(&history, after(1000));
    assert_eq!(
        told[1],
        "+0 attempt bad: Attempt 3: POST /2/tweets | new_word"
    );
}
