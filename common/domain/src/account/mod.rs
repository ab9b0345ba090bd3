//! A linked number, and the life of its tokens.

mod refresh;
mod tokens;

pub use refresh::{RefreshFailure, RefreshSettlement, settle_refresh};
pub use tokens::{
    ACCESS_TOKEN_REMAINDER_MIN, Need, REFRESH_TOKEN_LIFE, TokenStanding, TokenStep, TokenTrouble,
    next_step, refresh_due,
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
