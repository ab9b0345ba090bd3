//! What a test or an operator may change while the simulator runs.

use crate::{
    faults::Fault,
    settings::Settings,
    sim::Sim,
    x::model::{User, UserOptions},
};

impl Sim {
    /// Changes the URL to which inbound texts are delivered, as Twilio's console does.
    pub fn set_webhook_url(&self, url: impl Into<String>) {
        self.with(|state| state.twilio.webhook_url = url.into());
    }

    /// Replaces the callbacks that are registered for the X app.
    pub fn set_redirect_uris(&self, uris: Vec<String>) {
        self.with(|state| state.x.redirect_uris = uris);
    }

    /// Changes the settings. The change applies to every later request.
    pub fn configure(&self, change: impl FnOnce(&mut Settings)) {
        self.with(|state| change(&mut state.settings));
    }

    /// Returns a copy of the current settings.
    #[must_use]
    pub fn settings(&self) -> Settings {
        self.with(|state| state.settings.clone())
    }

    /// Adds a fault after those that are already there.
    pub fn fault(&self, fault: Fault) {
        self.with(|state| state.faults.push(fault));
    }

    /// Removes all faults, including those with a count that is not used up.
    pub fn clear_faults(&self) {
        self.with(|state| state.faults.clear());
    }

    /// Removes the first fault that is the same, however often it still applies. `false`: there is none.
    pub fn remove_fault(&self, fault: &Fault) -> bool {
        let endless = |fault: &Fault| Fault {
            count: None,
            ..fault.clone()
        };
        let wanted = endless(fault);
        self.with(|state| {
            let place = state.faults.iter().position(|one| endless(one) == wanted);
            place.map(|place| state.faults.remove(place)).is_some()
        })
    }

    /// Removes the app from a user's account at X. The user's access tokens are then refused with
    /// 401 and the refresh tokens with 400.
    pub fn revoke_user(&self, username: &str) {
        self.with(|state| state.x.revoke_user(username));
    }

    /// The number of permissions that a user has given to apps and that are not revoked.
    #[must_use]
    pub fn grants_in_force(&self, username: &str) -> usize {
        self.with(|state| state.x.grants_in_force(username))
    }

    /// The number of times that a refresh token of a user was refused.
    #[must_use]
    pub fn refused_refreshes(&self, username: &str) -> u64 {
        self.with(|state| state.x.refused_refreshes(username))
    }

    /// Expires every access token now. Refresh tokens remain valid.
    pub fn expire_access_tokens(&self) {
        self.with(|state| state.x.access_tokens.clear());
    }

    /// Returns the user with this handle. The first use of a handle creates the user.
    #[must_use]
    pub fn user(&self, username: &str) -> User {
        self.with(|state| state.x.user_named(username).clone())
    }

    /// Changes whether a user is suspended, locked or subscribed to Premium.
    pub fn set_user(&self, username: &str, options: UserOptions) {
        self.with(|state| state.x.user_named(username).options = options);
    }
}
