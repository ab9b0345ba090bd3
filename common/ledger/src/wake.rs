//! The ledger's half of the sweep: what is due and has no job on its way gets one.
//!
//! What a dead worker held is woken first, and its job goes before all others. A row that waits its
//! turn in a backlog already has its job and gets no second one: a sweep that doubled the backlog
//! with every turn would cause what it is there to prevent.

use std::time::Duration;

use birdcall_domain::{clock::Timestamp, text::Kind};
use sqlx::AssertSqlSafe;

use crate::{
    Dialect, Ledger, LedgerResult,
    queue::{self, Job, Priority},
    stored::known,
    texts::read_sid,
    transaction::fetch_all,
};

/// What the sweep wakes.
#[derive(Clone, Copy, Debug)]
pub struct Overdue {
    /// `SWEEP_GRACE`: rows that are overdue by less than this have a job on its way.
    pub grace: Duration,
    /// `SWEEP_AGAIN`: a row that was woken within this is not woken again.
    pub again: Duration,
    /// At most this many.
    pub limit: i64,
}

impl Overdue {
    /// For what a dead worker held. The worker that fetched the last job may have died as well, so
    /// the next look comes soon; a row that has a job in the queue gets no second one anyway.
    fn of_the_dead(self) -> Self {
        Self {
            again: self.again.min(self.grace),
            ..self
        }
    }
}

/// The rows of one table that the sweep looks after, in words of SQL.
struct Rows {
    table: &'static str,
    id: &'static str,
    /// When a row is due.
    due: &'static str,
    /// Since when it has been there.
    since: &'static str,
    /// What [`Rows::job`] needs besides the id.
    kind: &'static str,
    /// The job that wakes a row, from its kind and id.
    job: fn(&str, &str) -> LedgerResult<Job>,
}

const TEXTS: Rows = Rows {
    table: "texts",
    id: "sid",
    due: "next_attempt_at",
    since: "received_at",
    kind: "kind",
    job: |kind, sid| {
        let kind = known("texts.kind", kind, Kind::parse)?;
        Ok(Job::for_text(kind, &read_sid(sid)?))
    },
};

const REPLIES: Rows = Rows {
    table: "replies",
    id: "id",
    due: "next_attempt_at",
    since: "created_at",
    kind: "purpose",
    job: |_, id| Ok(Job::reply(id)),
};

const REFRESHES: Rows = Rows {
    table: "accounts",
    id: "id",
    due: "refresh_due_at",
    since: "refresh_due_at",
    kind: "state",
    job: |_, id| Ok(Job::refresh(id)),
};

const REVOCATIONS: Rows = Rows {
    table: "revocations",
    id: "id",
    due: "next_attempt_at",
    since: "created_at",
    kind: "account_id",
    job: |_, id| Ok(Job::revoke(id)),
};

const REPLAY_RUNS: Rows = Rows {
    table: "replay_runs",
    id: "id",
    due: "next_attempt_at",
    since: "created_at",
    kind: "state",
    job: |_, id| Ok(Job::replay(id)),
};

/// Which of the rows, and how their jobs go.
struct Which {
    /// In words of SQL.
    condition: &'static str,
    /// The priority of the jobs that wake them.
    priority: Priority,
    /// A row with a job of this priority or higher is let alone.
    enough: Priority,
}

/// A worker claimed them and did not settle them.
const HELD: Which = Which {
    condition: "lease_owner IS NOT NULL",
    priority: Priority::LeftBehind,
    enough: Priority::LeftBehind,
};

/// Nobody holds them.
const FREE: Which = Which {
    condition: "lease_owner IS NULL",
    priority: Priority::Begun,
    enough: Priority::Fresh,
};

const LINKED: Which = Which {
    condition: "state = 'active'",
    priority: Priority::Fresh,
    enough: Priority::Fresh,
};

const ALL: Which = Which {
    condition: "TRUE",
    priority: Priority::Fresh,
    enough: Priority::Fresh,
};

impl Ledger {
    /// Pushes a job for each text that is overdue and has none on its way; returns how many.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn wake_overdue_texts(&self, now: Timestamp, wake: Overdue) -> LedgerResult<u64> {
        let held = self.wake(&TEXTS, &HELD, now, wake.of_the_dead()).await?;
        Ok(held + self.wake(&TEXTS, &FREE, now, wake).await?)
    }

    /// Pushes a job for each reply that is overdue and has none on its way; returns how many.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn wake_overdue_replies(&self, now: Timestamp, wake: Overdue) -> LedgerResult<u64> {
        let held = self.wake(&REPLIES, &HELD, now, wake.of_the_dead()).await?;
        Ok(held + self.wake(&REPLIES, &FREE, now, wake).await?)
    }

    /// Pushes a job for each refresh that is overdue and has none on its way; returns how many.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn wake_overdue_refreshes(&self, now: Timestamp, wake: Overdue) -> LedgerResult<u64> {
        self.wake(&REFRESHES, &LINKED, now, wake).await
    }

    /// Pushes a job for each pair that X has to revoke and that has none on its way; returns how many.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn wake_overdue_revocations(
        &self,
        now: Timestamp,
        wake: Overdue,
    ) -> LedgerResult<u64> {
        self.wake(&REVOCATIONS, &ALL, now, wake).await
    }

    /// Pushes a job for each replay of many that is overdue and has none on its way; returns how many.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn wake_overdue_replays(&self, now: Timestamp, wake: Overdue) -> LedgerResult<u64> {
        self.wake(&REPLAY_RUNS, &ALL, now, wake).await
    }

    async fn wake(
        &self,
        rows: &Rows,
        which: &Which,
        now: Timestamp,
        wake: Overdue,
    ) -> LedgerResult<u64> {
        let mut tx = self.write("wake").await?;
        let sql = overdue_sql(tx.dialect(), rows, which);
        let overdue = fetch_all!(
            tx,
            (String, String, i64, bool),
            AssertSqlSafe(sql),
            now.0,
            (now - wake.grace).0,
            (now - wake.again).0,
            wake.limit,
            now.as_secs_floor(),
        )?;
        let mut woken = 0;
        for (id, kind, since, has_job) in &overdue {
            if *has_job {
                continue;
            }
            let job = (rows.job)(kind, id)?;
            queue::push_overdue(&mut tx, &job, Timestamp(*since), which.priority).await?;
            woken += 1;
        }
        tx.commit().await?;
        Ok(woken)
    }
}

/// Every row that is looked at counts as woken, whether it gets a job or has one, so that the next
/// turn looks at others.
fn overdue_sql(dialect: Dialect, rows: &Rows, which: &Which) -> String {
    let Rows {
        table,
        id,
        due,
        since,
        kind,
        job: _,
    } = rows;
    let condition = which.condition;
    let has_job = queue::has_job_sql(dialect, &format!("{table}.{id}"), "$5", which.enough);
    // A row that another transaction is writing is being worked on. Two transactions that wait for
    // each other's rows would never end.
    let free = match dialect {
        Dialect::Sqlite => "",
        Dialect::Postgres => "FOR UPDATE SKIP LOCKED",
    };
    format!(
        "UPDATE {table} SET woken_at = $1 WHERE {id} IN (
             SELECT {id} FROM {table} WHERE {due} <= $2 AND woken_at <= $3 AND {condition}
             ORDER BY {due} LIMIT $4 {free})
         RETURNING {id}, {kind}, {since}, {has_job}"
    )
}
