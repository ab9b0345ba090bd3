//! Each trouble with its sentence, and the order of several.

use std::time::Duration;

use super::*;
use crate::{
    health::{Work, WorkLimits},
    overview::{
        Happening, Happenings, PausedFor, Severity, Undelivered, VendorSeen, Waiting, Where,
        WorkerSeen, headline, is_wrong,
    },
    queue::Queue,
    text::{Reason, TextState},
};

const NOW: Timestamp = Timestamp(1_795_366_805_000);

fn ago(seconds: u64) -> Timestamp {
    NOW - Duration::from_secs(seconds)
}

fn limits() -> Limits {
    Limits::new(WorkLimits {
        probe_age_max: Duration::from_secs(60),
        due_age_max: Duration::from_secs(600),
    })
}

fn worker() -> WorkerSeen {
    WorkerSeen {
        name: "1-abc".to_owned(),
        version: "1.2.3".to_owned(),
        started_at: ago(3600),
        seen_at: ago(2),
        is_alive: true,
        slots: 40,
        x: VendorSeen::default(),
        twilio: VendorSeen::default(),
        holds: Vec::new(),
    }
}

fn healthy() -> Facts {
    Facts {
        workers: vec![worker()],
        work: Work {
            probes: Queue::ALL.iter().map(|queue| (*queue, ago(5))).collect(),
            oldest_due_text: None,
        },
        ..Facts::default()
    }
}

fn pause(queue: Queue, reason: Reason) -> PausedFor {
    PausedFor {
        queue,
        reason,
        since: ago(120),
        until: NOW + Duration::from_secs(60),
    }
}

fn waiting(state: TextState, reason: Option<Reason>, count: u64) -> Waiting {
    Waiting {
        state,
        reason,
        count,
        oldest: ago(7200),
    }
}

fn fails(class: &str, ok_at: Option<Timestamp>, failed_at: Timestamp) -> VendorSeen {
    VendorSeen {
        ok_at,
        failed_at: Some(failed_at),
        failure: Some(class.to_owned()),
    }
}

fn happened(what: Happening, count: u64, last_at: Timestamp) -> Vec<Happenings> {
    vec![Happenings {
        what,
        count,
        last_at,
    }]
}

/// The facts of a healthy installation with one change.
fn with(change: impl FnOnce(&mut Facts)) -> Facts {
    let mut facts = healthy();
    change(&mut facts);
    facts
}

fn found(facts: &Facts) -> Vec<Trouble> {
    troubles(facts, "1.2.3", limits(), NOW)
}

