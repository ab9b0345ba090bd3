//! X answered 401. Nobody is signed out for that (X answered 401 to everybody for hours on
//! 2026-06-30): the token is refreshed once, and after that it is an outage.

use super::Settling;
use crate::text::{Reason, Settlement, TextState, Unauthorized};

/// After the first 401, the token is refreshed at each failure whose number is a multiple of this.
const FAILURES_PER_REFRESH: u32 = 4;

impl Settling<'_> {
    /// The first of several 401s in a row: refresh the token and try again at once. `None`: it is not
    /// the first.
    pub(super) fn refresh_first(&self, token_version: i64) -> Option<Settlement> {
        let once = self.text.unauthorized.is_none();
        once.then(|| Settlement {
            unauthorized: Some(Unauthorized::first(token_version, self.now)),
            ..self.again(self.now)
        })
    }

    /// A later one of several 401s in a row. If X refused the same token again, its refusals are
    /// counted together. A newer token may be dead as well, so it is refreshed now and then; not each
    /// time, because every refresh during an outage is a chance to lose the pair.
    pub(super) fn refresh_now_and_then(&self, token_version: i64, later: Settlement) -> Settlement {
        if later.next_attempt_at.is_none() {
            return later;
        }
        let unauthorized = match self.text.unauthorized {
            Some(same) if same.version == token_version => {
                return self.refused_again(same, later);
            }
            _ if later.failures.is_multiple_of(FAILURES_PER_REFRESH) => {
                Some(Unauthorized::first(token_version, self.now))
            }
            before => before,
        };
        Settlement {
            unauthorized,
            ..later
        }
    }

    /// X refused the same token again. Once that has gone on for `REFUSED_TOKEN_PAUSE`, the token is
    /// over, and one try comes at once: then a refresh token in doubt is presented.
    fn refused_again(&self, same: Unauthorized, later: Settlement) -> Settlement {
        let pause = self.policy.refused_token_pause;
        let over_now = same.last.since(same.since) < pause && self.now.since(same.since) >= pause;
        Settlement {
            unauthorized: Some(Unauthorized {
                last: self.now,
                ..same
            }),
            next_attempt_at: later.next_attempt_at.map(|at| match over_now {
                true => self.now,
                false => at,
            }),
            ..later
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
