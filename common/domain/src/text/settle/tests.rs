use super::*;
use crate::{
    account::Need,
    backoff::Backoff,
    call::{CallError, LimitScope, Trouble},
    post::Unpostable,
    rejection::XRejection,
    text::{Kind, Paused, Unauthorized},
};

const HOUR: Duration = Duration::from_secs(3600);
const NOW: Timestamp = Timestamp(1_000_000_000);
/// X has just refused the token of version 3.
const REFUSED: Unauthorized = Unauthorized {
    version: 3,
    since: NOW,
    last: NOW,
};

fn policy() -> Policy {
    Policy {
        backoff: Backoff {
            min: Duration::from_secs(5),
            max: Duration::from_secs(900),
        },
        resolve_delays: [5, 30, 120].map(Duration::from_secs).to_vec(),
        late_after: Duration::from_secs(600),
        sign_in_wait_max: 7 * 24 * HOUR,
        refused_token_pause: Duration::from_secs(30),
    }
}

pub(in crate::text) fn fresh() -> Progress {
    Progress {
        kind: Kind::Post,
        state: TextState::Received,
        reason: None,
        received_at: NOW,
        deadline_at: NOW + 24 * HOUR,
        next_attempt_at: Some(NOW),
        claims: 0,
        failures: 0,
        deaths: 0,
        checks: 0,
        look_due_at: None,
        doubted: false,
        unauthorized: None,
    }
}

fn in_doubt(checks: u32) -> Progress {
    Progress {
        state: TextState::InDoubt,
        checks,
        doubted: true,
        ..fresh()
    }
}

/// The row of a table: what is looked at most, in one line.
fn line(text: &Progress, event: &Event, now: Timestamp) -> String {
    // With the unit at its upper end there is no jitter.
    let settlement = settle(text, event, now, 1.0, &policy());
    let due = settlement.next_attempt_at.map_or_else(
        || "-".to_owned(),
        |at| format!("+{}s", at.since(now).as_secs()),
    );
    let reason = settlement.reason.map_or("-", Reason::as_str);
    let tell = settlement.tell.map_or_else(
        || "-".to_owned(),
        |tell| {
            let name = format!("{tell:?}");
            name.split(['(', ' ', '{']).next().unwrap().to_owned()
        },
    );
    let pause = if settlement.pause.is_some() {
        " pause"
    } else {
        ""
    };
    format!("{} {reason} {due} {tell}{pause}", settlement.state.as_str())
}

fn paused(until: Timestamp, reason: Reason) -> Event {
    Event::Paused(Paused {
        until,
        reason,
        promised: None,
    })
}

fn failed(error: CallError<XRejection>) -> Event {
    Event::CallFailed {
        error,
        token_version: 3,
    }
}

