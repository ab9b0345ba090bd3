//! Erases texts and replies, with everything that names them.

use birdcall_domain::clock::Timestamp;
use sqlx::AssertSqlSafe;

use crate::{
    LedgerResult, Tx,
    erased::{self, list, these},
    queue::delete_jobs,
    transaction::{execute, fetch_all},
};

/// What the audit says instead of the sid of a text that was erased.
const ERASED_TEXT: &str = "an erased text";

/// Erases texts with their attempts, their replies and the reports about these. Returns how many rows of texts and
/// replies went.
pub(super) async fn erase_texts(tx: &mut Tx, sids: &[String], now: Timestamp) -> LedgerResult<u64> {
    if sids.is_empty() {
        return Ok(0);
    }
    let these = these(tx.dialect());
    let sql = format!("SELECT id FROM replies WHERE text_sid IN ({these})");
    let replies = fetch_all!(tx, (String,), AssertSqlSafe(sql), list(sids))?;
    let replies: Vec<String> = replies.into_iter().map(|(id,)| id).collect();
    let mut gone = erase_replies(tx, &replies, now).await?;
    forget_names(tx, sids).await?;
    erased::remember(tx, sids, now).await?;
    for sql in [
        format!("DELETE FROM attempts WHERE sid IN ({these})"),
        // A command of another time may be about one of these.
        format!("UPDATE replay_runs SET at_sid = '' WHERE at_sid IN ({these})"),
    ] {
        execute!(tx, AssertSqlSafe(sql), list(sids))?;
    }
    let sql = format!("UPDATE audit SET subject = $2 WHERE subject IN ({these})");
    execute!(tx, AssertSqlSafe(sql), list(sids), ERASED_TEXT)?;
    let sql = format!("DELETE FROM texts WHERE sid IN ({these})");
    gone += execute!(tx, AssertSqlSafe(sql), list(sids))?;
    Ok(gone)
}

/// Erases replies with the reports about them. Reports come first, in the order in which a report that comes meanwhile
/// locks them.
pub(super) async fn erase_replies(
    tx: &mut Tx,
    ids: &[String],
    now: Timestamp,
) -> LedgerResult<u64> {
    if ids.is_empty() {
        return Ok(0);
    }
    let these = these(tx.dialect());
    let sql =
        format!("SELECT twilio_sid FROM replies WHERE id IN ({these}) AND twilio_sid IS NOT NULL");
    let sids = fetch_all!(tx, (String,), AssertSqlSafe(sql), list(ids))?;
    let sids: Vec<String> = sids.into_iter().map(|(sid,)| sid).collect();
    // A report about a message may come late, and names it, or the reply.
    erased::remember(tx, &sids, now).await?;
    erased::remember(tx, ids, now).await?;
    forget_names(tx, ids).await?;
    let sql = format!("DELETE FROM deliveries WHERE twilio_sid IN ({these})");
    execute!(tx, AssertSqlSafe(sql), list(&sids))?;
    let sql = format!("DELETE FROM replies WHERE id IN ({these})");
    Ok(execute!(tx, AssertSqlSafe(sql), list(ids))?)
}

/// Forgets the jobs, the reveals and the counted answers that have one of these ids. An answer to a stranger still
/// counts: its id becomes a hash.
async fn forget_names(tx: &mut Tx, ids: &[String]) -> LedgerResult<()> {
    delete_jobs(tx, ids).await?;
    let these = these(tx.dialect());
    let sql = format!("DELETE FROM operator_reveals WHERE subject IN ({these})");
    execute!(tx, AssertSqlSafe(sql), list(ids))?;
    let sql = format!("SELECT id FROM stranger_texts WHERE id IN ({these})");
    let counted = fetch_all!(tx, (String,), AssertSqlSafe(sql), list(ids))?;
    for (id,) in counted {
        let hash = crate::authorizations::secret_hash(&id);
        let sql = "UPDATE stranger_texts SET id = $2 WHERE id = $1";
        execute!(tx, sql, &id, hash)?;
    }
    Ok(())
}
