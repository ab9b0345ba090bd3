//! Accounts: linking, tokens, the lease under which they are refreshed, forgetting.

use std::time::Duration;

use birdcall_domain::{account::AccountState, clock::Timestamp, phone::Phone};

use super::{
    Ledger, LedgerResult, Tx, audit,
    audit::Deed,
    count, execute, fetch_all, fetch_optional, known,
    replies::{self, NewReply},
};
use crate::{jobs::Job, queue};

/// An account as it is stored. Tokens are sealed.
#[derive(Clone, sqlx::FromRow)]
pub struct AccountRow {
    /// Random; what jobs carry.
    pub id: String,
    /// E.164.
    pub phone: String,
    /// See [`AccountState`].
    pub state: String,
    /// X's id; empty while X has not told.
    pub x_user_id: String,
    /// Without `@`; empty while X has not told.
    pub x_handle: String,
    /// Granted, space-separated.
    pub scopes: String,
    /// Sealed.
    pub access_token: String,
    /// Unix milliseconds.
    pub access_expires_at: i64,
    /// Sealed; empty when there is none to spend.
    pub refresh_token: String,
    /// Unix milliseconds.
    pub refresh_expires_at: i64,
    /// Goes up with every new pair.
    pub token_version: i64,
    /// Who is refreshing.
    pub refresh_lease_owner: Option<String>,
    /// Until when.
    pub refresh_lease_until: Option<i64>,
    /// Unix milliseconds.
    pub refresh_due_at: Option<i64>,
    /// Refreshes in a row that X could not be asked for.
    pub refresh_failures: i64,
    /// Unix milliseconds.
    pub linked_at: i64,
    /// Unix milliseconds.
    pub last_text_at: i64,
}

impl AccountRow {
    /// Whether posts can be made.
    ///
    /// # Errors
    ///
    /// The stored word is not one of ours.
    pub fn account_state(&self) -> LedgerResult<AccountState> {
        known("accounts.state", &self.state, AccountState::parse)
    }

    /// What a sealed token of this account is bound to.
    #[must_use]
    pub fn seal_context(account_id: &str, token: &str) -> String {
        format!("{token}:{account_id}")
    }

    /// Refreshes in a row that failed.
    #[must_use]
    pub fn failures(&self) -> u32 {
        count(self.refresh_failures)
    }
}

/// A sealed pair with its times.
#[derive(Clone)]
pub struct SealedPair {
    /// Sealed.
    pub access_token: String,
    /// When it expires.
    pub access_expires_at: Timestamp,
    /// Sealed; empty when X gave none.
    pub refresh_token: String,
    /// When it probably expires.
    pub refresh_expires_at: Timestamp,
    /// When to refresh; `None` when there is nothing to refresh with.
    pub refresh_due_at: Option<Timestamp>,
    /// What was granted; `None` when X did not say (then it is as before).
    pub scopes: Option<String>,
}

/// A sign-in that worked.
pub struct Link<'a> {
    /// The account's id.
    pub id: &'a str,
    /// The number.
    pub phone: &'a Phone,
    /// Its tokens.
    pub pair: &'a SealedPair,
    /// X's id; empty while X has not told.
    pub x_user_id: &'a str,
    /// Without `@`.
    pub x_handle: &'a str,
    /// Texts that waited for this get this much time.
    pub retry_horizon: Duration,
    /// Which sign-in it was.
    pub state_hash: &'a str,
    /// The text that says so.
    pub reply: &'a NewReply,
}

const LINKED: &str = "INSERT INTO accounts (id, phone, state, x_user_id, x_handle, scopes, access_token,
     access_expires_at, refresh_token, refresh_expires_at, token_version, refresh_due_at, refresh_failures,
     woken_at, linked_at, last_text_at)
 VALUES ($1, $2, 'active', $3, $4, $5, $6, $7, $8, $9, 1, $10, 0, 0, $11, $11)
 ON CONFLICT (phone) DO UPDATE SET id = $1, state = 'active', x_user_id = $3, x_handle = $4, scopes = $5,
     access_token = $6, access_expires_at = $7, refresh_token = $8, refresh_expires_at = $9,
     token_version = accounts.token_version + 1, refresh_due_at = $10, refresh_failures = 0, woken_at = 0,
     refresh_lease_owner = NULL, refresh_lease_until = NULL, linked_at = $11, last_text_at = $11";