#[test]
fn outcomes_of_creating_a_post() {
    use CallError::{InDoubt, NotSent, PaymentRequired, RateLimited, Rejected, Unauthorized};
    let reset = Some(NOW + Duration::from_secs(300));
    let rows = [
        (
            Event::Published {
                post_id: "1".into(),
            },
            "published - - Tweeted",
        ),
        (failed(NotSent(Trouble::Connect)), "waiting outage +5s -"),
        (failed(InDoubt(Trouble::Timeout)), "in_doubt - +5s -"),
        (failed(InDoubt(Trouble::Status(503))), "in_doubt - +5s -"),
        (Event::Died, "in_doubt - +5s -"),
        (failed(Unauthorized), "received - +0s -"),
        (
            failed(PaymentRequired),
            "waiting money +5s OutOfCredit pause",
        ),
        (
            failed(RateLimited {
                until: reset,
                scope: LimitScope::User,
            }),
            "waiting rate_limit +300s RateLimited",
        ),
        (
            failed(RateLimited {
                until: reset,
                scope: LimitScope::App,
            }),
            "waiting rate_limit +300s RateLimited pause",
        ),
        (
            failed(RateLimited {
                until: None,
                scope: LimitScope::User,
            }),
            "waiting rate_limit +5s RateLimited",
        ),
        // A reset in the past is no reason to hammer.
        (
            failed(RateLimited {
                until: Some(Timestamp(0)),
                scope: LimitScope::User,
            }),
            "waiting rate_limit +5s RateLimited",
        ),
        (
            failed(Rejected(XRejection::Duplicate)),
            "refused duplicate - Rejected",
        ),
        (
            failed(Rejected(XRejection::AccountLocked)),
            "refused rejected - Rejected",
        ),
        (
            failed(Rejected(XRejection::MissingScope)),
            "waiting sign_in +604800s SignInAgain",
        ),
        (
            Event::NoToken(TokenTrouble::SignInNeeded),
            "waiting sign_in +604800s SignInAgain",
        ),
        // An operator unlinked the number: nobody is texted.
        (
            Event::NoToken(TokenTrouble::NotLinked),
            "refused not_linked - -",
        ),
        (Event::NoToken(TokenTrouble::Busy), "received - +1s -"),
        (
            Event::NoToken(TokenTrouble::Unavailable),
            "waiting outage +5s -",
        ),
        (
            paused(NOW + HOUR, Reason::Money),
            "waiting money +3600s OutOfCredit",
        ),
        (
            paused(NOW + HOUR, Reason::Paused),
            "waiting paused +3600s -",
        ),
        (
            paused(NOW + 48 * HOUR, Reason::Money),
            "waiting money +86400s OutOfCredit",
        ),
        (
            Event::Unpostable(Unpostable::TooLong { over: 3 }),
            "refused unpostable - Unpostable",
        ),
        (Event::HasMedia, "refused media - MediaNotYet"),
        (Event::NotLinked, "refused not_linked - SignIn"),
        (Event::Poison, "failed poison - GaveUp"),
        (Event::done(Sentence::Undone), "command - - Undone"),
        (Event::NotYet, "waiting order +5s -"),
        (Event::NotRevoked, "waiting outage +5s -"),
        (Event::LeaseOver, "waiting outage +5s -"),
    ];
    for (event, expected) in rows {
        assert_eq!(line(&fresh(), &event, NOW), expected, "{event:?}");
    }
}

#[test]
fn a_second_401_is_an_outage_and_not_a_second_refresh() {
    let once = Progress {
        unauthorized: Some(REFUSED),
        ..fresh()
    };
    let event = Event::CallFailed {
        error: CallError::Unauthorized,
        token_version: 4,
    };
    assert_eq!(line(&once, &event, NOW), "waiting outage +5s -");
    let settlement = settle(&once, &event, NOW, 1.0, &policy());
    assert_eq!(
        settlement.unauthorized,
        Some(REFUSED),
        "the refreshed token is not refreshed again"
    );
}

#[test]
fn refusals_of_one_token_are_counted_together() {
    let once = Progress {
        unauthorized: Some(REFUSED),
        ..fresh()
    };
    let later = NOW + Duration::from_secs(40);
    for event in [
        failed(CallError::Unauthorized),
        Event::Unreadable {
            error: CallError::Unauthorized,
            token_version: 3,
        },
        Event::CommandFailed {
            error: CallError::Unauthorized,
            token_version: 3,
        },
    ] {
        let again = settle(&once, &event, later, 1.0, &policy()).unauthorized;
        let expected = Unauthorized {
            last: later,
            ..REFUSED
        };
        assert_eq!(again, Some(expected), "{event:?}");
        assert_eq!(
            expected.need(),
            Need::NewerThan {
                version: 3,
                refused_for: Duration::from_secs(40)
            }
        );
    }
}

#[test]
fn a_token_that_is_refused_for_long_enough_is_tried_once_more_at_once() {
    for (last, now, due) in [
        (0, 29, "+5s"),
        (0, 30, "+0s"),
        (20, 40, "+0s"),
        (30, 60, "+5s"),
    ] {
        let refused = Progress {
            unauthorized: Some(Unauthorized {
                last: NOW + Duration::from_secs(last),
                ..REFUSED
            }),
            ..fresh()
        };
        let now = NOW + Duration::from_secs(now);
        let expected = format!("waiting outage {due} -");
        assert_eq!(
            line(&refused, &failed(CallError::Unauthorized), now),
            expected
        );
    }
}

