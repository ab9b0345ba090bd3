//! X answered 401. Nobody is signed out for that (X answered 401 to everybody for hours on
//! 2026-06-30): the token is refreshed once, and after that it is an outage.

use super::Settling;
use crate::text::{Reason, Settlement, TextState};

/// After the first 401, the token is refreshed at each failure whose number is a multiple of this.
const FAILURES_PER_REFRESH: u32 = 4;

impl Settling<'_> {
    /// The first of several 401s in a row: refresh the token and try again at once. `None`: it is not
    /// the first.
    pub(super) fn refresh_first(&self, token_version: i64) -> Option<Settlement> {
        let once = self.text.unauthorized_version.is_none();
        once.then(|| Settlement {
            unauthorized_version: Some(token_version),
            ..self.again(self.now)
        })
    }

    /// A later one of several 401s in a row. The newer token may be dead as well, so it is refreshed
    /// now and then; not each time, because every refresh during an outage is a chance to lose the
    /// pair.
    pub(super) fn refresh_now_and_then(&self, token_version: i64, later: Settlement) -> Settlement {
        match later.failures.is_multiple_of(FAILURES_PER_REFRESH) && later.next_attempt_at.is_some()
        {
            true => Settlement {
                unauthorized_version: Some(token_version),
                ..later
            },
            false => later,
        }
    }

    pub(super) fn unauthorized(&self, token_version: i64) -> Settlement {
        match self.refresh_first(token_version) {
            Some(first) => Settlement {
                state: TextState::Received,
                reason: None,
                ..first
            },
            None => self.refresh_now_and_then(token_version, self.retry(Reason::Outage)),
        }
    }
}
