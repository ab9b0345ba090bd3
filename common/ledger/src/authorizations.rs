//! Sign-ins under way.

use std::time::Duration;

use birdcall_domain::{
    authorization::{Pending, SignInEnd, Stage},
    clock::Timestamp,
    phone::Phone,
};
use sha2::{Digest as _, Sha256};

use crate::{
    Ledger, LedgerError, LedgerResult, Tx, lanes, sign_in_limits,
    stored::{known, known_if_any, moment},
    transaction::{execute, fetch_all, fetch_optional},
};

/// A sign-in that begins.
pub struct NewAuthorization<'a> {
    /// The hash of its state.
    pub state_hash: &'a str,
    /// The number that will be able to post.
    pub phone: &'a Phone,
    /// When the link that leads here was issued.
    pub link_issued_at: Timestamp,
    /// The hash of the cookie that the browser gets.
    pub browser_hash: &'a str,
    /// The PKCE code verifier, sealed.
    pub verifier: &'a str,
    /// The moment from which it no longer counts.
    pub expires_at: Timestamp,
}

/// A sign-in under way.
#[derive(Clone)]
pub struct Authorization {
    /// The number that will be able to post.
    pub phone: Phone,
    /// When the link that led here was issued; `None` if an earlier version began it.
    pub link_issued_at: Option<Timestamp>,
    /// The hash of the cookie of the browser that began it.
    pub browser_hash: Option<String>,
    /// The PKCE code verifier, sealed.
    pub verifier: String,
    /// The account that was linked, once it was.
    pub account_id: Option<String>,
    /// What the rules need.
    pub pending: Pending,
}

/// A row of `authorizations`, and whether X granted something that has to be confirmed.
#[derive(sqlx::FromRow)]
struct AuthorizationRecord {
    phone: String,
    link_issued_at: Option<i64>,
    browser_hash: Option<String>,
    verifier: String,
    account_id: Option<String>,
    expires_at: i64,
    used_at: Option<i64>,
    outcome: Option<String>,
    granted: i64,
}

impl TryFrom<AuthorizationRecord> for Authorization {
    type Error = LedgerError;

    fn try_from(row: AuthorizationRecord) -> LedgerResult<Self> {
        let outcome = row.outcome.as_deref();
        let end = known_if_any("authorizations.outcome", outcome, SignInEnd::parse)?;
        let stage = match (end, row.used_at) {
            (Some(end), _) => Stage::Ended(end),
            (None, None) => Stage::Open,
            (None, Some(_)) if row.granted > 0 => Stage::Confirming,
            (None, Some(_)) => Stage::UnderWay,
        };
        Ok(Self {
            phone: read_phone(&row.phone)?,
            link_issued_at: moment(row.link_issued_at),
            browser_hash: row.browser_hash,
            verifier: row.verifier,
            account_id: row.account_id,
            pending: Pending {
                expires_at: Timestamp(row.expires_at),
                stage,
            },
        })
    }
}

pub(crate) fn read_phone(stored: &str) -> LedgerResult<Phone> {
    known("authorizations.phone", stored, |phone| phone.parse().ok())
}

