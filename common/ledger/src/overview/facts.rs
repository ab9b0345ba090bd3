//! Reads the facts by which it is judged whether something is wrong.

use birdcall_domain::{
    clock::Timestamp,
    health::Work,
    overview::{Facts, PausedFor, Undelivered, Waiting},
    text::{Reason, TextState},
};

use super::{figures::DAY, sql};
use crate::{
    Ledger, LedgerResult,
    stored::{count, known_if_any},
    transaction::{fetch_all, fetch_optional},
};

impl Ledger {
    /// The facts by which it is judged whether something is wrong.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn facts(&self, now: Timestamp) -> LedgerResult<Facts> {
        let pauses = self.pauses().await?.into_iter();
        let probes = self.probes().await?.into_iter();
        Ok(Facts {
            workers: self.workers_seen(now).await?,
            pauses: pauses
                .map(|pause| PausedFor {
                    queue: pause.queue,
                    reason: pause.reason,
                    since: pause.since,
                    until: pause.until,
                })
                .collect(),
            waiting: self.waiting().await?,
            sign_ins_needed: self.sign_ins_needed().await?,
            undelivered: self.undelivered(now - DAY).await?,
            happenings: self.happenings(now - DAY).await?,
            work: Work {
                probes: probes
                    .filter(|probe| probe.finished_at > Timestamp(0))
                    .map(|probe| (probe.queue, probe.finished_at))
                    .collect(),
                oldest_due_text: self.oldest_due(now).await?.texts,
            },
        })
    }

    /// Texts that wait, by what they wait for, and texts in doubt that nothing is due for. The oldest
    /// 10,000 of each are counted.
    async fn waiting(&self) -> LedgerResult<Vec<Waiting>> {
        let mut tx = self.read("waiting").await?;
        let rows = fetch_all!(tx, (Option<String>, i64, i64), sql::WAITING)?;
        let mut waiting = Vec::new();
        for (reason, counted, oldest) in rows {
            waiting.push(Waiting {
                state: TextState::Waiting,
                reason: known_if_any("texts.reason", reason.as_deref(), Reason::parse)?,
                count: u64::try_from(counted).unwrap_or(0),
                oldest: Timestamp(oldest),
            });
        }
        let doubted = fetch_optional!(tx, (i64, Option<i64>), sql::IN_DOUBT)?;
        if let Some((counted, Some(oldest))) = doubted {
            waiting.push(Waiting {
                state: TextState::InDoubt,
                reason: None,
                count: u64::try_from(counted).unwrap_or(0),
                oldest: Timestamp(oldest),
            });
        }
        Ok(waiting)
    }

    async fn sign_ins_needed(&self) -> LedgerResult<u64> {
        let mut tx = self.read("sign_ins_needed").await?;
        let row = fetch_optional!(tx, (i64,), sql::SIGN_INS)?;
        Ok(row.map_or(0, |(needed,)| u64::try_from(needed).unwrap_or(0)))
    }

    /// Replies that did not arrive since then, by Twilio's error: those that Twilio could not deliver,
    /// and those that it did not take.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn undelivered(&self, since: Timestamp) -> LedgerResult<Vec<Undelivered>> {
        let mut tx = self.read("undelivered").await?;
        let mut all: Vec<Undelivered> = Vec::new();
        for sql in [sql::UNDELIVERED, sql::UNSENT] {
            for (code, counted, last) in fetch_all!(tx, (Option<i64>, i64, i64), sql, since.0)? {
                let error_code = code.map(count);
                let counted = u64::try_from(counted).unwrap_or(0);
                let last_at = Timestamp(last);
                match all.iter_mut().find(|row| row.error_code == error_code) {
                    Some(row) => {
                        row.count += counted;
                        row.last_at = row.last_at.max(last_at);
                    }
                    None => all.push(Undelivered {
                        error_code,
                        count: counted,
                        last_at,
                    }),
                }
            }
        }
        all.sort_by_key(|row| std::cmp::Reverse(row.count));
        Ok(all)
    }
}
