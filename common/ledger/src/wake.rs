//! The sweep's half of the ledger: whatever is due and has no job on its way is woken.
//!
//! What a dead worker held is woken first, and its job goes before all others. A row that waits its
//! turn in a backlog has its job already and gets no second one: a sweep that doubles the backlog
//! with every turn would be what it is there to prevent.

use std::time::Duration;

use birdcall_domain::clock::Timestamp;
use sqlx::AssertSqlSafe;

use super::{Ledger, LedgerResult, Tx, fetch_all};
use crate::{
    jobs::Job,
    queue::{self, Priority},
};

/// What the sweep wakes.
#[derive(Clone, Copy, Debug)]
pub struct Overdue {
    /// Overdue by at least this: its own job may be on its way.
    pub grace: Duration,
    /// Not woken again within this.
    pub again: Duration,
    /// At most so many.
    pub limit: i64,
}

impl Overdue {
    /// Whoever fetched the last job may have died as well: nobody waits long to find out, since
    /// what has a job in the queue gets no second one anyway.
    fn of_the_dead(self) -> Self {
        Self {
            again: self.again.min(self.grace),
            ..self
        }
    }
}

/// The rows of one table that the sweep looks after. Words of SQL.
struct Rows {
    table: &'static str,
    id: &'static str,
    /// When a row is due.
    due: &'static str,
    /// Since when it has been there.
    since: &'static str,
    /// What [`Rows::job`] needs beside the id.
    kind: &'static str,
    /// The job that wakes a row, from its kind and id.
    job: fn(&str, &str) -> Job,
}

const TEXTS: Rows = Rows {
    table: "texts",
    id: "sid",
    due: "next_attempt_at",
    since: "received_at",
    kind: "kind",
    job: Job::for_text,
};

const REPLIES: Rows = Rows {
    table: "replies",
    id: "id",
    due: "next_attempt_at",
    since: "created_at",
    kind: "purpose",
    job: |_, id| Job::reply(id),
};

const REFRESHES: Rows = Rows {
    table: "accounts",
    id: "id",
    due: "refresh_due_at",
    since: "refresh_due_at",
    kind: "state",
    job: |_, id| Job::refresh(id),
};

/// Which of the rows.
struct Whose {
    /// Words of SQL.
    condition: &'static str,
    /// Of the jobs that wake them.
    priority: Priority,
    /// The priority that the job they have must have to be let alone.
    enough: Priority,
}

/// A worker claimed them and did not settle them.
const HELD: Whose = Whose {
    condition: "lease_owner IS NOT NULL",
    priority: Priority::LeftBehind,
    enough: Priority::LeftBehind,
};

/// Nobody holds them.
const FREE: Whose = Whose {
    condition: "lease_owner IS NULL",
    priority: Priority::Begun,
    enough: Priority::Fresh,
};

const LINKED: Whose = Whose {
    condition: "state = 'active'",
    priority: Priority::Fresh,
    enough: Priority::Fresh,
};

impl Ledger {
    /// Texts that are overdue and have no job on their way: pushes a job for each.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn wake_overdue_texts(&self, now: Timestamp, wake: Overdue) -> LedgerResult<u64> {
        let held = self.wake(&TEXTS, &HELD, now, wake.of_the_dead()).await?;
        Ok(held + self.wake(&TEXTS, &FREE, now, wake).await?)
    }

    /// Replies that are overdue and have no job on their way: pushes a job for each.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn wake_overdue_replies(&self, now: Timestamp, wake: Overdue) -> LedgerResult<u64> {
        let held = self.wake(&REPLIES, &HELD, now, wake.of_the_dead()).await?;
        Ok(held + self.wake(&REPLIES, &FREE, now, wake).await?)
    }

    /// Refreshes that are overdue and have no job on their way: pushes a job for each.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn wake_overdue_refreshes(&self, now: Timestamp, wake: Overdue) -> LedgerResult<u64> {
        self.wake(&REFRESHES, &LINKED, now, wake).await
    }

    async fn wake(
        &self,
        rows: &Rows,
        whose: &Whose,
        now: Timestamp,
        wake: Overdue,
    ) -> LedgerResult<u64> {
        let mut tx = self.write().await?;
        let sql = overdue_sql(&tx, rows, whose);
        let overdue = fetch_all!(
            &mut tx,
            (String, String, i64, bool),
            AssertSqlSafe(sql),
            now.0,
            (now - wake.grace).0,
            (now - wake.again).0,
            wake.limit,
            now.0 / 1000,
        )?;
        let mut woken = 0;
        for (id, kind, since, has_job) in &overdue {
            if *has_job {
                continue;
            }
            let job = (rows.job)(kind, id);
            queue::push_overdue(&mut tx, &job, Timestamp(*since), whose.priority).await?;
            woken += 1;
        }
        tx.commit().await?;
        Ok(woken)
    }
}

/// Every row that is looked at counts as woken, whether it gets a job or has one: so the next turn
/// looks at others.
fn overdue_sql(tx: &Tx, rows: &Rows, whose: &Whose) -> String {
    let Rows {
        table,
        id,
        due,
        since,
        kind,
        job: _,
    } = rows;
    let condition = whose.condition;
    let has_job = queue::has_job_sql(tx, &format!("{table}.{id}"), "$5", whose.enough);
    // A row that another transaction writes just now is in hand, and waiting for it could be
    // waiting for each other.
    let free = match tx {
        Tx::Sqlite(_) => "",
        Tx::Postgres(..) => "FOR UPDATE SKIP LOCKED",
    };
    format!(
        "UPDATE {table} SET woken_at = $1 WHERE {id} IN (
             SELECT {id} FROM {table} WHERE {due} <= $2 AND woken_at <= $3 AND {condition}
             ORDER BY {due} LIMIT $4 {free})
         RETURNING {id}, {kind}, {since}, {has_job}"
    )
}