#[test]
fn each_trouble_is_one_plain_sentence_with_something_to_do() {
    let table: Vec<(Facts, &str, Severity, &str, &str)> = vec![
        (
            with(|facts| facts.workers.clear()),
            "no_worker",
            Severity::Stopped,
            "No worker is running: none was seen within a day, so nothing is posted.",
            "Start birdcall-worker.",
        ),
        (
            with(|facts| {
                facts.workers[0].is_alive = false;
                facts.workers[0].seen_at = ago(300);
            }),
            "no_worker",
            Severity::Stopped,
            "No worker is running: the last one was seen 5m ago, so nothing is posted.",
            "Start birdcall-worker.",
        ),
        (
            with(|facts| facts.pauses = vec![pause(Queue::Tweet, Reason::Paused)]),
            "paused_by_operator",
            Severity::Stopped,
            "Posting has been paused by an operator for 2m: it waits to be resumed.",
            "birdcall queue resume tweet",
        ),
        (
            with(|facts| facts.pauses = vec![pause(Queue::Tweet, Reason::Money)]),
            "no_credit",
            Severity::Stopped,
            "Posting has been paused for 2m because the credit at X is used up; the next try is in 1m.",
            "Buy credit at X, then: birdcall queue resume tweet",
        ),
        (
            with(|facts| facts.pauses = vec![pause(Queue::Tweet, Reason::RateLimit)]),
            "app_rate_limit",
            Severity::Stopped,
            "Posting has been paused for 2m because a limit of the X app is reached; the next try is in 1m.",
            "Wait: it resumes by itself.",
        ),
        (
            with(|facts| facts.pauses = vec![pause(Queue::Tweet, Reason::Operator)]),
            "app_trouble",
            Severity::Stopped,
            "Posting has been paused for 2m because X does not let the app post; the next try is in 1m.",
            "birdcall doctor",
        ),
        (
            with(|facts| facts.pauses = vec![pause(Queue::Reply, Reason::Operator)]),
            "account_trouble",
            Severity::Stopped,
            "Replying has been paused for 2m because Twilio does not let the account send; the next try is in 1m.",
            "birdcall doctor",
        ),
        (
            with(|facts| facts.work.probes[0].1 = ago(180)),
            "queue_stuck",
            Severity::Failing,
            "No worker has taken a job from the queue tweet for 3m.",
            "birdcall jobs list --queue tweet",
        ),
        (
            with(|facts| facts.work.oldest_due_text = Some(ago(660))),
            "text_overdue",
            Severity::Failing,
            "The oldest text that is due has been due for 11m.",
            "birdcall queue stats",
        ),
        (
            with(|facts| facts.workers[0].x = fails("server_error", Some(ago(600)), ago(5))),
            "x_fails",
            Severity::Failing,
            "Calls to X fail: it answers with an error of its own; the last call that worked was 10m ago.",
            "birdcall doctor",
        ),
        (
            with(|facts| facts.workers[0].twilio = fails("unauthorized", None, ago(5))),
            "twilio_fails",
            Severity::Failing,
            "Calls to Twilio fail: it does not accept the credentials; no call has worked yet.",
            "birdcall doctor",
        ),
        (
            with(|facts| {
                facts.happenings = happened(Happening::SignatureRefused, 3, ago(60));
            }),
            "webhooks_refused",
            Severity::Failing,
            "3 webhooks were refused within a day for a wrong signature, the last one 1m ago.",
            "birdcall doctor",
        ),
        (
            with(|facts| facts.waiting = vec![waiting(TextState::InDoubt, None, 1)]),
            "in_doubt",
            Severity::Failing,
            "1 text is in doubt: it is unknown whether X posted it, and its owner has to decide; the oldest arrived 2h ago.",
            "birdcall texts list --state in_doubt",
        ),
        (
            with(|facts| {
                facts.waiting = vec![waiting(TextState::Waiting, Some(Reason::Outage), 5213)];
            }),
            "texts_wait",
            Severity::Failing,
            "5,213 texts wait because X cannot be reached or a token cannot be refreshed; the oldest arrived 2h ago.",
            "birdcall texts list --state waiting",
        ),
        (
            with(|facts| {
                facts.waiting = vec![waiting(TextState::Waiting, Some(Reason::SignIn), 1)];
            }),
            "texts_wait",
            Severity::Note,
            "1 text waits for a sign-in; the oldest arrived 2h ago.",
            "birdcall texts list --state waiting",
        ),
        (
            with(|facts| {
                facts.undelivered = vec![
                    Undelivered {
                        error_code: Some(30007),
                        count: 12,
                        last_at: ago(120),
                    },
                    Undelivered {
                        error_code: None,
                        count: 1,
                        last_at: ago(60),
                    },
                ];
            }),
            "replies_undelivered",
            Severity::Failing,
            "13 replies did not arrive within a day (Twilio's error 30007: 12); the last one 1m ago.",
            "birdcall replies list --since 24h --error 30007",
        ),
        (
            with(|facts| facts.workers[0].version = "1.2.2".to_owned()),
            "other_version",
            Severity::Note,
            "1 worker runs version 1.2.2, and this is version 1.2.3.",
            "Restart the workers with the new version.",
        ),
        (
            with(|facts| facts.sign_ins_needed = 2),
            "sign_in_needed",
            Severity::Note,
            "2 numbers need a new sign-in; each has been texted a link if a text waits for it.",
            "birdcall accounts list",
        ),
        (
            with(|facts| {
                facts.happenings = happened(Happening::MissedTakenIn, 4, ago(3600));
            }),
            "missed_taken_in",
            Severity::Note,
            "4 texts that no webhook brought came from Twilio's list within a day, the last one 1h ago: Twilio could not reach web.",
            "birdcall doctor",
        ),
    ];
    for (facts, kind, severity, sentence, todo) in table {
        let troubles = found(&facts);
        let [only] = troubles.as_slice() else {
            panic!("{kind}: {troubles:#?}");
        };
        assert_eq!(only.kind, kind);
        assert_eq!(only.severity, severity, "{kind}");
        assert_eq!(only.sentence, sentence);
        assert_eq!(only.todo, todo, "{kind}");
        assert_eq!(is_wrong(&troubles), severity != Severity::Note, "{kind}");
    }
}