#[test]
fn of_many_401_in_a_row_one_in_four_refreshes_the_newer_token() {
    let event = Event::CallFailed {
        error: CallError::Unauthorized,
        token_version: 4,
    };
    let doubted: Vec<Option<i64>> = (0..8)
        .map(|failures| Progress {
            failures,
            unauthorized: Some(REFUSED),
            ..fresh()
        })
        .map(|text| settle(&text, &event, NOW, 1.0, &policy()).unauthorized)
        .map(|unauthorized| unauthorized.map(|refused| refused.version))
        .collect();
    let (old, new) = (Some(3), Some(4));
    assert_eq!(doubted, [old, old, old, new, old, old, old, new]);
}

#[test]
fn a_401_while_reading_refreshes_once_and_keeps_the_doubt() {
    let event = Event::Unreadable {
        error: CallError::Unauthorized,
        token_version: 3,
    };
    assert_eq!(line(&in_doubt(0), &event, NOW), "in_doubt - +0s -");
    let settlement = settle(&in_doubt(0), &event, NOW, 1.0, &policy());
    assert_eq!(settlement.unauthorized, Some(REFUSED));
    let once = Progress {
        unauthorized: Some(REFUSED),
        ..in_doubt(0)
    };
    assert_eq!(line(&once, &event, NOW), "in_doubt - +5s -");
}

#[test]
fn an_unknown_outcome_is_looked_up_before_it_is_posted_again() {
    assert_eq!(
        line(
            &in_doubt(0),
            &Event::Published {
                post_id: "1".into()
            },
            NOW
        ),
        "published - - Tweeted"
    );
    assert_eq!(
        line(&in_doubt(0), &Event::NotFound, NOW),
        "in_doubt - +30s -"
    );
    assert_eq!(
        line(&in_doubt(1), &Event::NotFound, NOW),
        "in_doubt - +120s -"
    );
    assert_eq!(
        line(&in_doubt(2), &Event::NotFound, NOW),
        "received - +0s -"
    );
    let past = Progress {
        deadline_at: NOW,
        ..in_doubt(2)
    };
    assert_eq!(
        line(&past, &Event::NotFound, NOW + HOUR),
        "failed horizon - GaveUp"
    );
}

#[test]
fn what_cannot_be_looked_up_is_never_posted_blind() {
    use CallError::{InDoubt, NotSent, PaymentRequired, RateLimited, Rejected};
    let unreadable = |error| Event::Unreadable {
        error,
        token_version: 3,
    };
    let reset = Some(NOW + Duration::from_secs(300));
    let other = XRejection::Other {
        status: 403,
        detail: String::new(),
    };
    for (event, expected) in [
        (
            unreadable(InDoubt(Trouble::Status(503))),
            "in_doubt - +5s -",
        ),
        (unreadable(NotSent(Trouble::Connect)), "in_doubt - +5s -"),
        (
            unreadable(RateLimited {
                until: reset,
                scope: LimitScope::User,
            }),
            "in_doubt - +300s -",
        ),
        (unreadable(PaymentRequired), "in_doubt - - Unresolved"),
        (unreadable(Rejected(other)), "in_doubt - - Unresolved"),
        (
            Event::NoToken(TokenTrouble::Unavailable),
            "in_doubt - +5s -",
        ),
        (Event::NoToken(TokenTrouble::Busy), "in_doubt - +1s -"),
        (
            Event::NoToken(TokenTrouble::SignInNeeded),
            "in_doubt sign_in +604800s SignInAgain",
        ),
        (Event::NoToken(TokenTrouble::NotLinked), "in_doubt - - -"),
        (Event::OtherAccount, "in_doubt - - OtherAccount"),
        (paused(NOW + HOUR, Reason::Money), "in_doubt - +3600s -"),
        (Event::Poison, "in_doubt - - Unresolved"),
    ] {
        assert_eq!(line(&in_doubt(0), &event, NOW), expected, "{event:?}");
    }
    let armed = Progress {
        state: TextState::Publishing,
        ..fresh()
    };
    assert_eq!(line(&armed, &Event::Poison, NOW), "in_doubt - - Unresolved");
    let late = Progress {
        deadline_at: NOW,
        ..in_doubt(0)
    };
    assert_eq!(
        line(&late, &unreadable(InDoubt(Trouble::Timeout)), NOW),
        "in_doubt - - Unresolved"
    );
}

