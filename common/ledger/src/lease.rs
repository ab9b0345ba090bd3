//! The right to work on a row.

use std::{ops::Deref, time::Duration};

use birdcall_domain::clock::Timestamp;
use sqlx::AssertSqlSafe;

use crate::{Ledger, LedgerResult, transaction::execute};

/// A worker that asks for a row.
#[derive(Clone, Copy, Debug)]
pub struct Claimant<'a> {
    /// Unique for every claim. Only the claim that still holds a row may settle it.
    pub owner: &'a str,
    /// `LEASE`: how long the claim lasts.
    pub lease: Duration,
    /// Now.
    pub now: Timestamp,
}

/// The right to work on a row: until it ends, no other worker takes the row. Only a claim makes one,
/// so nothing is armed or settled that was not claimed.
///
/// A lease is extended exactly once: arming restarts it for the one call. It is never renewed while
/// work goes on; a row whose worker died goes to the next one.
#[derive(Clone)]
pub struct Lease<T> {
    row: T,
    owner: String,
    claimed_at: Timestamp,
    until: Timestamp,
    armed: Option<u32>,
}

impl<T> Lease<T> {
    pub(crate) fn new(row: T, by: Claimant<'_>) -> Self {
        Self {
            row,
            owner: by.owner.to_owned(),
            claimed_at: by.now,
            until: by.now + by.lease,
            armed: None,
        }
    }

    /// Notes that the call with this number was announced, and that the lease starts again.
    pub(crate) fn arm(&mut self, attempt: u32, until: Timestamp) {
        self.armed = Some(attempt);
        self.until = until;
    }

    /// When the row was claimed.
    pub(crate) fn claimed_at(&self) -> Timestamp {
        self.claimed_at
    }

    pub(crate) fn row_mut(&mut self) -> &mut T {
        &mut self.row
    }

    /// The name of the claim.
    #[must_use]
    pub fn owner(&self) -> &str {
        &self.owner
    }

    /// The number of the call that was announced under this lease; 1 is the first of the row.
    #[must_use]
    pub fn armed(&self) -> Option<u32> {
        self.armed
    }

    /// Whether a call was announced and the lease still covers all of it. A process that was frozen
    /// after arming must not wake up and call: by then another worker may have looked.
    #[must_use]
    pub fn covers_a_call(&self, now: Timestamp, call_timeout: Duration) -> bool {
        self.armed.is_some() && now + call_timeout <= self.until
    }
}

impl<T> Deref for Lease<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.row
    }
}

/// A row that workers claim. The constants are names in SQL.
pub trait Claimed {
    /// The table.
    const TABLE: &'static str;
    /// The column of the id.
    const ID: &'static str;
    /// The state in which a call may be under way.
    const ARMED: &'static str;

    /// The id of this row.
    fn id(&self) -> &str;
}

impl Ledger {
    /// Gives back a claim with which nothing was done, because the database failed in between. It
    /// does not count as a claim whose worker died. A row with a call that may be under way stays
    /// as it is: its outcome is looked up when the lease ends.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn give_back<T: Claimed>(
        &self,
        lease: &Lease<T>,
        now: Timestamp,
    ) -> LedgerResult<()> {
        if lease.armed().is_some() {
            return Ok(());
        }
        let (table, id, armed) = (T::TABLE, T::ID, T::ARMED);
        let mut tx = self.write("give_back").await?;
        execute!(
            tx,
            AssertSqlSafe(format!(
                "UPDATE {table} SET lease_owner = NULL, lease_until = NULL, next_attempt_at = $3,
                     claims = claims - 1
                 WHERE {id} = $1 AND lease_owner = $2 AND state <> '{armed}'"
            )),
            lease.id(),
            lease.owner(),
            now.0,
        )?;
        tx.commit().await
    }
}
