//! What became of the texts of the last week, counted by quarters of an hour. Counting a week of texts takes
//! some tenths of a second, so what is older than an hour is kept here, and counted again a little at a time.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use birdcall_domain::{clock::Timestamp, text::TextState};
use birdcall_ledger::{
    Ledger, LedgerResult,
    overview::{Bucket, Outcomes},
};

/// The length of a part.
const PART: Duration = Duration::from_secs(15 * 60);
const PART_MILLIS: i64 = 15 * 60 * 1000;
/// A week of parts.
const PARTS: i64 = 7 * 24 * 4;
/// The newest parts are counted whenever somebody looks: an hour of whole ones, and the one that has begun.
const LIVE: i64 = 5;
/// The parts that are counted again at one time. Texts end late, and are replayed.
const AGAIN_AT_ONCE: i64 = 24;

/// The number of the part that a moment is in.
fn part_of(at: Timestamp) -> i64 {
    at.0.div_euclid(PART_MILLIS)
}

fn beginning(part: i64) -> Timestamp {
    Timestamp(part.saturating_mul(PART_MILLIS))
}

type Counts = Vec<(TextState, u64)>;

/// The counts that are kept, by the number of their part.
#[derive(Debug, Default)]
struct Kept {
    parts: BTreeMap<i64, Counts>,
    /// The first part that is counted again next.
    again: i64,
}

/// See the head of this file.
#[derive(Debug, Default)]
pub(crate) struct Counted(Mutex<Kept>);

impl Counted {
    /// What became of the texts of the last week, in quarters of an hour. What is older than an hour may be
    /// some minutes old.
    pub(crate) async fn week(&self, ledger: &Ledger, now: Timestamp) -> LedgerResult<Outcomes> {
        self.fill(ledger, now).await?;
        let (first, live) = span(now);
        let newest = ledger.outcomes(beginning(live), PART, now).await?;
        let kept = self.kept();
        let mut buckets: Vec<Bucket> = (first..live)
            .map(|part| Bucket {
                from: beginning(part),
                counts: kept.parts.get(&part).cloned().unwrap_or_default(),
            })
            .collect();
        buckets.extend(newest.buckets);
        Ok(Outcomes {
            width: PART,
            buckets,
        })
    }

    /// Counts what was not counted yet, and some of the rest again.
    pub(crate) async fn keep_up(&self, ledger: &Ledger, now: Timestamp) -> LedgerResult<()> {
        self.fill(ledger, now).await?;
        let (first, live) = span(now);
        let from = self.kept().again;
        let from = if (first..live).contains(&from) {
            from
        } else {
            first
        };
        let until = live.min(from.saturating_add(AGAIN_AT_ONCE));
        self.count(ledger, from, until).await?;
        self.kept().again = until;
        Ok(())
    }

    /// Counts the parts from the first to the last that is missing, and forgets what is older than a week.
    async fn fill(&self, ledger: &Ledger, now: Timestamp) -> LedgerResult<()> {
        let (first, live) = span(now);
        let (from, until) = {
            let mut kept = self.kept();
            kept.parts.retain(|part, _| (first..live).contains(part));
            let missing = |part: &i64| !kept.parts.contains_key(part);
            let from = (first..live).find(missing);
            let until = (first..live).rev().find(missing);
            (from, until)
        };
        match (from, until) {
            (Some(from), Some(last)) => self.count(ledger, from, last + 1).await,
            _ => Ok(()),
        }
    }

    async fn count(&self, ledger: &Ledger, from: i64, until: i64) -> LedgerResult<()> {
        let parts = u32::try_from(until - from).unwrap_or(0);
        let (start, end) = (beginning(from), beginning(until));
        let counted = ledger.outcomes_until(start, PART, parts, end).await?;
        let mut kept = self.kept();
        for bucket in counted.buckets {
            kept.parts.insert(part_of(bucket.from), bucket.counts);
        }
        Ok(())
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The first part of the week, and the first one that is counted whenever somebody looks.
fn span(now: Timestamp) -> (i64, i64) {
    let last = part_of(now);
    (last - PARTS + 1, last - LIVE + 1)
}

/// The newest parts, `together` of them as one: as many as make `count`.
pub(crate) fn newest(week: &Outcomes, together: usize, count: usize) -> Outcomes {
    let skipped = week.buckets.len().saturating_sub(together * count);
    let parts = week.buckets.get(skipped..).unwrap_or_default();
    let buckets = parts.chunks(together.max(1)).map(|parts| {
        let mut sum = Bucket {
            from: parts.first().map_or(Timestamp(0), |part| part.from),
            counts: Vec::new(),
        };
        for (state, count) in parts.iter().flat_map(|part| &part.counts) {
            match sum.counts.iter_mut().find(|(counted, _)| counted == state) {
                Some((_, before)) => *before += count,
                None => sum.counts.push((*state, *count)),
            }
        }
        sum
    });
    let together = u32::try_from(together).unwrap_or(u32::MAX);
    Outcomes {
        width: week.width * together,
        buckets: buckets.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_week_has_as_many_parts_as_it_says() {
        let now = Timestamp(1_795_366_805_000);
        let (first, live) = span(now);
        assert_eq!(part_of(now) - first + 1, PARTS);
        assert!(beginning(live) <= now - Duration::from_secs(3600));
        assert!(beginning(part_of(now)) <= now);
    }

    #[test]
    fn parts_are_added_up_and_the_newest_come_last() {
        let published = |count| vec![(TextState::Published, count)];
        let bucket = |part: i64, counts| Bucket {
            from: beginning(part),
            counts,
        };
        let week = Outcomes {
            width: PART,
            buckets: vec![
                bucket(1, published(100)),
                bucket(2, published(1)),
                bucket(3, vec![(TextState::Failed, 2), (TextState::Published, 3)]),
                bucket(4, vec![]),
                bucket(5, published(4)),
            ],
        };
        let newest = newest(&week, 2, 2);
        assert_eq!(newest.width, PART * 2);
        assert_eq!(
            newest.buckets,
            [
                bucket(2, vec![(TextState::Published, 4), (TextState::Failed, 2)]),
                bucket(4, published(4)),
            ]
        );
    }
}
