//! What can happen to a text and to a reply, as the page of states lists it.

use birdcall_domain::{
    account::TokenTrouble,
    call::{CallError, LimitScope, Trouble},
    post::Unpostable,
    rejection::{TwilioRejection, XRejection},
    reply::{self, ReplyState, Sentence},
    text::{Event, Kind, Paused, Progress, Reason, TextState},
};

use super::{HOUR, NOW};

pub(super) fn text(state: TextState) -> Progress {
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
        look_due_at: None,
        doubted: state == TextState::InDoubt,
        unauthorized: None,
    }
}

pub(super) fn failed(error: CallError<XRejection>) -> Event {
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
pub(super) fn rows() -> Vec<(&'static str, Progress, Event)> {
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
        unauthorized: Some(birdcall_domain::text::Unauthorized::first(1, NOW)),
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
            "X does not let the operator's app post",
            publishing,
            failed(Rejected(XRejection::AppForbidden {
                detail: String::new(),
            })),
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
            "the number was unlinked",
            received,
            Event::NoToken(TokenTrouble::NotLinked),
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
            "X does not accept the operator's app when it is asked for a token",
            received,
            Event::NoToken(TokenTrouble::AppRefused),
        ),
        (
            "posting is paused",
            received,
            Event::Paused(Paused {
                until: NOW + HOUR,
                reason: Reason::Money,
                promised: None,
            }),
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
            "the timeline's answer was cut off",
            doubt,
            unreadable(InDoubt(Trouble::Timeout)),
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
            "X does not let the operator's app look",
            doubt,
            unreadable(Rejected(XRejection::AppForbidden {
                detail: String::new(),
            })),
        ),
        (
            "X refused the look",
            doubt,
            unreadable(Rejected(XRejection::AccountSuspended)),
        ),
        (
            "X has not said which account it is",
            doubt,
            Event::UserUnknown,
        ),
        (
            "the owner has to sign in",
            doubt,
            Event::NoToken(TokenTrouble::SignInNeeded),
        ),
        (
            "the owner has signed in with another X account",
            doubt,
            Event::OtherAccount,
        ),
        (
            "the number was unlinked",
            doubt,
            Event::NoToken(TokenTrouble::NotLinked),
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
            command_failed(NotSent(Trouble::Connect)),
        ),
        (
            "nobody knows whether X carried a command out",
            command,
            command_failed(InDoubt(Trouble::Timeout)),
        ),
        (
            "X answered 401 to a command",
            command,
            command_failed(Unauthorized),
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
            "X does not let the operator's app carry a command out",
            command,
            command_failed(Rejected(XRejection::AppForbidden {
                detail: String::new(),
            })),
        ),
        (
            "X refused a command",
            command,
            command_failed(Rejected(XRejection::AccountSuspended)),
        ),
    ]
}

/// What happened, the state as the page shows it, and the event.
pub(super) fn reply_rows() -> Vec<(&'static str, ReplyState, reply::Event)> {
    use CallError::{InDoubt, NotSent, RateLimited, Rejected};
    use reply::Event as E;
    let until = Some(NOW + HOUR);
    let scope = LimitScope::App;
    let rejected = |why| E::CallFailed(Rejected(why));
    vec![
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
            "Twilio refused the request with an unknown code",
            ReplyState::Sending,
            rejected(TwilioRejection::Request(99_999)),
        ),
        (
            "the queue is paused, or the number got too many texts",
            ReplyState::Queued,
            E::Later(NOW + HOUR),
        ),
        (
            "its deadline passed before it could be sent",
            ReplyState::Queued,
            E::TooLate,
        ),
        (
            "the recipient had opted out before",
            ReplyState::Queued,
            E::OptedOut,
        ),
        (
            "an operator has blocked the number",
            ReplyState::Queued,
            E::Blocked,
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
    ]
}
