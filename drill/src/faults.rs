//! Faults of the simulator. The seed decides which requests they hit.

use birdcall_sim::{Fault, FaultAction, Preset, Sim};
use serde_json::json;

use crate::{people::People, schedule::Burst};

/// X's answer comes long after the `CALL_TIMEOUT` of the drill.
const HANG: FaultAction = FaultAction::Delay { millis: 60_000 };

/// How often X refuses a post for good, if replays are to find some that were refused.
const REFUSED: f64 = 0.3;

/// Sets faults of every kind, each with a small probability. `refusing`: X refuses more posts than usual.
pub(crate) fn begin(sim: &Sim, refusing: bool) {
    let answer = |status| FaultAction::Answer {
        status,
        headers: Default::default(),
        body: Default::default(),
    };
    let answer_after = |status| FaultAction::AnswerAfter {
        status,
        body: Default::default(),
    };
    for (endpoint, action, probability) in [
        ("x.create_post", FaultAction::DropBefore, 0.02),
        ("x.create_post", FaultAction::DropAfter, 0.03),
        ("x.create_post", answer(503), 0.02),
        ("x.create_post", answer_after(500), 0.02),
        ("x.create_post", answer(401), 0.01),
        ("x.create_post", answer(403), 0.002),
        ("x.create_post", FaultAction::Delay { millis: 150 }, 0.10),
        ("x.timeline", answer(503), 0.05),
        ("x.timeline", FaultAction::DropBefore, 0.03),
        ("x.timeline", incomplete(), 0.05),
        ("x.token", answer(503), 0.05),
        ("x.token", FaultAction::DropBefore, 0.02),
        ("x.token", FaultAction::DropAfter, 0.02),
        ("twilio.create_message", FaultAction::DropBefore, 0.02),
        ("twilio.create_message", FaultAction::DropAfter, 0.03),
        ("twilio.create_message", answer(429), 0.02),
        ("twilio.create_message", answer_after(500), 0.02),
        ("twilio.list_messages", answer(503), 0.05),
        // Such a text is found in Twilio's list, and comes late.
        ("webhook.inbound", FaultAction::DropBefore, 0.02),
        ("webhook.inbound", FaultAction::Duplicate { times: 2 }, 0.05),
        ("webhook.status", FaultAction::Duplicate { times: 1 }, 0.05),
        ("webhook.status", FaultAction::Reorder, 0.05),
    ] {
        sim.fault(Fault::new(endpoint, action).with_probability(probability));
    }
    if refusing {
        sim.fault(Fault::new("x.create_post", refusal()).with_probability(REFUSED));
    }
}

/// X says no, and gives no reason.
fn refusal() -> FaultAction {
    FaultAction::Answer {
        status: 403,
        headers: Default::default(),
        body: json!({"title": "Forbidden", "type": "about:blank", "status": 403, "detail": "Forbidden"}),
    }
}

/// X answers 200, but could not read the posts.
fn incomplete() -> FaultAction {
    FaultAction::Answer {
        status: 200,
        headers: Default::default(),
        body: json!({"errors": [{
            "title": "Service Unavailable",
            "type": "https://api.x.com/2/problems/operational-disconnect",
            "detail": "The service is temporarily unable to complete the request.",
        }]}),
    }
}

/// Makes the simulated X and Twilio do what `burst` says. It does nothing for a burst that concerns
/// the operator or the database.
pub(crate) fn burst(sim: &Sim, burst: Burst, people: &People) {
    match burst {
        Burst::OutOfCredit => sim.fault(Fault::preset(Preset::XPaymentRequired).times(3)),
        Burst::XDown => sim.fault(Fault::preset(Preset::XUnavailable).times(10)),
        Burst::RateLimited => {
            let soon = ("x-rate-limit-reset".to_owned(), "+2".to_owned());
            let action = FaultAction::Answer {
                status: 429,
                headers: [soon].into(),
                body: Default::default(),
            };
            sim.fault(Fault::new("x.create_post", action).times(5));
        }
        Burst::TokensExpire => sim.expire_access_tokens(),
        Burst::TokenTrouble => {
            sim.expire_access_tokens();
            let nonsense = FaultAction::Answer {
                status: 200,
                headers: Default::default(),
                body: "<html>".into(),
            };
            for (action, times) in [
                (HANG, 4),
                (FaultAction::DropBefore, 4),
                (nonsense, 4),
                (FaultAction::DropAfter, 2),
            ] {
                sim.fault(Fault::new("x.token", action).times(times));
            }
        }
        Burst::FamilyRevoked { phone } => sim.revoke_user(&people.username(phone)),
        Burst::TwilioDown => sim.fault(Fault::preset(Preset::TwilioInternalError).times(5)),
        Burst::OperatorPauses | Burst::DatabaseTrouble => {}
    }
}

/// Clears all faults.
pub(crate) fn end(sim: &Sim) {
    sim.clear_faults();
}