impl Ledger {
    /// Links a number after a sign-in: the account, the sign-in's outcome, the text that says so,
    /// and everything that waited for it, at once. A number that was linked before gets the new id,
    /// since its tokens are sealed for that.
    ///
    /// # Errors
    ///
    /// The database is not available; nothing was written.
    pub async fn link_account(&self, link: Link<'_>, now: Timestamp) -> LedgerResult<()> {
        let mut tx = self.write().await?;
        let phone = link.phone.as_str();
        super::lanes::lock(&mut tx, phone, now).await?;
        let pair = link.pair;
        execute!(
            &mut tx,
            LINKED,
            link.id,
            phone,
            link.x_user_id,
            link.x_handle,
            pair.scopes.as_deref().unwrap_or_default(),
            &pair.access_token,
            pair.access_expires_at.0,
            &pair.refresh_token,
            pair.refresh_expires_at.0,
            pair.refresh_due_at.map(|at| at.0),
            now.0,
        )?;
        if let Some(at) = pair.refresh_due_at {
            queue::push(&mut tx, &Job::refresh(link.id), at, now).await?;
        }
        super::authorizations::finish(&mut tx, link.state_hash, "linked").await?;
        replies::insert(&mut tx, link.reply, now).await?;
        let waiting = fetch_all!(
            &mut tx,
            (String, String),
            "UPDATE texts SET state = CASE state WHEN 'waiting' THEN 'received' ELSE state END, reason = NULL,
                 next_attempt_at = $2, deadline_at = $3, woken_at = $2, unauthorized_version = NULL
             WHERE phone = $1 AND reason = 'sign_in' AND next_attempt_at IS NOT NULL RETURNING sid, kind",
            phone,
            now.0,
            (now + link.retry_horizon).0,
        )?;
        for (sid, kind) in waiting {
            queue::push(&mut tx, &Job::for_text(&kind, &sid), now, now).await?;
        }
        tx.commit().await
    }

