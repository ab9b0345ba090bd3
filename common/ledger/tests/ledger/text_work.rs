//! Work on texts in tests: claim, arm, settle.

use birdcall_domain::{
    clock::Timestamp,
    text::{Effect, MessageSid, Paused, Reason, Settlement, TextState},
};
use birdcall_ledger::{
    LedgerResult,
    lease::Lease,
    texts::{Arming, Claim, Settled, Text, TextOutcome},
};

use crate::{
    ledger::TestLedger,
    seen::SeenText,
    values::{CAROL, LEASE, claimant, done_with, ends, only, sid},
};

/// What a claim finds.
pub(crate) enum Found {
    Nothing,
    Blocked,
    Held(Box<Held>),
}

/// A text in hand.
#[derive(Debug)]
pub(crate) struct Held {
    /// The row as the claim found it.
    pub(crate) text: SeenText,
    /// Whether the worker before died during a call.
    pub(crate) died: bool,
    /// The pause of posting, if there is one.
    pub(crate) paused: Option<Paused>,
}

/// What a claim found, in a word.
pub(crate) fn word(found: &Found) -> &'static str {
    match found {
        Found::Nothing => "nothing",
        Found::Blocked => "blocked",
        Found::Held(_) => "held",
    }
}

impl TestLedger {
    /// Claims a text under the name `owner`.
    pub(crate) async fn claim(&self, number: u32, owner: &str, now: Timestamp) -> Found {
        let (sid, by) = (sid(number), claimant(owner, now));
        match self.ledger.claim_text(&sid, by).await.unwrap() {
            Claim::Nothing => Found::Nothing,
            Claim::Blocked => Found::Blocked,
            Claim::Held(claimed) => {
                let held = Held {
                    text: Text::clone(&claimed.lease).into(),
                    died: claimed.lease.progress.state == TextState::Publishing,
                    paused: claimed.paused,
                };
                let key = (sid, owner.to_owned());
                self.texts.lock().unwrap().insert(key, claimed.lease);
                Found::Held(Box::new(held))
            }
        }
    }

    /// Claims a text that nobody holds and nothing comes before.
    pub(crate) async fn hold(&self, number: u32, owner: &str, now: Timestamp) -> Box<Held> {
        match self.claim(number, owner, now).await {
            Found::Held(held) => held,
            other => panic!("text {number} cannot be claimed: {}", word(&other)),
        }
    }

    /// The lease that `owner` claimed.
    pub(crate) fn lease(&self, sid: &MessageSid, owner: &str) -> Lease<Text> {
        let texts = self.texts.lock().unwrap();
        let lease = texts.get(&(sid.clone(), owner.to_owned()));
        lease
            .unwrap_or_else(|| panic!("{owner} never claimed {sid}"))
            .clone()
    }

    /// Arms a text, and returns the number of the call; `None` when it was refused for any reason.
    pub(crate) async fn arm(&self, number: u32, owner: &str, now: Timestamp) -> Option<u32> {
        match self.try_to_arm(number, owner, now).await {
            Arming::Armed { attempt } => Some(attempt),
            _ => None,
        }
    }

    /// Arms a text, and returns how that went.
    pub(crate) async fn try_to_arm(&self, number: u32, owner: &str, now: Timestamp) -> Arming {
        let sid = sid(number);
        let mut lease = self.lease(&sid, owner);
        let armed = self
            .ledger
            .arm_text(&mut lease, "2244994945", LEASE, now)
            .await
            .unwrap();
        let key = (sid, owner.to_owned());
        self.texts.lock().unwrap().insert(key, lease);
        armed
    }

    /// Gives back the claim that `owner` made.
    pub(crate) async fn give_text_back(&self, number: u32, owner: &str, now: Timestamp) {
        let lease = self.lease(&sid(number), owner);
        self.ledger.give_back(&lease, now).await.unwrap();
    }

    /// Settles a text that was claimed; `false` when another worker settled it.
    pub(crate) async fn settle(
        &self,
        text: &SeenText,
        owner: &str,
        outcome: TextOutcome<'_>,
        now: Timestamp,
    ) -> LedgerResult<bool> {
        let lease = self.lease(&text.sid, owner);
        let settled = self.ledger.settle_text(&lease, &outcome, now).await?;
        assert_ne!(settled, Settled::EffectRefused);
        Ok(settled == Settled::Written)
    }

    /// Settles a text that was claimed, if that is possible.
    pub(crate) async fn try_to_settle(
        &self,
        number: u32,
        owner: &str,
        outcome: TextOutcome<'_>,
        now: Timestamp,
    ) -> Settled {
        let lease = self.lease(&sid(number), owner);
        let settled = self.ledger.settle_text(&lease, &outcome, now);
        settled.await.unwrap()
    }

    /// Claims a text and settles it without a call. If the settlement waits for a sign-in, the account
    /// is disconnected as well.
    pub(crate) async fn settle_as(&self, number: u32, settlement: &Settlement, now: Timestamp) {
        let held = self.hold(number, "worker", now).await;
        let account = self.account_of(&held.text.phone).await.unwrap();
        let outcome = TextOutcome {
            disconnect: account
                .as_ref()
                .filter(|_| settlement.reason == Some(Reason::SignIn))
                .map(|account| (account.id.as_str(), account.token_version)),
            ..only(settlement)
        };
        let settled = self.settle(&held.text, "worker", outcome, now);
        assert!(settled.await.unwrap());
    }

    /// Carries out a command whose only effect is this; `false` when the effect was refused. The
    /// command comes from a third phone, so it waits for no text of the others, and it leaves no job.
    pub(crate) async fn carry_out(&self, effect: Effect, now: Timestamp) -> bool {
        let texts = self.number("SELECT COUNT(*) FROM texts").await;
        let number = 1_000_000 + u32::try_from(texts).unwrap();
        self.command(number, CAROL).await;
        self.lose_jobs(number).await;
        self.hold(number, "commander", now).await;
        let settlement = done_with(effect);
        let settled = self.try_to_settle(number, "commander", only(&settlement), now);
        match settled.await {
            Settled::Written => true,
            Settled::EffectRefused => {
                let done = ends(TextState::Command);
                let done = self.try_to_settle(number, "commander", only(&done), now);
                assert_eq!(done.await, Settled::Written);
                false
            }
            Settled::LeaseLost => panic!("{number} is held by another worker"),
        }
    }
}
