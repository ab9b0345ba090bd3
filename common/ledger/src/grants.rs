//! What X granted in a browser that did not begin the sign-in: kept until that browser confirms, and
//! revoked at X otherwise.

use std::time::Duration;

use birdcall_domain::{authorization::SignInEnd, clock::Timestamp, phone::Phone};

use crate::{
    Ledger, LedgerResult,
    accounts::SealedPair,
    authorizations::{self, read_phone},
    revocations::{self, Discarded},
    stored::moment,
    transaction::{execute, fetch_all, fetch_optional},
};

/// How long web has to link a number once its sign-in was confirmed. After that, web has died, and the
/// tokens are revoked.
const LINKED_WITHIN: Duration = Duration::from_secs(120);

/// Tokens that X granted and nobody has confirmed yet.
#[derive(Clone)]
pub struct Grant {
    /// The account that the grant may become. Its tokens are sealed for this id.
    pub account_id: String,
    /// The hash of the state of the sign-in.
    pub state_hash: String,
    /// Its tokens.
    pub pair: SealedPair,
    /// X's id of the account; empty until X tells.
    pub x_user_id: String,
    /// The handle without `@`; empty until X tells.
    pub x_handle: String,
}

/// The sign-in that a grant belongs to.
#[derive(Clone)]
pub struct Granted {
    /// What X granted.
    pub grant: Grant,
    /// The number; `None` when it was unlinked or forgotten since.
    pub phone: Option<Phone>,
    /// When the link was issued that led to the sign-in.
    pub link_issued_at: Option<Timestamp>,
}

/// A row of `grants`, with the columns of its sign-in.
#[derive(sqlx::FromRow)]
struct GrantRecord {
    account_id: String,
    state_hash: String,
    access_token: String,
    access_expires_at: i64,
    refresh_token: String,
    refresh_expires_at: i64,
    refresh_due_at: Option<i64>,
    scopes: String,
    x_user_id: String,
    x_handle: String,
    phone: Option<String>,
    link_issued_at: Option<i64>,
}

impl TryFrom<GrantRecord> for Granted {
    type Error = crate::LedgerError;

    fn try_from(row: GrantRecord) -> LedgerResult<Self> {
        Ok(Self {
            phone: row.phone.as_deref().map(read_phone).transpose()?,
            link_issued_at: moment(row.link_issued_at),
            grant: Grant {
                account_id: row.account_id,
                state_hash: row.state_hash,
                pair: SealedPair {
                    access_token: row.access_token,
                    access_expires_at: Timestamp(row.access_expires_at),
                    refresh_token: row.refresh_token,
                    refresh_expires_at: Timestamp(row.refresh_expires_at),
                    refresh_due_at: moment(row.refresh_due_at),
                    scopes: Some(row.scopes).filter(|scopes| !scopes.is_empty()),
                },
                x_user_id: row.x_user_id,
                x_handle: row.x_handle,
            },
        })
    }
}

impl Ledger {
    /// Keeps what X granted until `revoke_at`. Until then, the holder of the secret behind `confirm_hash` may
    /// confirm it.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn keep_grant(
        &self,
        grant: &Grant,
        confirm_hash: &str,
        revoke_at: Timestamp,
        now: Timestamp,
    ) -> LedgerResult<()> {
        let mut tx = self.write("keep_grant").await?;
        let pair = &grant.pair;
        execute!(
            tx,
            "INSERT INTO grants (account_id, state_hash, confirm_hash, access_token, access_expires_at,
                 refresh_token, refresh_expires_at, refresh_due_at, scopes, x_user_id, x_handle, created_at,
                 revoke_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
             ON CONFLICT (account_id) DO NOTHING",
            &grant.account_id,
            &grant.state_hash,
            confirm_hash,
            &pair.access_token,
            pair.access_expires_at.0,
            &pair.refresh_token,
            pair.refresh_expires_at.0,
            pair.refresh_due_at.map(|at| at.0),
            pair.scopes.as_deref().unwrap_or_default(),
            &grant.x_user_id,
            &grant.x_handle,
            now.0,
            revoke_at.0,
        )?;
        tx.commit().await
    }

    /// What the holder of the secret behind `confirm_hash` may confirm now.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn grant_to_confirm(
        &self,
        confirm_hash: &str,
        now: Timestamp,
    ) -> LedgerResult<Option<Granted>> {
        let mut tx = self.read("grant_to_confirm").await?;
        let row = fetch_optional!(
            tx,
            GrantRecord,
            "SELECT grants.*, authorizations.phone, authorizations.link_issued_at FROM grants
             JOIN authorizations ON authorizations.state_hash = grants.state_hash
             WHERE grants.confirm_hash = $1 AND grants.revoke_at > $2",
            confirm_hash,
            now.0,
        )?;
        row.map(Granted::try_from).transpose()
    }

    /// Takes the right to confirm a grant, or to decline it. Of two that press the button, one gets it.
    /// A declined grant is due to be revoked at once.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn use_confirmation(
        &self,
        confirm_hash: &str,
        confirmed: bool,
        now: Timestamp,
    ) -> LedgerResult<bool> {
        let mut tx = self.write("use_confirmation").await?;
        let revoke_at = if confirmed { now + LINKED_WITHIN } else { now };
        let used = execute!(
            tx,
            "UPDATE grants SET confirm_hash = NULL, revoke_at = $3 WHERE confirm_hash = $1 AND revoke_at > $2",
            confirm_hash,
            now.0,
            revoke_at.0,
        )?;
        tx.commit().await?;
        Ok(used > 0)
    }

    /// The grants that nobody confirmed in time, the oldest first.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn unconfirmed_grants(
        &self,
        now: Timestamp,
        limit: i64,
    ) -> LedgerResult<Vec<Granted>> {
        let mut tx = self.read("unconfirmed_grants").await?;
        let rows = fetch_all!(
            tx,
            GrantRecord,
            "SELECT grants.*, authorizations.phone, authorizations.link_issued_at FROM grants
             LEFT JOIN authorizations ON authorizations.state_hash = grants.state_hash
             WHERE grants.revoke_at <= $1 ORDER BY grants.revoke_at LIMIT $2",
            now.0,
            limit,
        )?;
        rows.into_iter().map(Granted::try_from).collect()
    }

    /// Gives a grant up: X has to revoke it, and its sign-in ends. `false`: the sign-in had ended before, or is
    /// forgotten.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn give_grant_up(
        &self,
        grant: &Grant,
        end: SignInEnd,
        now: Timestamp,
    ) -> LedgerResult<bool> {
        let mut tx = self.write("give_grant_up").await?;
        let sql = "DELETE FROM grants WHERE account_id = $1";
        if execute!(tx, sql, &grant.account_id)? == 0 {
            return Ok(false);
        }
        let discarded = Discarded {
            account_id: &grant.account_id,
            version: 0,
            access_token: &grant.pair.access_token,
            refresh_token: &grant.pair.refresh_token,
        };
        revocations::add(&mut tx, discarded, now).await?;
        let ended = authorizations::finish(&mut tx, &grant.state_hash, end).await?;
        tx.commit().await?;
        Ok(ended)
    }
}
