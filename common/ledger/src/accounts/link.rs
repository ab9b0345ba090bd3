//! Linking a number to an X account.

use std::time::Duration;

use birdcall_domain::{authorization::SignInEnd, clock::Timestamp, phone::Phone, reply::NewReply};

use super::{pair::SealedPair, unlink::discard_unknown_to_x, waiting::wake_signed_in};
use crate::{
    Ledger, LedgerResult, authorizations, blocked, lanes, people,
    queue::{self, Job},
    replies, sign_in_limits,
    transaction::execute,
};

/// A sign-in that worked.
pub struct Link<'a> {
    /// The account's new id.
    pub id: &'a str,
    /// The number.
    pub phone: &'a Phone,
    /// Its tokens.
    pub pair: &'a SealedPair,
    /// X's id of the account; empty until X tells.
    pub x_user_id: &'a str,
    /// The handle without `@`.
    pub x_handle: &'a str,
    /// How long texts that waited for this sign-in are tried from now on.
    pub retry_horizon: Duration,
    /// The sign-in.
    pub state_hash: &'a str,
    /// When the link was issued that led here. It must still work, and the number's links end with it.
    /// `None`: nobody followed a link.
    pub link_issued_at: Option<Timestamp>,
    /// The reply that says so.
    pub reply: &'a NewReply,
}

const LINKED: &str = "INSERT INTO accounts (id, phone, state, x_user_id, x_handle, scopes, access_token,
     access_expires_at, refresh_token, refresh_expires_at, token_version, refresh_due_at, refresh_failures,
     woken_at, linked_at, last_text_at)
 VALUES ($1, $2, 'active', $3, $4, $5, $6, $7, $8, $9, 1, $10, 0, 0, $11, $11)
 ON CONFLICT (phone) DO UPDATE SET id = $1, state = 'active', x_user_id = $3, x_handle = $4, scopes = $5,
     access_token = $6, access_expires_at = $7, refresh_token = $8, refresh_expires_at = $9,
     token_version = accounts.token_version + 1, refresh_due_at = $10, refresh_failures = 0, woken_at = 0,
     refresh_lease_owner = NULL, refresh_lease_until = NULL, refresh_doubted_at = NULL, linked_at = $11,
     last_text_at = $11";

impl Ledger {
    /// Links a number after a sign-in: the account, the outcome of the sign-in, the reply that says
    /// so, and everything that waited for it, at once. A number that was linked before gets the new
    /// id, because its tokens are sealed for that id, and X has to revoke the pair that is replaced.
    /// `false`: the link no longer works, or the number is blocked, and nothing was written.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was written.
    pub async fn link_account(&self, link: Link<'_>, now: Timestamp) -> LedgerResult<bool> {
        let mut tx = self.write("link_account").await?;
        lanes::lock(&mut tx, link.phone, now).await?;
        if let Some(issued_at) = link.link_issued_at
            && !sign_in_limits::link_works(&mut tx, link.phone, issued_at).await?
        {
            return Ok(false);
        }
        if blocked::is_blocked(&mut tx, link.phone).await? {
            return Ok(false);
        }
        sign_in_limits::end_links(&mut tx, link.phone).await?;
        // The grant that is replaced would live on at X, beside the new one.
        discard_unknown_to_x(&mut tx, link.phone, None, now).await?;
        let pair = link.pair;
        execute!(
            tx,
            LINKED,
            link.id,
            link.phone.as_str(),
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
        people::note_sign_in(&mut tx, link.phone).await?;
        authorizations::finish(&mut tx, link.state_hash, SignInEnd::Linked).await?;
        let sql = "UPDATE authorizations SET account_id = $2 WHERE state_hash = $1";
        execute!(tx, sql, link.state_hash, link.id)?;
        let sql = "DELETE FROM grants WHERE account_id = $1";
        execute!(tx, sql, link.id)?;
        replies::insert(&mut tx, link.reply, now).await?;
        wake_signed_in(&mut tx, link.phone, link.retry_horizon, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Notes which X account a number is linked to.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn identify_account(
        &self,
        id: &str,
        x_user_id: &str,
        x_handle: &str,
    ) -> LedgerResult<()> {
        let mut tx = self.write("identify_account").await?;
        let sql = "UPDATE accounts SET x_user_id = $2, x_handle = $3 WHERE id = $1";
        execute!(tx, sql, id, x_user_id, x_handle)?;
        tx.commit().await
    }
}
