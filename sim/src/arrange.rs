//! What a test may change while the simulator runs.

use crate::{
    faults::Fault,
    settings::Settings,
    sim::Sim,
    x::model::{User, UserOptions},
};

impl Sim {
    /// Sets where inbound texts go.
    pub fn set_webhook_url(&self, url: impl Into<String>) {
        self.with(|state| state.twilio.webhook_url = url.into());
    }

    /// Sets the registered callbacks.
    pub fn set_redirect_uris(&self, uris: Vec<String>) {
        self.with(|state| state.x.redirect_uris = uris);
    }

    /// Changes what can be changed while running.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        self.with(|state| change(&mut state.settings));
    }

    /// The current settings.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.with(|state| state.settings.clone())
    }

    /// Adds a fault.
    pub fn fault(&self, fault: Fault) {
        self.with(|state| state.faults.push(fault));
    }

    /// Removes all faults.
    pub fn clear_faults(&self) {
        self.with(|state| state.faults.clear());
    }

    /// The user removes the app at X: access tokens get 401, refresh tokens 400.
    pub fn revoke_user(&self, username: &str) {
        self.with(|state| state.x.revoke_user(username));
    }

    /// Every access token ends now; refresh tokens stay.
    pub fn expire_access_tokens(&self) {
        self.with(|state| state.x.access_tokens.clear());
    }

    /// The user of that name, created on first use.
    #[must_use]
    pub fn user(&self, username: &str) -> User {
        self.with(|state| state.x.user_named(username).clone())
    }

    /// Changes what X thinks of a user.
    pub fn set_user(&self, username: &str, options: UserOptions) {
        self.with(|state| state.x.user_named(username).options = options);
    }
}
