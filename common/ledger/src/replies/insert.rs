//! New replies: each is written once, with the job that sends it.

use birdcall_domain::{
    clock::Timestamp,
    reply::{AboutSignIn, NewReply},
};

use crate::{
    LedgerResult, Tx,
    queue::{self, Job},
    sign_in_limits,
    transaction::{execute, fetch_optional},
};

/// Writes a reply and the job that sends it. `false`: it was there already, or it is about a sign-in and
/// the number got as many of those within a day as a number may get. The caller holds the phone's lane if
/// the reply is about a sign-in.
pub(crate) async fn insert(tx: &mut Tx, reply: &NewReply, now: Timestamp) -> LedgerResult<bool> {
    if let Some(about) = reply.sign_in
        && !sign_in_limits::leave_room(tx, reply, about, now).await?
    {
        metrics::counter!("birdcall_sign_in_texts_withheld_total").increment(1);
        tracing::info!(phone = ?reply.phone, "not texted: today's limit of texts about sign-ins is reached");
        return Ok(false);
    }
    let link_issued_at = match reply.sign_in {
        Some(AboutSignIn::Link(issued_at)) => Some(issued_at.0),
        Some(AboutSignIn::Failure) | None => None,
    };
    let inserted = execute!(
        tx,
        "INSERT INTO replies (id, text_sid, phone, body, purpose, encoding, segments, state, created_at,
             deadline_at, next_attempt_at, woken_at, claims, failures, attempts, checks, resends, sign_in,
             link_issued_at, link_works)
         VALUES ($1, $2, $3, $4, $5, $6, $7, 'queued', $8, $9, $8, 0, 0, 0, 0, 0, 0, $10, $11, $12)
         ON CONFLICT (id) DO NOTHING",
        &reply.id,
        reply.text_sid.as_ref().map(|sid| sid.as_str()),
        reply.phone.as_str(),
        &reply.sms.body,
        reply.purpose.as_str(),
        reply.sms.encoding.as_str(),
        i64::from(reply.sms.segments),
        now.0,
        reply.deadline_at.0,
        i64::from(reply.sign_in.is_some()),
        link_issued_at,
        i64::from(link_issued_at.is_some()),
    )?;
    if inserted > 0 {
        queue::push(tx, &Job::reply(&reply.id), now, now).await?;
    }
    Ok(inserted > 0)
}

/// Whether there is a reply with this id.
pub(crate) async fn exists(tx: &mut Tx, id: &str) -> LedgerResult<bool> {
    let sql = "SELECT id FROM replies WHERE id = $1";
    let found = fetch_optional!(tx, (String,), sql, id)?;
    Ok(found.is_some())
}
