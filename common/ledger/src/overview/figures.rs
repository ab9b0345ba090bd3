//! The figures: what became of the texts of a span, how long they took, and why some failed.

use std::time::Duration;

use birdcall_domain::{
    clock::Timestamp,
    text::{Reason, TextState},
};
use serde::Serialize;
use sqlx::AssertSqlSafe;

use super::sql;
use crate::{
    Ledger, LedgerResult,
    stored::{known, known_if_any},
    transaction::{fetch_all, fetch_optional},
};

pub(super) const MINUTE: Duration = Duration::from_secs(60);
pub(super) const HOUR: Duration = Duration::from_secs(3600);
pub(super) const DAY: Duration = Duration::from_secs(24 * 3600);
/// Posts of a month are counted up to this many.
pub const POSTS_COUNTED_MAX: u64 = 100_000;
/// Texts whose times are compared, the newest ones.
const TIMED_MAX: i64 = 1000;

/// What became of the texts that were received in a part of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// The beginning of the part.
    pub from: Timestamp,
    /// How many texts of it are in each state that any is in.
    pub counts: Vec<(TextState, u64)>,
}

impl Bucket {
    /// How many texts were received.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.counts.iter().map(|(_, count)| count).sum()
    }
}

/// What became of the texts of a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcomes {
    /// The length of each part.
    pub width: Duration,
    /// The parts, first to last; also those without a text.
    pub buckets: Vec<Bucket>,
}

impl Outcomes {
    /// How many texts of the span are in this state.
    #[must_use]
    pub fn in_state(&self, state: TextState) -> u64 {
        let counts = self.buckets.iter().flat_map(|bucket| &bucket.counts);
        let counts = counts.filter(|(counted, _)| *counted == state);
        counts.map(|(_, count)| count).sum()
    }

    /// How many texts the span has.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.buckets.iter().map(Bucket::total).sum()
    }
}

/// The middle and the slow end of some lengths of time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Percentiles {
    /// Half were not slower.
    pub p50: Duration,
    /// 95 of 100 were not slower.
    pub p95: Duration,
    /// How many were compared.
    pub of: usize,
}

impl Percentiles {
    fn of(mut lengths: Vec<Duration>) -> Option<Self> {
        lengths.sort_unstable();
        let at = |percent: usize| {
            let rank = (lengths.len() * percent).div_ceil(100).max(1);
            lengths.get(rank - 1).copied()
        };
        Some(Self {
            p50: at(50)?,
            p95: at(95)?,
            of: lengths.len(),
        })
    }
}

/// How long the newest texts took.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Speed {
    /// From the text to the post.
    pub to_post: Option<Percentiles>,
    /// From the text to the delivery of the reply that says so.
    pub to_confirmation: Option<Percentiles>,
}

/// Why texts ended without a post.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cause {
    /// How they ended.
    pub state: TextState,
    /// Why.
    pub reason: Option<Reason>,
    /// How many.
    pub count: u64,
}

impl Ledger {
    /// What became of the texts that were received from `from` until now, in parts of `width`. It reads
    /// an entry of an index for each text.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn outcomes(
        &self,
        from: Timestamp,
        width: Duration,
        now: Timestamp,
    ) -> LedgerResult<Outcomes> {
        let parts = now.since(from).as_millis() / width.as_millis().max(1) + 1;
        let parts = u32::try_from(parts).unwrap_or(u32::MAX);
        // A text may be newer than `now`, if another process's clock is ahead.
        let end = Timestamp(i64::MAX);
        self.outcomes_until(from, width, parts, end).await
    }

    /// The same for a number of parts. The last one ends at `end`, and only there.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn outcomes_until(
        &self,
        from: Timestamp,
        width: Duration,
        parts: u32,
        end: Timestamp,
    ) -> LedgerResult<Outcomes> {
        let mut buckets: Vec<Bucket> = (0..parts)
            .map(|part| Bucket {
                from: from + width * part,
                counts: Vec::new(),
            })
            .collect();
        let mut tx = self.read("outcomes").await?;
        let sql = AssertSqlSafe(sql::outcomes());
        let millis = i64::try_from(width.as_millis()).unwrap_or(i64::MAX);
        let parts = i64::from(parts);
        let rows = fetch_all!(tx, (String, i64, i64), sql, from.0, millis, parts, end.0)?;
        for (state, part, count) in rows.into_iter().filter(|(.., count)| *count > 0) {
            let state = known("texts.state", &state, TextState::parse)?;
            let bucket = usize::try_from(part)
                .ok()
                .and_then(|part| buckets.get_mut(part));
            if let Some(bucket) = bucket {
                let count = u64::try_from(count).unwrap_or(0);
                bucket.counts.push((state, count));
            }
        }
        Ok(Outcomes { width, buckets })
    }

    /// How long the newest 1,000 posts took.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn speed(&self) -> LedgerResult<Speed> {
        let mut tx = self.read("speed").await?;
        let rows = fetch_all!(tx, (i64, Option<i64>, Option<i64>), sql::SPEED, TIMED_MAX)?;
        let since = |received: i64, at: i64| Timestamp(at).since(Timestamp(received));
        let posted = rows.iter();
        let posted = posted.filter_map(|(received, at, _)| Some(since(*received, (*at)?)));
        let told = rows.iter();
        let told = told.filter_map(|(received, _, at)| Some(since(*received, (*at)?)));
        Ok(Speed {
            to_post: Percentiles::of(posted.collect()),
            to_confirmation: Percentiles::of(told.collect()),
        })
    }

    /// Why texts that were received since then failed or were refused, the most frequent cause first.
    /// The newest 10,000 of each are counted.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn causes(&self, since: Timestamp) -> LedgerResult<Vec<Cause>> {
        let mut tx = self.read("causes").await?;
        let sql = AssertSqlSafe(sql::causes());
        let rows = fetch_all!(tx, (String, Option<String>, i64), sql, since.0)?;
        let causes = rows.into_iter().map(|(state, reason, count)| {
            Ok(Cause {
                state: known("texts.state", &state, TextState::parse)?,
                reason: known_if_any("texts.reason", reason.as_deref(), Reason::parse)?,
                count: u64::try_from(count).unwrap_or(0),
            })
        });
        causes.collect()
    }

    /// How many texts that were received since then are on X: at most
    /// [`POSTS_COUNTED_MAX`] are counted.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn posts_since(&self, since: Timestamp) -> LedgerResult<u64> {
        let mut tx = self.read("posts_since").await?;
        let max = i64::try_from(POSTS_COUNTED_MAX).unwrap_or(i64::MAX);
        let row = fetch_optional!(tx, (i64,), sql::POSTS, since.0, max)?;
        Ok(row.map_or(0, |(posts,)| u64::try_from(posts).unwrap_or(0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_middle_and_the_slow_end_are_lengths_that_occurred() {
        let seconds = |seconds: u64| Duration::from_secs(seconds);
        assert_eq!(Percentiles::of(Vec::new()), None);
        for (lengths, p50, p95) in [
            (vec![7], 7, 7),
            (vec![3, 1], 1, 3),
            ((1..=100).collect(), 50, 95),
            ((1..=20).rev().collect(), 10, 19),
        ] {
            let of = Percentiles::of(lengths.into_iter().map(seconds).collect()).unwrap();
            assert_eq!((of.p50, of.p95), (seconds(p50), seconds(p95)));
        }
    }
}