#[test]
fn each_trouble_names_where_it_is_seen() {
    for (facts, at) in [
        (with(|facts| facts.workers.clear()), Where::Workers),
        (
            with(|facts| facts.pauses = vec![pause(Queue::Reply, Reason::Money)]),
            Where::Queue(Queue::Reply),
        ),
        (
            with(|facts| facts.work.oldest_due_text = Some(ago(660))),
            Where::Queues,
        ),
        (
            with(|facts| facts.workers[0].x = fails("timeout", None, ago(5))),
            Where::Services,
        ),
        (
            with(|facts| facts.waiting = vec![waiting(TextState::InDoubt, None, 1)]),
            Where::Texts(TextState::InDoubt),
        ),
        (
            with(|facts| {
                facts.undelivered = vec![Undelivered {
                    error_code: None,
                    count: 1,
                    last_at: ago(60),
                }];
            }),
            Where::Replies(None),
        ),
        (with(|facts| facts.sign_ins_needed = 2), Where::Accounts),
    ] {
        let troubles = found(&facts);
        assert_eq!(troubles.len(), 1);
        assert_eq!(troubles[0].at, at);
        assert!(at.command().starts_with("birdcall "));
    }
}

#[test]
fn nothing_is_wrong_with_a_healthy_installation() {
    assert_eq!(found(&healthy()), []);
    assert_eq!(headline(&[]), "Nothing is wrong.");
    assert!(!is_wrong(&[]));
}

#[test]
fn what_is_over_or_told_otherwise_is_no_trouble() {
    for facts in [
        // A call has worked since.
        with(|facts| facts.workers[0].x = fails("timeout", Some(ago(5)), ago(10))),
        // Another worker has reached X since.
        with(|facts| {
            facts.workers[0].x = fails("timeout", None, ago(10));
            let mut other = worker();
            other.x.ok_at = Some(ago(5));
            facts.workers.push(other);
        }),
        // Nobody has called X for long.
        with(|facts| facts.workers[0].x = fails("timeout", None, ago(3600))),
        // The last refusal was hours ago.
        with(|facts| {
            facts.happenings = happened(Happening::SignatureRefused, 3, ago(7200));
        }),
        // They wait behind other texts.
        with(|facts| {
            facts.waiting = vec![waiting(TextState::Waiting, Some(Reason::Order), 9)];
        }),
        // A worker that has just started has finished no probe.
        with(|facts| {
            facts.workers[0].started_at = ago(5);
            facts.work.probes.clear();
        }),
    ] {
        assert_eq!(found(&facts), [], "{facts:#?}");
    }
}

#[test]
fn what_waits_for_a_pause_is_told_with_the_pause() {
    let facts = with(|facts| {
        facts.pauses = vec![pause(Queue::Tweet, Reason::Money)];
        facts.waiting = vec![waiting(TextState::Waiting, Some(Reason::Money), 40)];
    });
    let kinds: Vec<&str> = found(&facts).iter().map(|trouble| trouble.kind).collect();
    assert_eq!(kinds, ["no_credit"]);
}

#[test]
fn the_worst_comes_first_and_the_headline_counts_the_rest() {
    let facts = with(|facts| {
        facts.sign_ins_needed = 1;
        facts.waiting = vec![waiting(TextState::InDoubt, None, 2)];
        facts.pauses = vec![pause(Queue::Tweet, Reason::Paused)];
    });
    let troubles = found(&facts);
    let kinds: Vec<&str> = troubles.iter().map(|trouble| trouble.kind).collect();
    assert_eq!(kinds, ["paused_by_operator", "in_doubt", "sign_in_needed"]);
    assert_eq!(
        headline(&troubles),
        "Posting has been paused by an operator for 2m: it waits to be resumed. (1 more)"
    );
    assert_eq!(headline(&troubles[2..]), "Nothing is wrong.");
}
