//! Work on replies in tests: write, claim, settle.

use std::time::Duration;

use birdcall_domain::{
    clock::Timestamp,
    reply::{Event, ReplyState, Settlement, Step, Throttle},
};
use birdcall_ledger::{
    lease::Lease,
    replies::{Reply, ReplyLimits},
};

use crate::{
    ledger::TestLedger,
    values::{claimant, reply},
};

/// At most ten texts go to one number in half a minute, and five workers may die with a reply.
pub(crate) const PATIENCE: ReplyLimits = ReplyLimits {
    throttle: Throttle {
        max: 10,
        window: Duration::from_secs(30),
    },
    claims_max: 5,
};

/// What a claim found, in a word.
pub(crate) fn word(found: Option<&Step>) -> &'static str {
    match found {
        None => "nothing",
        Some(Step::Send) => "send",
        Some(Step::LookUp) => "look up",
        Some(Step::Settle(Event::Died)) => "died",
        Some(Step::Settle(Event::OptedOut)) => "opted out",
        Some(Step::Settle(Event::Blocked)) => "blocked",
        Some(Step::Settle(Event::Later(_))) => "later",
        Some(Step::Settle(Event::Poison)) => "poison",
        Some(Step::Settle(other)) => panic!("no claim finds {other:?}"),
    }
}

/// What became of a reply.
pub(crate) fn became(state: ReplyState, next_attempt_at: Option<Timestamp>) -> Settlement {
    Settlement {
        state,
        next_attempt_at,
        failures: 0,
        checks: 0,
        twilio_sid: None,
        error: None,
        error_code: None,
        opted_out: false,
        pause: None,
    }
}

/// Twilio accepted the reply.
pub(crate) fn sent(twilio_sid: &str) -> Settlement {
    Settlement {
        twilio_sid: Some(twilio_sid.to_owned()),
        ..became(ReplyState::Sent, None)
    }
}

impl TestLedger {
    /// Writes a reply.
    pub(crate) async fn add(&self, id: &str, to: &str, now: Timestamp) {
        let reply = reply(id, to, "hi");
        assert!(self.ledger.add_reply(&reply, now).await.unwrap());
    }

    /// Claims a reply; `None` when there is nothing to do.
    pub(crate) async fn find_step(&self, id: &str, owner: &str, now: Timestamp) -> Option<Step> {
        let claimed = self.ledger.claim_reply(id, claimant(owner, now), PATIENCE);
        let claimed = claimed.await.unwrap()?;
        let key = (id.to_owned(), owner.to_owned());
        self.replies.lock().unwrap().insert(key, claimed.lease);
        Some(claimed.step)
    }

    /// Claims a reply, and tells in a word what is done with it.
    pub(crate) async fn claim_reply(&self, id: &str, owner: &str, now: Timestamp) -> &'static str {
        word(self.find_step(id, owner, now).await.as_ref())
    }

    /// Claims a reply that waits for a moment, and returns the moment.
    pub(crate) async fn claim_later(&self, id: &str, owner: &str, now: Timestamp) -> Timestamp {
        match self.find_step(id, owner, now).await {
            Some(Step::Settle(Event::Later(at))) => at,
            other => panic!("{id} does not wait: {}", word(other.as_ref())),
        }
    }

    /// Claims a reply that is sent now.
    pub(crate) async fn arm_reply(&self, id: &str, owner: &str, now: Timestamp) {
        assert_eq!(self.claim_reply(id, owner, now).await, "send", "{id}");
    }

    /// The lease that `owner` claimed.
    pub(crate) fn reply_lease(&self, id: &str, owner: &str) -> Lease<Reply> {
        let replies = self.replies.lock().unwrap();
        let lease = replies.get(&(id.to_owned(), owner.to_owned()));
        lease
            .unwrap_or_else(|| panic!("{owner} never claimed {id}"))
            .clone()
    }

    /// Gives a claim back.
    pub(crate) async fn give_reply_back(&self, id: &str, owner: &str, now: Timestamp) {
        let lease = self.reply_lease(id, owner);
        self.ledger.give_back(&lease, now).await.unwrap();
    }

    /// Settles a reply that was claimed; `false` when something else settled it.
    pub(crate) async fn settle_reply(
        &self,
        id: &str,
        owner: &str,
        settlement: &Settlement,
        now: Timestamp,
    ) -> bool {
        let lease = self.reply_lease(id, owner);
        let settled = self.ledger.settle_reply(&lease, settlement, now);
        settled.await.unwrap()
    }
}
