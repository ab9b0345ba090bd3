//! Sign-ins under way.

use std::time::Duration;

use birdcall_domain::{authorization::Pending, clock::Timestamp, phone::Phone};
use sha2::{Digest as _, Sha256};

use crate::{
    Ledger, LedgerError, LedgerResult, Tx,
    stored::{known, moment},
    transaction::{execute, fetch_all, fetch_optional},
};

/// A sign-in under way.
#[derive(Clone)]
pub struct Authorization {
    /// The number that will be able to post.
    pub phone: Phone,
    /// The PKCE code verifier, sealed.
    pub verifier: String,
    /// What the rules need.
    pub pending: Pending,
}

/// A row of `authorizations`.
#[derive(sqlx::FromRow)]
struct AuthorizationRecord {
    phone: String,
    verifier: String,
    expires_at: i64,
    used_at: Option<i64>,
}

impl TryFrom<AuthorizationRecord> for Authorization {
    type Error = LedgerError;

    fn try_from(row: AuthorizationRecord) -> LedgerResult<Self> {
        Ok(Self {
            phone: read_phone(&row.phone)?,
            verifier: row.verifier,
            pending: Pending {
                expires_at: Timestamp(row.expires_at),
                used: moment(row.used_at).is_some(),
            },
        })
    }
}

fn read_phone(stored: &str) -> LedgerResult<Phone> {
    known("authorizations.phone", stored, |phone| phone.parse().ok())
}

/// What the ledger keeps of a state: SHA-256 in hexadecimal. What is at rest cannot be replayed.
#[must_use]
pub fn state_hash(state: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(state.as_bytes())
        .iter()
        .fold(String::new(), |mut hex, byte| {
            // Writing to a String cannot fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// Sign-ins that were begun longer ago than this are forgotten.
const KEPT: Duration = Duration::from_secs(24 * 3600);

impl Ledger {
    /// Begins a sign-in.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn begin_authorization(
        &self,
        state_hash: &str,
        phone: &Phone,
        sealed_verifier: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> LedgerResult<()> {
        let mut tx = self.write("begin_authorization").await?;
        let sql = "DELETE FROM authorizations WHERE created_at < $1";
        execute!(tx, sql, (now - KEPT).0)?;
        execute!(
            tx,
            "INSERT INTO authorizations (state_hash, phone, verifier, created_at, expires_at)
             VALUES ($1, $2, $3, $4, $5)",
            state_hash,
            phone.as_str(),
            sealed_verifier,
            now.0,
            expires_at.0,
        )?;
        tx.commit().await
    }

    /// Looks a sign-in up and uses it, in one step: of two callbacks with one state, the second finds
    /// it used. What is returned is how it was before.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn use_authorization(
        &self,
        state_hash: &str,
        now: Timestamp,
    ) -> LedgerResult<Option<Authorization>> {
        let mut tx = self.write("use_authorization").await?;
        let row = fetch_optional!(
            tx,
            AuthorizationRecord,
            "SELECT phone, verifier, expires_at, used_at FROM authorizations WHERE state_hash = $1",
            state_hash,
        )?;
        let used = execute!(
            tx,
            "UPDATE authorizations SET used_at = $2 WHERE state_hash = $1 AND used_at IS NULL",
            state_hash,
            now.0,
        )?;
        tx.commit().await?;
        let Some(mut authorization) = row.map(Authorization::try_from).transpose()? else {
            return Ok(None);
        };
        // Another callback may have come between the look and the use (PostgreSQL).
        authorization.pending.used |= used == 0;
        Ok(Some(authorization))
    }

    /// The number that a sign-in is about.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn phone_signing_in(&self, state_hash: &str) -> LedgerResult<Option<Phone>> {
        let mut tx = self.read("phone_signing_in").await?;
        let sql = "SELECT phone FROM authorizations WHERE state_hash = $1";
        let row = fetch_optional!(tx, (String,), sql, state_hash)?;
        row.map(|(phone,)| read_phone(&phone)).transpose()
    }

    /// Notes how a sign-in ended.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn finish_authorization(&self, state_hash: &str, outcome: &str) -> LedgerResult<()> {
        let mut tx = self.write("finish_authorization").await?;
        finish(&mut tx, state_hash, outcome).await?;
        tx.commit().await
    }

    /// Ends the sign-ins that were used before `before` and never ended, because web died in
    /// between. Returns each one's hash and its phone, to be told.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn end_lost_authorizations(
        &self,
        before: Timestamp,
    ) -> LedgerResult<Vec<(String, Phone)>> {
        let mut tx = self.write("end_lost_authorizations").await?;
        let lost = fetch_all!(
            tx,
            (String, String),
            "UPDATE authorizations SET outcome = 'lost' WHERE outcome IS NULL AND used_at < $1
             RETURNING state_hash, phone",
            before.0,
        )?;
        tx.commit().await?;
        let lost = lost.into_iter();
        lost.map(|(hash, phone)| Ok((hash, read_phone(&phone)?)))
            .collect()
    }
}

pub(crate) async fn finish(tx: &mut Tx, state_hash: &str, outcome: &str) -> LedgerResult<()> {
    execute!(
        tx,
        "UPDATE authorizations SET outcome = $2 WHERE state_hash = $1 AND outcome IS NULL",
        state_hash,
        outcome,
    )?;
    Ok(())
}
