//! What is known of the whole service at one moment, read from a few rows of indexes each.

mod facts;
mod figures;
mod happenings;
mod spenders;
pub(crate) mod sql;

use birdcall_domain::{clock::Timestamp, overview::Facts};

use crate::{Ledger, LedgerResult, queue::QueueLevel};

pub use figures::{Bucket, Cause, Outcomes, POSTS_COUNTED_MAX, Percentiles, Speed};
pub use spenders::Spenders;

/// Everything that the top of the console and `birdcall status` show.
#[derive(Clone, Debug)]
pub struct Overview {
    /// By what it is judged whether something is wrong.
    pub facts: Facts,
    /// How full each queue is, and the age of its oldest job.
    pub queues: Vec<QueueLevel>,
    /// How long texts take.
    pub speed: Speed,
    /// Why texts of the last day were refused or failed, the most frequent cause first.
    pub causes: Vec<Cause>,
    /// The posts of this day in UTC: texts that were received since it began, and are on X.
    pub posts_today: u64,
    /// The same for this month.
    pub posts_this_month: u64,
}

impl Ledger {
    /// What became of the texts of the last hour, minute by minute.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn last_hour(&self, now: Timestamp) -> LedgerResult<Outcomes> {
        let from = now - figures::HOUR;
        self.outcomes(from, figures::MINUTE, now).await
    }

    /// Everything at once.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn overview(&self, now: Timestamp) -> LedgerResult<Overview> {
        Ok(Overview {
            facts: self.facts(now).await?,
            queues: self.queue_levels(now).await?,
            speed: self.speed().await?,
            causes: self.causes(now - figures::DAY).await?,
            posts_today: self.posts_since(now.beginning_of_day()).await?,
            posts_this_month: self.posts_since(now.beginning_of_month()).await?,
        })
    }
}