    /// The account of a number.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn account_of(&self, phone: &str) -> LedgerResult<Option<AccountRow>> {
        let mut tx = self.read().await?;
        Ok(fetch_optional!(
            &mut tx,
            AccountRow,
            "SELECT * FROM accounts WHERE phone = $1",
            phone
        )?)
    }

    /// The account with an id.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn account(&self, id: &str) -> LedgerResult<Option<AccountRow>> {
        let mut tx = self.read().await?;
        Ok(fetch_optional!(
            &mut tx,
            AccountRow,
            "SELECT * FROM accounts WHERE id = $1",
            id
        )?)
    }

    /// Every account, by number.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn accounts(&self) -> LedgerResult<Vec<AccountRow>> {
        let mut tx = self.read().await?;
        Ok(fetch_all!(
            &mut tx,
            AccountRow,
            "SELECT * FROM accounts ORDER BY phone"
        )?)
    }

    /// Takes the right to spend the refresh token of `version`: once, whatever happens after. The
    /// lease is on disk before X is called; a lease that ran out means that its holder died, and
    /// then the token counts as spent.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn lease_refresh(
        &self,
        id: &str,
        version: i64,
        owner: &str,
        until: Timestamp,
    ) -> LedgerResult<bool> {
        let mut tx = self.write().await?;
        let leased = execute!(
            &mut tx,
            "UPDATE accounts SET refresh_lease_owner = $3, refresh_lease_until = $4
             WHERE id = $1 AND token_version = $2 AND refresh_lease_owner IS NULL
                 AND state = 'active' AND refresh_token <> ''",
            id,
            version,
            owner,
            until.0,
        )?;
        tx.commit().await?;
        Ok(leased > 0)
    }

    /// Stores the new pair of a refresh. It goes by the version, not by the lease: a slow answer
    /// is still the only good pair.
    ///
    /// # Errors
    ///
    /// The database is not available: the pair must be kept and stored again.
    pub async fn store_pair(
        &self,
        id: &str,
        version: i64,
        pair: &SealedPair,
    ) -> LedgerResult<bool> {
        let mut tx = self.write().await?;
        let stored = execute!(
            &mut tx,
            "UPDATE accounts SET access_token = $3, access_expires_at = $4, refresh_token = $5,
                 refresh_expires_at = $6, refresh_due_at = $7, scopes = COALESCE($8, scopes),
                 token_version = token_version + 1, refresh_lease_owner = NULL, refresh_lease_until = NULL,
                 refresh_failures = 0, woken_at = 0
             WHERE id = $1 AND token_version = $2 AND state = 'active'",
            id,
            version,
            &pair.access_token,
            pair.access_expires_at.0,
            &pair.refresh_token,
            pair.refresh_expires_at.0,
            pair.refresh_due_at.map(|at| at.0),
            pair.scopes.as_deref(),
        )?;
        if stored > 0
            && let Some(at) = pair.refresh_due_at
        {
            queue::push_later(&mut tx, &Job::refresh(id), at).await?;
        }
        tx.commit().await?;
        Ok(stored > 0)
    }

    /// X did not process the refresh: the pair is good, and is refreshed again at `at`. Only who
    /// holds the lease gives it back: a second try of this must not take another's.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn release_refresh(
        &self,
        id: &str,
        version: i64,
        owner: &str,
        at: Timestamp,
    ) -> LedgerResult<()> {
        let mut tx = self.write().await?;
        let released = execute!(
            &mut tx,
            "UPDATE accounts SET refresh_lease_owner = NULL, refresh_lease_until = NULL,
                 refresh_due_at = $3, refresh_failures = refresh_failures + 1, woken_at = 0
             WHERE id = $1 AND token_version = $2 AND refresh_lease_owner = $4",
            id,
            version,
            at.0,
            owner,
        )?;
        if released > 0 {
            queue::push_later(&mut tx, &Job::refresh(id), at).await?;
        }
        tx.commit().await
    }

    /// The refresh token that `owner` leased may be spent and is never presented again; the access
    /// token lasts until it expires.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn forget_refresh_token(
        &self,
        id: &str,
        version: i64,
        owner: &str,
    ) -> LedgerResult<()> {
        let mut tx = self.write().await?;
        execute!(
            &mut tx,
            "UPDATE accounts SET refresh_token = '', refresh_due_at = NULL, refresh_lease_owner = NULL,
                 refresh_lease_until = NULL
             WHERE id = $1 AND token_version = $2 AND refresh_lease_owner = $3",
            id,
            version,
            owner,
        )?;
        tx.commit().await
    }

    /// Nothing is refreshed by itself until the account is used again.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn let_idle(&self, id: &str, version: i64) -> LedgerResult<()> {
        let mut tx = self.write().await?;
        execute!(
            &mut tx,
            "UPDATE accounts SET refresh_due_at = NULL WHERE id = $1 AND token_version = $2",
            id,
            version,
        )?;
        tx.commit().await
    }

    /// X takes these tokens no longer: the owner must sign in again. Newer tokens are left alone.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn disconnect_account(&self, id: &str, version: i64) -> LedgerResult<()> {
        let mut tx = self.write().await?;
        disconnect(&mut tx, id, version).await?;
        tx.commit().await
    }

    /// Notes who the account is at X.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn identify_account(
        &self,
        id: &str,
        x_user_id: &str,
        x_handle: &str,
    ) -> LedgerResult<()> {
        let mut tx = self.write().await?;
        execute!(
            &mut tx,
            "UPDATE accounts SET x_user_id = $2, x_handle = $3 WHERE id = $1",
            id,
            x_user_id,
            x_handle,
        )?;
        tx.commit().await
    }

    /// Deletes what is known of a number: account, sign-ins, texts, attempts, replies. What stays
    /// of a text is its sid and its final state, so that a webhook that Twilio repeats does not
    /// bring it back. `except_sid`, the text that asked for it, is emptied but still open: its
    /// settling says so.
    ///
    /// # Errors
    ///
    /// The database is not available; nothing was deleted.
    pub async fn forget(
        &self,
        phone: &Phone,
        except_sid: &str,
        deed: (&str, Deed<'_>),
        now: Timestamp,
    ) -> LedgerResult<()> {
        let phone = phone.as_str();
        let mut tx = self.write().await?;
        super::lanes::lock(&mut tx, phone, now).await?;
        execute!(
            &mut tx,
            "DELETE FROM attempts WHERE sid IN (SELECT sid FROM texts WHERE phone = $1)",
            phone
        )?;
        execute!(&mut tx, "DELETE FROM replies WHERE phone = $1", phone)?;
        // What came after it is a new number's text: answered with the link, not posted.
        let later = fetch_all!(
            &mut tx,
            (String,),
            "UPDATE texts SET kind = 'sign_in', body = '', state = 'received', reason = NULL, next_attempt_at = $3,
                 woken_at = $3, lease_owner = NULL, lease_until = NULL, error = NULL
             WHERE phone = $1 AND sid <> $2 AND next_attempt_at IS NOT NULL
                 AND arrival > (SELECT arrival FROM texts WHERE sid = $2) RETURNING sid",
            phone,
            except_sid,
            now.0,
        )?;
        for (sid,) in later {
            queue::push(&mut tx, &Job::reauth(&sid), now, now).await?;
        }
        execute!(
            &mut tx,
            "UPDATE texts SET phone = '', body = '', service_number = '', error = NULL, next_attempt_at = NULL,
                 lease_owner = NULL, lease_until = NULL,
                 state = CASE WHEN state IN ('received', 'waiting', 'publishing', 'in_doubt') THEN 'refused' ELSE state END,
                 reason = CASE WHEN state IN ('received', 'waiting', 'publishing', 'in_doubt') THEN 'undone' ELSE reason END
             WHERE phone = $1 AND sid <> $2 AND kind <> 'sign_in'",
            phone,
            except_sid,
        )?;
        // Answered already: only its number is left to forget.
        execute!(
            &mut tx,
            "UPDATE texts SET phone = '', body = '', service_number = '', error = NULL
             WHERE phone = $1 AND sid <> $2 AND next_attempt_at IS NULL",
            phone,
            except_sid,
        )?;
        execute!(
            &mut tx,
            "DELETE FROM authorizations WHERE phone = $1",
            phone
        )?;
        execute!(&mut tx, "DELETE FROM accounts WHERE phone = $1", phone)?;
        let (audit_id, deed) = deed;
        audit::record(&mut tx, audit_id, deed, now).await?;
        tx.commit().await
    }

    /// Unlinks a number: its tokens and sign-ins are deleted, its texts stay. `false`: it was not
    /// linked.
    ///
    /// # Errors
    ///
    /// The database is not available; nothing was deleted.
    pub async fn unlink(
        &self,
        phone: &Phone,
        deed: (&str, Deed<'_>),
        now: Timestamp,
    ) -> LedgerResult<bool> {
        let mut tx = self.write().await?;
        execute!(
            &mut tx,
            "DELETE FROM authorizations WHERE phone = $1",
            phone.as_str()
        )?;
        let unlinked = execute!(
            &mut tx,
            "DELETE FROM accounts WHERE phone = $1",
            phone.as_str()
        )?;
        if unlinked > 0 {
            let (audit_id, deed) = deed;
            audit::record(&mut tx, audit_id, deed, now).await?;
        }
        tx.commit().await?;
        Ok(unlinked > 0)
    }

    /// Forgets the numbers of confirmations of `\STOP` that are over, in case the worker that sent
    /// one died before it could.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn scrub_goodbyes(&self) -> LedgerResult<()> {
        let mut tx = self.read().await?;
        let over = fetch_all!(
            &mut tx,
            (String, Option<String>),
            "SELECT id, text_sid FROM replies WHERE purpose = 'goodbye' AND phone <> '' AND next_attempt_at IS NULL",
        )?;
        drop(tx);
        for (id, text_sid) in over {
            self.scrub_reply(&id).await?;
            if let Some(sid) = text_sid {
                self.scrub_text(&sid).await?;
            }
        }
        Ok(())
    }

    /// Forgets the number of a text whose only use was to be answered.
    ///
    /// # Errors
    ///
    /// The database is not available.
    pub async fn scrub_text(&self, sid: &str) -> LedgerResult<()> {
        let mut tx = self.write().await?;
        // An opt-out is kept: it says not to text the number.
        execute!(
            &mut tx,
            "DELETE FROM lanes WHERE opted_out = 0 AND phone = (SELECT phone FROM texts WHERE sid = $1)",
            sid
        )?;
        execute!(
            &mut tx,
            "UPDATE texts SET phone = '', body = '', service_number = '' WHERE sid = $1",
            sid
        )?;
        tx.commit().await
    }
}

/// Whether posts can be made for a number.
pub(super) async fn is_active(tx: &mut Tx, phone: &str) -> LedgerResult<bool> {
    let active = fetch_optional!(
        tx,
        (i64,),
        "SELECT CAST(1 AS BIGINT) FROM accounts WHERE phone = $1 AND state = 'active'",
        phone
    )?;
    Ok(active.is_some())
}

pub(super) async fn disconnect(tx: &mut Tx, id: &str, version: i64) -> LedgerResult<()> {
    execute!(
        tx,
        "UPDATE accounts SET state = 'needs_sign_in', refresh_due_at = NULL, refresh_lease_owner = NULL,
             refresh_lease_until = NULL
         WHERE id = $1 AND token_version = $2",
        id,
        version,
    )?;
    Ok(())
}
