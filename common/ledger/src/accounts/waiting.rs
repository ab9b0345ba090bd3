//! The texts of a number that waited for its tokens.

use std::time::Duration;

use birdcall_domain::{clock::Timestamp, phone::Phone, text::Kind};

use crate::{
    LedgerResult, Tx,
    queue::{self, Job},
    stored::known,
    texts::read_sid,
    transaction::fetch_all,
};

/// Makes the texts due that waited for the owner to sign in; they are tried for `retry_horizon` from
/// now on.
pub(super) async fn wake_signed_in(
    tx: &mut Tx,
    phone: &Phone,
    retry_horizon: Duration,
    now: Timestamp,
) -> LedgerResult<()> {
    let waiting = fetch_all!(
        tx,
        (String, String),
        "UPDATE texts SET state = CASE state WHEN 'waiting' THEN 'received' ELSE state END, reason = NULL,
             next_attempt_at = $2, deadline_at = $3, woken_at = $2, unauthorized_version = NULL, rounds = rounds + 1
         WHERE phone = $1 AND reason = 'sign_in' AND next_attempt_at IS NOT NULL RETURNING sid, kind",
        phone.as_str(),
        now.0,
        (now + retry_horizon).0,
    )?;
    push_all(tx, waiting, now).await
}

/// Makes every text due that waited for a usable pair of tokens. A text whose outcome is unknown is
/// looked up at its own times.
pub(super) async fn wake_waiting(
    tx: &mut Tx,
    phone: &Phone,
    retry_horizon: Duration,
    now: Timestamp,
) -> LedgerResult<()> {
    wake_signed_in(tx, phone, retry_horizon, now).await?;
    let waiting = fetch_all!(
        tx,
        (String, String),
        "UPDATE texts SET next_attempt_at = $2, woken_at = $2
         WHERE phone = $1 AND state = 'waiting' AND reason = 'outage' AND lease_owner IS NULL
             AND next_attempt_at > $2
         RETURNING sid, kind",
        phone.as_str(),
        now.0,
    )?;
    push_all(tx, waiting, now).await
}

async fn push_all(tx: &mut Tx, texts: Vec<(String, String)>, now: Timestamp) -> LedgerResult<()> {
    for (sid, kind) in texts {
        let kind = known("texts.kind", &kind, Kind::parse)?;
        queue::push(tx, &Job::for_text(kind, &read_sid(&sid)?), now, now).await?;
    }
    Ok(())
}
