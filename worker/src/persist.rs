//! The outcome of a call exists nowhere else until it is written, so a database that is away for a
//! while must not turn "posted" into "unknown".

use std::time::Duration;

use birdcall_domain::clock::Timestamp;
use birdcall_ledger::LedgerError;

use crate::context::Context;

/// The time between two tries.
const TRY_AGAIN: Duration = Duration::from_millis(250);

/// The time that an outcome waits for the database: `OUTCOME_TIMEOUT` from now.
pub(crate) struct Patience<'a> {
    context: &'a Context,
    until: Timestamp,
}

impl<'a> Patience<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self {
            context,
            until: context.now() + context.config.limits.outcome_timeout,
        }
    }

    /// Decides whether to try again, and rests for a moment if so.
    pub(crate) async fn holds(&self, what: &'static str, error: &LedgerError) -> bool {
        let waiting_helps =
            matches!(error, LedgerError::Unavailable(_)) && !error.is_about_the_rows();
        let holds = waiting_helps && self.context.now() < self.until;
        if holds {
            tracing::warn!(%error, what, "an outcome waits for the database");
            tokio::time::sleep(TRY_AGAIN).await;
        }
        holds
    }
}

/// Evaluates a write again and again while the database is away and patience lasts.
macro_rules! persist {
    ($context:expr, $what:literal, $write:expr) => {{
        let patience = $crate::persist::Patience::new($context);
        loop {
            match $write.await {
                Err(error) if patience.holds($what, &error).await => {}
                done => break done,
            }
        }
    }};
}

pub(crate) use persist;
