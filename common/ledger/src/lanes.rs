//! Lanes: one row a phone, locked to put what concerns that phone in order.

use birdcall_domain::clock::Timestamp;

use super::{LedgerResult, Tx, execute, fetch_optional};

/// Takes the phone's lane until the transaction ends: on PostgreSQL the row's lock, on SQLite the
/// write lock that the transaction holds anyway.
pub(super) async fn lock(tx: &mut Tx, phone: &str, now: Timestamp) -> LedgerResult<()> {
    execute!(
        tx,
        "INSERT INTO lanes (phone, opted_out, touched_at) VALUES ($1, 0, $2)
         ON CONFLICT (phone) DO UPDATE SET touched_at = $2",
        phone,
        now.0,
    )?;
    Ok(())
}

/// Takes the lane of a text's phone, and says which that is; `None`: there is no such text.
pub(super) async fn lock_for_text(
    tx: &mut Tx,
    sid: &str,
    now: Timestamp,
) -> LedgerResult<Option<String>> {
    let phone = fetch_optional!(tx, (String,), "SELECT phone FROM texts WHERE sid = $1", sid)?;
    let Some((phone,)) = phone else {
        return Ok(None);
    };
    lock(tx, &phone, now).await?;
    Ok(Some(phone))
}

/// Notes that Twilio blocks our texts to the phone, or lets them through again.
pub(super) async fn set_opted_out(
    tx: &mut Tx,
    phone: &str,
    opted_out: bool,
    now: Timestamp,
) -> LedgerResult<()> {
    execute!(
        tx,
        "INSERT INTO lanes (phone, opted_out, touched_at) VALUES ($1, $2, $3)
         ON CONFLICT (phone) DO UPDATE SET opted_out = $2, touched_at = $3",
        phone,
        i64::from(opted_out),
        now.0,
    )?;
    Ok(())
}

pub(super) async fn is_opted_out(tx: &mut Tx, phone: &str) -> LedgerResult<bool> {
    let row = fetch_optional!(
        tx,
        (i64,),
        "SELECT opted_out FROM lanes WHERE phone = $1",
        phone
    )?;
    Ok(row.is_some_and(|(opted_out,)| opted_out != 0))
}
