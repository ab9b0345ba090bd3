//! A linked number, and the life of its tokens.

mod refresh;
mod revocation;
mod tokens;

pub use refresh::{Presented, RefreshFailure, RefreshSettlement, settle_refresh};
pub use revocation::{Revocation, RevocationProgress, RevocationSettlement, settle_revocation};
pub use tokens::{
    ACCESS_TOKEN_REMAINDER_MIN, Need, REFRESH_TOKEN_LIFE, RefreshToken, TokenStanding, TokenStep,
    TokenTrouble, next_step, refresh_due,
};

use crate::words::words;

words! {
    /// Whether posts can be made for a number.
    pub enum AccountState {
        /// Birdcall holds tokens that X accepts, as far as is known.
        Active = "active",
        /// X no longer accepts the tokens: the owner has to sign in again.
        NeedsSignIn = "needs_sign_in",
    }
}
