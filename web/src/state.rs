//! What every request handler has at hand.

use std::sync::Arc;

use birdcall_common::{config::Config, vault::Vault};
use birdcall_domain::reply::NewReply;
use birdcall_domain::{
    clock::{SharedClock, SystemClock, Timestamp},
    phone::Phone,
    random::{SharedRandom, SystemRandom},
    reply::{Sentence, Words},
};
use birdcall_ledger::inbox::Inbox;
use birdcall_ledger::{Ledger, LedgerResult};
use birdcall_vendors::x::XClient;

/// What every request handler has at hand.
#[derive(Debug)]
pub struct App {
    /// The ledger.
    pub ledger: Ledger,
    /// Takes inbound texts in.
    pub inbox: Inbox,
    /// X.
    pub x: XClient,
    /// Seals tokens, checks links.
    pub vault: Vault,
    /// The time.
    pub clock: SharedClock,
    /// Chance.
    pub random: SharedRandom,
    /// Settings.
    pub config: Config,
}

impl App {
    /// With the machine's clock and randomness.
    #[must_use]
    pub fn new(config: Config, ledger: Ledger) -> Arc<Self> {
        Self::with(
            config,
            ledger,
            Arc::new(SystemClock),
            Arc::new(SystemRandom),
        )
    }

    /// With a clock and randomness of the caller's.
    #[must_use]
    pub fn with(
        config: Config,
        ledger: Ledger,
        clock: SharedClock,
        random: SharedRandom,
    ) -> Arc<Self> {
        let limits = &config.limits;
        Arc::new(Self {
            inbox: Inbox::open(&ledger, Arc::clone(&clock), config.door_policy()),
            ledger,
            x: XClient::new(
                &config.x,
                &config.public_url,
                limits.http,
                Arc::clone(&clock),
            ),
            vault: Vault::new(config.secret_keys.clone(), Arc::clone(&random)),
            clock,
            random,
            config,
        })
    }

    /// Now. Read once per request and passed on as a value.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A text about a sign-in; `id` names what it is about.
    pub(crate) fn sign_in_reply(
        &self,
        id: String,
        phone: &Phone,
        sentence: &Sentence,
        now: Timestamp,
    ) -> NewReply {
        let writer = self.config.limits.reply_writer();
        writer.write(id, None, phone, sentence, Words::default(), now)
    }

    /// Texts a phone about a sign-in.
    pub(crate) async fn tell(
        &self,
        id: String,
        phone: &Phone,
        sentence: &Sentence,
        now: Timestamp,
    ) -> LedgerResult<()> {
        let reply = self.sign_in_reply(id, phone, sentence, now);
        self.ledger.add_reply(&reply, now).await?;
        Ok(())
    }
}
