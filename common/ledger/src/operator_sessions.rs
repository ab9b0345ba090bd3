//! Sessions of the console. The ledger has the hash of a session's cookie, and a session ends with
//! the password and the role that it began with.

use std::time::Duration;

use birdcall_domain::clock::Timestamp;

use crate::{
    Ledger, LedgerResult,
    audit::{self, By},
    operators::end_sessions,
    transaction::{execute, fetch_all, fetch_optional},
};

/// A session that begins.
#[derive(Clone, Copy, Debug)]
pub struct NewSession<'a> {
    /// The hash of the cookie.
    pub token_hash: &'a str,
    /// The operator.
    pub operator: &'a str,
    /// The operator's stamp, as it is now.
    pub stamp: &'a str,
    /// When it ends, whatever happens.
    pub expires_at: Timestamp,
}

/// A session.
#[derive(Clone, Debug)]
pub struct OperatorSession {
    /// The operator.
    pub operator: String,
    /// The operator's stamp when the session began.
    pub stamp: String,
}

impl Ledger {
    /// Begins a session, and forgets the wrong passwords and the sessions that are over. `tried` is the
    /// name of the try that led here.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn begin_session(
        &self,
        session: NewSession<'_>,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<()> {
        let mut tx = self.write("begin_session").await?;
        execute!(
            tx,
            "DELETE FROM operator_tries WHERE name = $1",
            session.operator
        )?;
        execute!(
            tx,
            "DELETE FROM operator_sessions WHERE expires_at <= $1",
            now.0
        )?;
        execute!(tx, "DELETE FROM operator_reveals WHERE until <= $1", now.0)?;
        execute!(
            tx,
            "INSERT INTO operator_sessions (token_hash, operator, stamp, created_at, seen_at, expires_at)
             VALUES ($1, $2, $3, $4, $4, $5)",
            session.token_hash,
            session.operator,
            session.stamp,
            now.0,
            session.expires_at.0,
        )?;
        audit::record_by(&mut tx, by, "sign in", session.operator, "", now).await?;
        tx.commit().await
    }

    /// The session with this cookie, if it is not over: it has not expired, and it was used within
    /// `idle`. A page that looks again by itself is not `used`.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn session(
        &self,
        token_hash: &str,
        idle: Duration,
        used: bool,
        now: Timestamp,
    ) -> LedgerResult<Option<OperatorSession>> {
        let mut tx = self.read("session").await?;
        let row = fetch_optional!(
            tx,
            (String, String, i64),
            "SELECT operator, stamp, seen_at FROM operator_sessions
             WHERE token_hash = $1 AND expires_at > $2 AND seen_at > $3",
            token_hash,
            now.0,
            (now - idle).0,
        )?;
        drop(tx);
        let Some((operator, stamp, seen_at)) = row else {
            return Ok(None);
        };
        // One write for each page would be too many.
        if used && now.since(Timestamp(seen_at)) > idle / 20 {
            let mut tx = self.write("session_seen").await?;
            let sql =
                "UPDATE operator_sessions SET seen_at = $2 WHERE token_hash = $1 AND seen_at < $2";
            execute!(tx, sql, token_hash, now.0)?;
            tx.commit().await?;
        }
        Ok(Some(OperatorSession { operator, stamp }))
    }

    /// Ends one session.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn end_session(&self, token_hash: &str) -> LedgerResult<()> {
        let mut tx = self.write("end_session").await?;
        execute!(
            tx,
            "DELETE FROM operator_reveals WHERE token_hash = $1",
            token_hash
        )?;
        execute!(
            tx,
            "DELETE FROM operator_sessions WHERE token_hash = $1",
            token_hash
        )?;
        tx.commit().await
    }

    /// Signs an operator out everywhere, and returns from how many sessions.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn end_all_sessions(
        &self,
        operator: &str,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<u64> {
        let mut tx = self.write("end_all_sessions").await?;
        let ended = end_sessions(&mut tx, operator).await?;
        if ended > 0 {
            let detail = format!("{ended} sessions");
            audit::record_by(&mut tx, by, "sign out everywhere", operator, &detail, now).await?;
        }
        tx.commit().await?;
        Ok(ended)
    }

    /// Lets a session see one subject unmasked until then. `masked` is what the audit says of it.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn reveal(
        &self,
        token_hash: &str,
        subject: &str,
        masked: &str,
        until: Timestamp,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<()> {
        let mut tx = self.write("reveal").await?;
        execute!(
            tx,
            "INSERT INTO operator_reveals (token_hash, subject, until) VALUES ($1, $2, $3)
             ON CONFLICT (token_hash, subject) DO UPDATE SET until = $3",
            token_hash,
            subject,
            until.0,
        )?;
        audit::record_by(&mut tx, by, "reveal", masked, "", now).await?;
        tx.commit().await
    }

    /// What a session sees unmasked.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn reveals(&self, token_hash: &str, now: Timestamp) -> LedgerResult<Vec<String>> {
        let mut tx = self.read("reveals").await?;
        let sql = "SELECT subject FROM operator_reveals WHERE token_hash = $1 AND until > $2";
        let rows = fetch_all!(tx, (String,), sql, token_hash, now.0)?;
        Ok(rows.into_iter().map(|(subject,)| subject).collect())
    }
}
