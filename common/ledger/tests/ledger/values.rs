//! What tests are made of: moments, numbers, texts, settlements.

use std::time::Duration;

use birdcall_domain::{
    backoff::Backoff,
    clock::Timestamp,
    inbound::InboundText,
    phone::Phone,
    reply::{NewReply, Purpose},
    sign_up::DailyLimits,
    sms::Sms,
    text::{Effect, MessageSid, Reason, Settlement, TextState},
};
use birdcall_ledger::{
    accounts::SealedPair, fail_point::FailPoint, lease::Claimant, texts::TextOutcome, wake::Overdue,
};

/// When every test begins: a whole second.
pub(crate) const NOW: Timestamp = Timestamp(1_795_366_800_000);
/// How long a claim lasts.
pub(crate) const LEASE: Duration = Duration::from_secs(30);
/// How long a text is tried.
pub(crate) const HORIZON: Duration = Duration::from_secs(24 * 3600);
/// Delays of retries and pauses.
pub(crate) const BACKOFF: Backoff = Backoff {
    min: Duration::from_secs(10),
    max: Duration::from_secs(900),
};
/// Limits of a day that no test reaches by accident.
pub(crate) const DAILY: DailyLimits = DailyLimits {
    links_max: 1000,
    strangers_max: 1000,
};
/// What the sweep wakes.
pub(crate) const OVERDUE: Overdue = Overdue {
    grace: Duration::from_secs(5),
    again: Duration::from_secs(60),
    limit: 100,
};
/// Our number.
pub(crate) const SERVICE: &str = "+15550009999";
/// A phone.
pub(crate) const ALICE: &str = "+15551230001";
/// Another.
pub(crate) const BOB: &str = "+15551230002";
/// A third, whose commands wait for no text of the other two.
pub(crate) const CAROL: &str = "+15551239999";

/// This number of seconds.
pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Twilio's name for the `number`-th inbound text.
pub(crate) fn sid(number: u32) -> MessageSid {
    format!("SM{number:032x}").parse().unwrap()
}

/// The number as a phone.
pub(crate) fn phone(number: &str) -> Phone {
    number.parse().unwrap()
}

/// The `number`-th inbound text.
pub(crate) fn inbound(number: u32, from: &str, body: &str) -> InboundText {
    InboundText {
        sid: sid(number),
        from: from.to_owned(),
        to: SERVICE.to_owned(),
        body: body.to_owned(),
        num_media: 0,
        opt_out_type: None,
        missed: None,
    }
}

/// A worker that claims at `now`.
pub(crate) fn claimant(owner: &str, now: Timestamp) -> Claimant<'_> {
    Claimant {
        owner,
        lease: LEASE,
        now,
    }
}

/// A text's end, or rest.
pub(crate) fn ends(state: TextState) -> Settlement {
    Settlement {
        state,
        reason: None,
        next_attempt_at: None,
        deadline_at: NOW + HORIZON,
        failures: 0,
        deaths: 0,
        checks: 0,
        look_due_at: None,
        doubted: false,
        unauthorized: None,
        post_id: None,
        tell: None,
        effect: None,
        pause: None,
        needs_sign_in: false,
    }
}

/// A text's end on X.
pub(crate) fn publishes(post_id: &str) -> Settlement {
    Settlement {
        post_id: Some(post_id.to_owned()),
        ..ends(TextState::Published)
    }
}

/// A text that waits.
pub(crate) fn waits(reason: Reason, until: Timestamp) -> Settlement {
    Settlement {
        reason: Some(reason),
        next_attempt_at: Some(until),
        ..ends(TextState::Waiting)
    }
}

/// A text whose outcome is unknown and that is looked up at `at`.
pub(crate) fn doubts(at: Option<Timestamp>) -> Settlement {
    Settlement {
        next_attempt_at: at,
        doubted: true,
        ..ends(TextState::InDoubt)
    }
}

/// The end of a command that was carried out with this effect.
pub(crate) fn done_with(effect: Effect) -> Settlement {
    Settlement {
        effect: Some(effect),
        ..ends(TextState::Command)
    }
}

/// The settlement and nothing beside it.
pub(crate) fn only(settlement: &Settlement) -> TextOutcome<'_> {
    TextOutcome {
        heard: None,
        settlement,
        attempt: None,
        reply: None,
        backoff: BACKOFF,
        disconnect: None,
        fail_point: FailPoint::default(),
    }
}

/// A reply to write.
pub(crate) fn reply(id: &str, to: &str, body: &str) -> NewReply {
    NewReply {
        id: id.to_owned(),
        text_sid: None,
        phone: phone(to),
        purpose: Purpose::Final,
        sms: Sms::new(body.to_owned()),
        sign_in: None,
        daily: DAILY,
        deadline_at: NOW + HORIZON,
    }
}

/// A pair of tokens that is told apart by `mark` and is not refreshed by itself.
pub(crate) fn pair(mark: &str) -> SealedPair {
    SealedPair {
        access_token: format!("sealed-access-{mark}"),
        access_expires_at: NOW + seconds(7200),
        refresh_token: format!("sealed-refresh-{mark}"),
        refresh_expires_at: NOW + seconds(180 * 24 * 3600),
        refresh_due_at: None,
        scopes: Some("tweet.read tweet.write users.read offline.access".to_owned()),
    }
}
