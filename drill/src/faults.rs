//! Faults of every kind, each with a probability that the seed decides.

use birdcall_sim::{Fault, FaultAction, Preset, Sim};

/// Lets everything go wrong now and then.
pub(crate) fn begin(sim: &Sim) {
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
        ("x.create_post", FaultAction::Delay { millis: 150 }, 0.10),
        ("x.timeline", answer(503), 0.05),
        ("x.timeline", FaultAction::DropBefore, 0.03),
        ("x.token", answer(503), 0.05),
        ("x.token", FaultAction::DropBefore, 0.02),
        ("x.token", FaultAction::DropAfter, 0.02),
        ("twilio.create_message", FaultAction::DropBefore, 0.02),
        ("twilio.create_message", FaultAction::DropAfter, 0.03),
        ("twilio.create_message", answer(429), 0.02),
        ("twilio.create_message", answer_after(500), 0.02),
        ("twilio.list_messages", answer(503), 0.05),
        ("webhook.inbound", FaultAction::Duplicate { times: 2 }, 0.05),
        ("webhook.status", FaultAction::Duplicate { times: 1 }, 0.05),
        ("webhook.status", FaultAction::Reorder, 0.05),
    ] {
        sim.fault(Fault::new(endpoint, action).with_probability(probability));
    }
}

/// A stretch of one trouble, on top of the rest.
pub(crate) fn burst(sim: &Sim, which: usize) {
    match which % 4 {
        0 => sim.fault(Fault::preset(Preset::XPaymentRequired).times(3)),
        1 => sim.fault(Fault::preset(Preset::XUnavailable).times(10)),
        // Everybody's token is refreshed at once.
        2 => sim.expire_access_tokens(),
        _ => sim.fault(Fault::preset(Preset::TwilioInternalError).times(5)),
    }
}

/// Calm returns.
pub(crate) fn end(sim: &Sim) {
    sim.clear_faults();
}
