//! Sign-ins under way.

use birdcall_domain::{authorization::Pending, clock::Timestamp, phone::Phone};
use sha2::{Digest as _, Sha256};

use super::{Ledger, LedgerResult, Tx, execute, fetch_all, fetch_optional};

/// A sign-in as it is stored.
#[derive(Clone, sqlx::FromRow)]
pub struct AuthorizationRow {
    /// SHA-256 of the state, hexadecimal.
    pub state_hash: String,
    /// The number that will be able to post.
    pub phone: String,
    /// PKCE code verifier, sealed.
    pub verifier: String,
    /// Unix milliseconds.
    pub expires_at: i64,
    /// Unix milliseconds.
    pub used_at: Option<i64>,
    /// `linked`, or why not.
    pub outcome: Option<String>,
}

impl AuthorizationRow {
    /// What the pure rules need.
    #[must_use]
    pub fn pending(&self) -> Pending {
        Pending {
            expires_at: Timestamp(self.expires_at),
            used: self.used_at.is_some(),
        }
    }
}

/// What stands in the database for a state: what is at rest can't be replayed.
#[must_use]
pub fn state_hash(state: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(state.as_bytes())
        .iter()
        .fold(String::new(), |mut hex, byte| {
            // Writing to a String can't fail.
            let _ = write!(hex, "{byte:02x}");
            hex
        })
}

/// Sign-ins that were begun are forgotten after so many milliseconds.
const KEPT_MILLIS: i64 = 24 * 3600 * 1000;

impl Ledger {
    /// Begins a sign-in.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn begin_authorization(
        &self,
        state_hash: &str,
        phone: &Phone,
        sealed_verifier: &str,
        now: Timestamp,
        expires_at: Timestamp,
    ) -> LedgerResult<()> {
        let mut tx = self.write().await?;
        execute!(
            &mut tx,
            "DELETE FROM authorizations WHERE created_at < $1",
            now.0 - KEPT_MILLIS
        )?;
        execute!(
            &mut tx,
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

    /// Looks a sign-in up and uses it, in one step: of two callbacks with one state the second
    /// finds it used. The row is as it was before.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn use_authorization(
        &self,
        state_hash: &str,
        now: Timestamp,
    ) -> LedgerResult<Option<AuthorizationRow>> {
        let mut tx = self.write().await?;
        let row = fetch_optional!(
            &mut tx,
            AuthorizationRow,
            "SELECT * FROM authorizations WHERE state_hash = $1",
            state_hash,
        )?;
        let used = execute!(
            &mut tx,
            "UPDATE authorizations SET used_at = $2 WHERE state_hash = $1 AND used_at IS NULL",
            state_hash,
            now.0,
        )?;
        tx.commit().await?;
        Ok(row.map(|row| AuthorizationRow {
            // Another callback may have come between the look and the use (PostgreSQL).
            used_at: row.used_at.or((used == 0).then_some(now.0)),
            ..row
        }))
    }

    /// The number that a sign-in is about.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn phone_signing_in(&self, state_hash: &str) -> LedgerResult<Option<Phone>> {
        let mut tx = self.read().await?;
        let row = fetch_optional!(
            &mut tx,
            (String,),
            "SELECT phone FROM authorizations WHERE state_hash = $1",
            state_hash,
        )?;
        Ok(row.and_then(|(phone,)| phone.parse().ok()))
    }

    /// Notes how a sign-in ended.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn finish_authorization(&self, state_hash: &str, outcome: &str) -> LedgerResult<()> {
        let mut tx = self.write().await?;
        finish(&mut tx, state_hash, outcome).await?;
        tx.commit().await
    }

    /// Sign-ins that were used before `before` and never ended: web died in between. They are
    /// ended here; their phones are returned, to be told.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn end_lost_authorizations(
        &self,
        before: Timestamp,
    ) -> LedgerResult<Vec<(String, String)>> {
        let mut tx = self.write().await?;
        let lost = fetch_all!(
            &mut tx,
            (String, String),
            "UPDATE authorizations SET outcome = 'lost' WHERE outcome IS NULL AND used_at < $1
             RETURNING state_hash, phone",
            before.0,
        )?;
        tx.commit().await?;
        Ok(lost)
    }
}

pub(super) async fn finish(tx: &mut Tx, state_hash: &str, outcome: &str) -> LedgerResult<()> {
    execute!(
        tx,
        "UPDATE authorizations SET outcome = $2 WHERE state_hash = $1 AND outcome IS NULL",
        state_hash,
        outcome,
    )?;
    Ok(())
}
