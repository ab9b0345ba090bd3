//! `persist!` repeats a write while the database is away: the outcome of a call exists nowhere else
//! until it is written, and a database in trouble must not turn "posted" into "unknown".

use std::time::Duration;

use birdcall_domain::clock::Timestamp;
use birdcall_ledger::LedgerError;

use crate::context::Context;

/// The time between two tries.
const TRY_AGAIN: Duration = Duration::from_millis(250);

/// The time that an outcome waits for the database: `OUTCOME_TIMEOUT` from now.
pub(crate) struct OutcomePatience<'a> {
    context: &'a Context,
    until: Timestamp,
}

impl<'a> OutcomePatience<'a> {
    pub(crate) fn new(context: &'a Context) -> Self {
        Self {
            context,
            until: context.now() + context.config.limits.outcome_timeout,
        }
    }

    /// Decides whether to try again, and rests for a moment if so.
    pub(crate) async fn rest_before_retry(&self, what: &'static str, error: &LedgerError) -> bool {
        let waiting_helps =
            matches!(error, LedgerError::Unavailable(_)) && !error.is_about_the_rows();
        let retries = waiting_helps && self.context.now() < self.until;
        if retries {
            tracing::warn!(%error, what, "an outcome waits for the database");
            tokio::time::sleep(TRY_AGAIN).await;
        }
        retries
    }
}

/// Evaluates a write again and again while the database is away and patience lasts.
macro_rules! persist {
    ($context:expr, $what:literal, $write:expr) => {{
        let patience = $crate::persist::OutcomePatience::new($context);
        loop {
            match $write.await {
                Err(error) if patience.rest_before_retry($what, &error).await => {}
                done => break done,
            }
        }
    }};
}

pub(crate) use persist;
