//! Which texts a list has.

use birdcall_domain::{
    clock::Timestamp,
    phone::Phone,
    search::Place,
    text::{Reason, TextState},
};

/// Which texts to list: those that meet every part.
#[derive(Clone, Debug)]
pub struct TextFilter {
    /// From this phone only.
    pub phone: Option<Phone>,
    /// In this state only.
    pub state: Option<TextState>,
    /// With this reason only.
    pub reason: Option<Reason>,
    /// With these words in the error of the last attempt, in any case.
    pub error: Option<String>,
    /// Received at or after this.
    pub since: Timestamp,
    /// Received before this.
    pub until: Timestamp,
    /// With these words in the body, in any case.
    pub contains: Option<String>,
    /// Only those that the list has after this place: the next page.
    pub after: Option<Place>,
    /// At most this many.
    pub limit: i64,
    /// This many texts are looked at, the newest ones, to find words or to count.
    pub look_at: i64,
}

/// The default of [`TextFilter::look_at`]: looking at this many texts takes some hundredths of a
/// second.
pub const LOOK_AT: i64 = 10_000;

impl Default for TextFilter {
    /// The 100 newest texts.
    fn default() -> Self {
        Self {
            phone: None,
            state: None,
            reason: None,
            error: None,
            since: Timestamp(0),
            until: Timestamp(i64::MAX),
            contains: None,
            after: None,
            limit: 100,
            look_at: LOOK_AT,
        }
    }
}

impl TextFilter {
    /// Whether each of the texts that an index leads to has to be looked at. Then only the newest
    /// [`TextFilter::look_at`] of them are.
    #[must_use]
    pub fn is_sifted(&self) -> bool {
        let reason = self.reason.is_some() && self.phone.is_some();
        reason || self.contains.is_some() || self.error.is_some()
    }
}
