//! Counts by the hour what no row of a text tells of.

use std::time::Duration;

use birdcall_domain::{
    clock::Timestamp,
    overview::{Happening, Happenings},
};

use super::sql;
use crate::{
    Ledger, LedgerResult,
    stored::known,
    transaction::{execute, fetch_all},
};

const HOUR_MILLIS: i64 = 3_600_000;
/// Counts are removed after this time.
const KEPT: Duration = Duration::from_secs(31 * 24 * 3600);

fn hour(at: Timestamp) -> i64 {
    at.0.div_euclid(HOUR_MILLIS)
}

impl Ledger {
    /// Notes that something happened `count` times, the last time now.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn note_happening(
        &self,
        what: Happening,
        count: u64,
        now: Timestamp,
    ) -> LedgerResult<()> {
        let mut tx = self.write("note_happening").await?;
        execute!(
            tx,
            "INSERT INTO happenings (what, hour, count, last_at) VALUES ($1, $2, $3, $4)
             ON CONFLICT (what, hour) DO UPDATE SET count = happenings.count + $3, last_at = $4",
            what.as_str(),
            hour(now),
            i64::try_from(count).unwrap_or(i64::MAX),
            now.0,
        )?;
        execute!(
            tx,
            "DELETE FROM happenings WHERE what = $1 AND hour < $2",
            what.as_str(),
            hour(now - KEPT),
        )?;
        tx.commit().await
    }

    /// What happened since, to the hour.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn happenings(&self, since: Timestamp) -> LedgerResult<Vec<Happenings>> {
        let mut tx = self.read("happenings").await?;
        let rows = fetch_all!(tx, (String, i64, i64), sql::HAPPENINGS, hour(since))?;
        let read = rows.into_iter().map(|(what, count, last_at)| {
            Ok(Happenings {
                what: known("happenings.what", &what, Happening::parse)?,
                count: u64::try_from(count).unwrap_or(0),
                last_at: Timestamp(last_at),
            })
        });
        read.collect()
    }
}