/// What the ledger keeps of a secret that a browser holds: SHA-256 in hexadecimal. What is at rest
/// cannot be presented.
#[must_use]
pub fn secret_hash(secret: &str) -> String {
    use std::fmt::Write as _;
    Sha256::digest(secret.as_bytes())
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
    /// Begins a sign-in, and ends the one that was begun with the same link and is still open: each link
    /// has one open sign-in. `false`: the link no longer works, and nothing begins.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn begin_authorization(
        &self,
        new: NewAuthorization<'_>,
        now: Timestamp,
    ) -> LedgerResult<bool> {
        // A dead link must not leave a trace of a number that was forgotten, so no lane is taken for it.
        if !self.link_works(new.phone, new.link_issued_at).await? {
            return Ok(false);
        }
        let mut tx = self.write("begin_authorization").await?;
        lanes::lock(&mut tx, new.phone, now).await?;
        if !sign_in_limits::link_works(&mut tx, new.phone, new.link_issued_at).await? {
            return Ok(false);
        }
        let sql = "DELETE FROM authorizations WHERE created_at < $1";
        execute!(tx, sql, (now - KEPT).0)?;
        // However often the button is pressed, a link keeps two rows: this sign-in and the one before.
        execute!(
            tx,
            "DELETE FROM authorizations WHERE phone = $1 AND link_issued_at = $2 AND outcome IS NOT NULL",
            new.phone.as_str(),
            new.link_issued_at.0,
        )?;
        execute!(
            tx,
            "UPDATE authorizations SET used_at = $3, outcome = 'replaced'
             WHERE phone = $1 AND link_issued_at = $2 AND used_at IS NULL",
            new.phone.as_str(),
            new.link_issued_at.0,
            now.0,
        )?;
        execute!(
            tx,
            "INSERT INTO authorizations (state_hash, phone, link_issued_at, browser_hash, verifier, created_at,
                 expires_at)
             VALUES ($1, $2, $3, $4, $5, $6, $7)",
            new.state_hash,
            new.phone.as_str(),
            new.link_issued_at.0,
            new.browser_hash,
            new.verifier,
            now.0,
            new.expires_at.0,
        )?;
        tx.commit().await?;
        Ok(true)
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
        let used = execute!(
            tx,
            "UPDATE authorizations SET used_at = $2 WHERE state_hash = $1 AND used_at IS NULL AND outcome IS NULL",
            state_hash,
            now.0,
        )?;
        let row = fetch_optional!(
            tx,
            AuthorizationRecord,
            "SELECT phone, link_issued_at, browser_hash, verifier, account_id, expires_at, used_at, outcome,
                 (SELECT COUNT(*) FROM grants WHERE grants.state_hash = authorizations.state_hash) AS granted
             FROM authorizations WHERE state_hash = $1",
            state_hash,
        )?;
        tx.commit().await?;
        let mut authorization = row.map(Authorization::try_from).transpose()?;
        if let Some(authorization) = &mut authorization
            && used > 0
        {
            authorization.pending.stage = Stage::Open;
        }
        Ok(authorization)
    }

    /// The number whose sign-in began in the browser with this cookie and has not ended.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn phone_signing_in(&self, browser_hash: &str) -> LedgerResult<Option<Phone>> {
        let mut tx = self.read("phone_signing_in").await?;
        let sql = "SELECT phone FROM authorizations WHERE browser_hash = $1 AND outcome IS NULL";
        let row = fetch_optional!(tx, (String,), sql, browser_hash)?;
        row.map(|(phone,)| read_phone(&phone)).transpose()
    }

    /// The number of ours that a number texted last, as Twilio named it.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn number_texted_by(&self, phone: &Phone) -> LedgerResult<Option<String>> {
        let mut tx = self.read("number_texted_by").await?;
        let sql = "SELECT service_number FROM texts WHERE phone = $1 ORDER BY arrival DESC LIMIT 1";
        let row = fetch_optional!(tx, (String,), sql, phone.as_str())?;
        Ok(row.map(|(number,)| number))
    }

    /// Notes how a sign-in ended.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn finish_authorization(&self, state_hash: &str, end: SignInEnd) -> LedgerResult<()> {
        let mut tx = self.write("finish_authorization").await?;
        finish(&mut tx, state_hash, end).await?;
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
            "UPDATE authorizations SET outcome = 'outage' WHERE outcome IS NULL AND used_at < $1
                 AND NOT EXISTS (SELECT 1 FROM grants WHERE grants.state_hash = authorizations.state_hash)
             RETURNING state_hash, phone",
            before.0,
        )?;
        tx.commit().await?;
        let lost = lost.into_iter();
        lost.map(|(hash, phone)| Ok((hash, read_phone(&phone)?)))
            .collect()
    }
}

/// `false`: it had ended before.
pub(crate) async fn finish(tx: &mut Tx, state_hash: &str, end: SignInEnd) -> LedgerResult<bool> {
    let ended = execute!(
        tx,
        "UPDATE authorizations SET outcome = $2 WHERE state_hash = $1 AND outcome IS NULL",
        state_hash,
        end.as_str(),
    )?;
    Ok(ended > 0)
}