#[test]
fn a_duplicate_after_an_unknown_outcome_is_evidence() {
    let again = Progress {
        doubted: true,
        ..fresh()
    };
    let duplicate = failed(CallError::Rejected(XRejection::Duplicate));
    assert_eq!(line(&again, &duplicate, NOW), "in_doubt duplicate +5s -");
    let looking = Progress {
        reason: Some(Reason::Duplicate),
        ..in_doubt(2)
    };
    assert_eq!(
        line(&looking, &Event::NotFound, NOW),
        "refused duplicate - AlreadyPosted"
    );
}

#[test]
fn a_late_text_gets_a_notice_and_a_final_word() {
    let error = || failed(CallError::NotSent(Trouble::Connect));
    assert_eq!(
        line(&fresh(), &error(), NOW + HOUR),
        "waiting outage +5s StillTrying"
    );
    assert_eq!(
        line(&fresh(), &error(), NOW + 24 * HOUR),
        "failed horizon - GaveUp"
    );
    let many = Progress {
        failures: 9,
        ..fresh()
    };
    assert_eq!(
        line(&many, &error(), NOW),
        "waiting outage +900s StillTrying"
    );
    let money = paused(NOW + 48 * HOUR, Reason::Money);
    assert_eq!(
        line(&fresh(), &money, NOW + 24 * HOUR),
        "failed horizon - GaveUp"
    );
}

#[test]
fn in_the_operators_pause_a_text_outlives_its_deadline_and_waits_for_the_operator() {
    let held = paused(Timestamp::UNTIL_RESUMED, Reason::Paused);
    for now in [NOW, NOW + 24 * HOUR, NOW + 48 * HOUR] {
        let settlement = settle(&fresh(), &held, now, 1.0, &policy());
        assert_eq!(settlement.state, TextState::Waiting);
        assert_eq!(settlement.reason, Some(Reason::Paused));
        assert_eq!(settlement.next_attempt_at, Some(Timestamp::UNTIL_RESUMED));
        assert_eq!(settlement.tell, None);
    }
}

#[test]
fn waiting_for_sign_in_ends_one_day() {
    let waiting = Progress {
        state: TextState::Waiting,
        reason: Some(Reason::SignIn),
        ..fresh()
    };
    let event = Event::NoToken(TokenTrouble::SignInNeeded);
    assert_eq!(line(&waiting, &event, NOW), "waiting sign_in +86400s -");
    assert_eq!(
        line(&waiting, &event, NOW + 24 * HOUR),
        "failed horizon - GaveUp"
    );
    let doubtful = Progress {
        reason: Some(Reason::SignIn),
        ..in_doubt(0)
    };
    assert_eq!(
        line(&doubtful, &event, NOW + 24 * HOUR),
        "in_doubt sign_in - Unresolved"
    );
}

#[test]
fn a_commands_unknown_outcome_is_simply_repeated() {
    let error = |error| Event::CommandFailed {
        error,
        token_version: 3,
    };
    assert_eq!(
        line(&fresh(), &error(CallError::InDoubt(Trouble::Timeout)), NOW),
        "waiting outage +5s -"
    );
    assert_eq!(
        line(
            &fresh(),
            &error(CallError::Rejected(XRejection::Duplicate)),
            NOW
        ),
        "command rejected - CommandRejected"
    );
}

/// What a text is told of a limit, and when it is due.
fn limited(text: &Progress, until: Option<Timestamp>, now: Timestamp) -> (Option<Sentence>, u64) {
    let event = failed(CallError::RateLimited {
        until,
        scope: LimitScope::User,
    });
    let settlement = settle(text, &event, now, 1.0, &policy());
    let due = settlement.next_attempt_at.map(|at| at.since(now).as_secs());
    (settlement.tell, due.unwrap_or(0))
}

