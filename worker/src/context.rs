//! The resources of every handler.

use std::sync::Arc;

use birdcall_common::{config::Config, vault::Vault};
use birdcall_domain::{
    authorization::SignInFailure,
    clock::{SharedClock, SystemClock, Timestamp},
    phone::Phone,
    random::{SharedRandom, SystemRandom},
    reply::{Sentence, Words},
};
use birdcall_ledger::{Ledger, LedgerResult, lease::Claimant};
use birdcall_vendors::{twilio::TwilioClient, x::XClient};
use tokio::sync::Mutex;

/// The resources of every handler.
#[derive(Debug)]
pub struct Context {
    /// The ledger.
    pub ledger: Ledger,
    /// X.
    pub x: XClient,
    /// Twilio.
    pub twilio: TwilioClient,
    /// Seals tokens and signs links.
    pub vault: Vault,
    /// The time.
    pub clock: SharedClock,
    /// Chance.
    pub random: SharedRandom,
    /// Settings.
    pub config: Config,
    /// The unique name of this process.
    pub name: String,
    /// Held while a question about readiness is answered.
    pub(crate) asked_if_ready: Mutex<()>,
}

impl Context {
    /// A context with the machine's clock and randomness.
    #[must_use]
    pub fn new(config: Config, ledger: Ledger) -> Arc<Self> {
        Self::with(
            config,
            ledger,
            Arc::new(SystemClock),
            Arc::new(SystemRandom),
        )
    }

    /// A context with the caller's clock and randomness.
    #[must_use]
    pub fn with(
        config: Config,
        ledger: Ledger,
        clock: SharedClock,
        random: SharedRandom,
    ) -> Arc<Self> {
        let limits = config.limits.http;
        Arc::new(Self {
            ledger,
            x: XClient::new(&config.x, &config.public_url, limits, Arc::clone(&clock)),
            twilio: TwilioClient::new(&config.twilio, limits, Arc::clone(&clock)),
            vault: Vault::new(config.secret_keys.clone(), Arc::clone(&random)),
            name: format!("{}-{}", std::process::id(), random.token(6)),
            asked_if_ready: Mutex::new(()),
            clock,
            random,
            config,
        })
    }

    /// The current time. A handler reads it once for each step and passes it on as a value.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A name for one claim. No two claims ever share a name.
    #[must_use]
    pub fn claim_name(&self) -> String {
        format!("{}/{}", self.name, self.random.token(9))
    }

    /// The claimant of a claim by `owner` at `now`.
    #[must_use]
    pub fn claimant<'a>(&self, owner: &'a str, now: Timestamp) -> Claimant<'a> {
        Claimant {
            owner,
            lease: self.config.limits.lease,
            now,
        }
    }

    /// Tells a phone that its sign-in failed, once.
    pub(crate) async fn tell_sign_in_failed(
        &self,
        state_hash: &str,
        phone: &Phone,
        why: SignInFailure,
    ) -> LedgerResult<()> {
        let now = self.now();
        let id = format!("sign_in:{state_hash}");
        let (sentence, words) = (Sentence::SignInFailed(why), Words::default());
        let writer = self.config.limits.reply_writer();
        let reply = writer.write(id, None, phone, &sentence, words, now);
        self.ledger.add_reply(&reply, now).await?;
        Ok(())
    }

    /// The sign-in link that is issued to a number at a moment. It is the same whenever it is made.
    #[must_use]
    pub fn sign_in_link(&self, phone: &Phone, issued_at: Timestamp) -> String {
        let token = self.vault.link_token(phone, issued_at);
        birdcall_common::link::sign_in_link(&self.config.public_url, phone, &token)
    }
}
