//! Lanes: one row for each phone, locked to put what concerns that phone in order.

use birdcall_domain::{
    clock::Timestamp,
    phone::{Party, Phone},
    text::MessageSid,
};

use crate::{
    LedgerResult, Tx,
    time_limit::within,
    transaction::{Open, execute, fetch_optional},
};

/// Takes the phone's lane until the transaction ends: on PostgreSQL the row's lock, on SQLite the
/// write lock that the transaction holds anyway.
pub(crate) async fn lock(tx: &mut Tx, phone: &Phone, now: Timestamp) -> LedgerResult<()> {
    execute!(
        tx,
        "INSERT INTO lanes (phone, opted_out, touched_at) VALUES ($1, 0, $2)
         ON CONFLICT (phone) DO UPDATE SET touched_at = $2",
        phone.as_str(),
        now.0,
    )?;
    Ok(())
}

/// Takes the lanes that there are of these phones, as a process that takes texts in does before it
/// looks at their accounts: a `\STOP` that is being settled has the lane, and the text that crosses it
/// comes after it. A phone without a lane has no text that a worker could be settling. On SQLite the
/// transaction holds the write lock.
pub(crate) async fn lock_existing(tx: &mut Tx, phones: Vec<String>) -> LedgerResult<()> {
    if let Open::Postgres(tx, timeout) = &mut tx.open {
        let sql = "SELECT phone FROM lanes WHERE phone = ANY($1) ORDER BY phone FOR UPDATE";
        let lock = sqlx::query(sql).bind(phones);
        within(*timeout, lock.execute(&mut **tx)).await?;
    }
    Ok(())
}

/// Takes the lane of a text's sender if that is a phone, and returns the sender; `None`: there is no
/// such text.
pub(crate) async fn lock_for_text(
    tx: &mut Tx,
    sid: &MessageSid,
    now: Timestamp,
) -> LedgerResult<Option<Party>> {
    let sql = "SELECT phone FROM texts WHERE sid = $1";
    let Some((from,)) = fetch_optional!(tx, (String,), sql, sid.as_str())? else {
        return Ok(None);
    };
    let from = Party::read(&from);
    if let Some(phone) = from.phone() {
        lock(tx, phone, now).await?;
    }
    Ok(Some(from))
}

/// Notes that Twilio blocks our texts to the phone, or lets them through again, since `at` (in
/// microseconds). What is known of a later moment is not overwritten.
pub(crate) async fn set_opted_out(
    tx: &mut Tx,
    phone: &Phone,
    opted_out: bool,
    at: i64,
    now: Timestamp,
) -> LedgerResult<()> {
    execute!(
        tx,
        "INSERT INTO lanes (phone, opted_out, opted_at, touched_at) VALUES ($1, $2, $3, $4)
         ON CONFLICT (phone) DO UPDATE SET opted_out = $2, opted_at = $3, touched_at = $4
         WHERE lanes.opted_at <= $3",
        phone.as_str(),
        i64::from(opted_out),
        at,
        now.0,
    )?;
    Ok(())
}

/// Whether Twilio blocks our texts to the phone.
pub(crate) async fn is_opted_out(tx: &mut Tx, phone: &Phone) -> LedgerResult<bool> {
    let sql = "SELECT opted_out FROM lanes WHERE phone = $1";
    let row = fetch_optional!(tx, (i64,), sql, phone.as_str())?;
    Ok(row.is_some_and(|(opted_out,)| opted_out != 0))
}