#[test]
fn only_a_time_that_x_named_is_told() {
    let told = |until| Some(Sentence::RateLimited { until });
    let minute = NOW + Duration::from_secs(60);
    let tomorrow = NOW + 24 * HOUR;
    for (until, expected) in [
        (Some(minute), (told(Some(minute)), 60)),
        (None, (told(None), 5)),
        (Some(NOW), (told(None), 5)),
        (Some(Timestamp(0)), (told(None), 5)),
        // Hours and minutes would name a moment of today.
        (Some(tomorrow), (told(None), 24 * 3600)),
    ] {
        assert_eq!(limited(&fresh(), until, NOW), expected, "{until:?}");
    }
    let ending = Progress {
        deadline_at: NOW + Duration::from_secs(30),
        ..fresh()
    };
    assert_eq!(limited(&ending, Some(minute), NOW), (told(None), 30));
    let paused = |promised| {
        let event = Event::Paused(Paused {
            until: NOW + HOUR,
            reason: Reason::RateLimit,
            promised,
        });
        settle(&fresh(), &event, NOW, 1.0, &policy()).tell
    };
    assert_eq!(paused(None), told(None));
    assert_eq!(paused(Some(minute)), told(Some(minute)));
}

#[test]
fn a_limit_without_a_reset_is_asked_less_and_less_often() {
    let mut text = fresh();
    let mut delays = Vec::new();
    for _ in 0..9 {
        let event = failed(CallError::RateLimited {
            until: None,
            scope: LimitScope::User,
        });
        let settlement = settle(&text, &event, NOW, 1.0, &policy());
        delays.push(settlement.next_attempt_at.unwrap().since(NOW).as_secs());
        text.failures = settlement.failures;
    }
    assert_eq!(delays, [5, 10, 20, 40, 80, 160, 320, 640, 900]);
}

#[test]
fn a_distant_reset_does_not_end_a_text_before_its_deadline() {
    let far = Some(NOW + 72 * HOUR);
    assert_eq!(limited(&fresh(), far, NOW).1, 24 * 3600);
    let event = failed(CallError::RateLimited {
        until: far,
        scope: LimitScope::User,
    });
    assert_eq!(
        line(&fresh(), &event, NOW + 24 * HOUR),
        "failed horizon - GaveUp"
    );
}

#[test]
fn what_the_operator_has_to_fix_costs_no_text() {
    let no_token = Event::NoToken(TokenTrouble::AppRefused);
    assert_eq!(
        line(&fresh(), &no_token, NOW),
        "waiting operator +5s OperatorNeeded pause"
    );
    assert_eq!(line(&in_doubt(0), &no_token, NOW), "in_doubt - +5s -");
    let forbidden = || {
        CallError::Rejected(XRejection::AppForbidden {
            detail: "Your app is suspended.".to_owned(),
        })
    };
    assert_eq!(
        line(&fresh(), &failed(forbidden()), NOW),
        "waiting operator +5s OperatorNeeded pause"
    );
    let look = Event::Unreadable {
        error: forbidden(),
        token_version: 3,
    };
    assert_eq!(line(&in_doubt(0), &look, NOW), "in_doubt - +5s -");
    let command = Progress {
        kind: Kind::Command,
        ..fresh()
    };
    let event = Event::CommandFailed {
        error: forbidden(),
        token_version: 3,
    };
    let settlement = settle(&command, &event, NOW, 1.0, &policy());
    assert_eq!(
        (settlement.reason, settlement.pause),
        (Some(Reason::Operator), None)
    );
    assert_eq!(
        settlement.tell,
        Some(Sentence::OperatorNeeded { command: true })
    );
}

#[test]
fn a_command_that_is_late_is_not_called_a_text() {
    let command = Progress {
        kind: Kind::Command,
        ..fresh()
    };
    let event = Event::CommandFailed {
        error: CallError::NotSent(Trouble::Connect),
        token_version: 3,
    };
    assert_eq!(
        line(&command, &event, NOW + HOUR),
        "waiting outage +5s StillTryingCommand"
    );
    assert_eq!(
        line(&command, &event, NOW + 24 * HOUR),
        "failed horizon - GaveUpCommand"
    );
}
