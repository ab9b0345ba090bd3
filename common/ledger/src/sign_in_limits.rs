//! Which sign-in links work, and how many texts about sign-ins went out within a day.

use birdcall_domain::{
    clock::Timestamp,
    phone::Phone,
    reply::{AboutSignIn, NewReply},
    sign_up::{Answered, DAY, DailyLimits},
};

use crate::{
    Ledger, LedgerResult, Tx, accounts,
    stored::count,
    transaction::{execute, fetch_optional},
};

impl Ledger {
    /// Whether the link that was issued to this number at this moment still works: it was texted, no
    /// sign-in has worked since, and the number was not unlinked, forgotten or blocked.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn link_works(&self, phone: &Phone, issued_at: Timestamp) -> LedgerResult<bool> {
        let mut tx = self.read("link_works").await?;
        link_works(&mut tx, phone, issued_at).await
    }
}

/// See [`Ledger::link_works`].
pub(crate) async fn link_works(
    tx: &mut Tx,
    phone: &Phone,
    issued_at: Timestamp,
) -> LedgerResult<bool> {
    let row = fetch_optional!(
        tx,
        (i64,),
        "SELECT created_at FROM replies
         WHERE phone = $1 AND sign_in = 1 AND link_works = 1 AND link_issued_at = $2
             AND NOT EXISTS (SELECT 1 FROM blocked_numbers WHERE blocked_numbers.phone = $1) LIMIT 1",
        phone.as_str(),
        issued_at.0,
    )?;
    Ok(row.is_some())
}

/// Ends every link of a number.
pub(crate) async fn end_links(tx: &mut Tx, phone: &Phone) -> LedgerResult<()> {
    let sql =
        "UPDATE replies SET link_works = 0 WHERE phone = $1 AND sign_in = 1 AND link_works = 1";
    execute!(tx, sql, phone.as_str())?;
    Ok(())
}

/// Whether the limits of a day leave room for a reply. The caller holds the phone's lane, so that two
/// replies to it do not both take the last place.
pub(crate) async fn leave_room(
    tx: &mut Tx,
    reply: &NewReply,
    about: AboutSignIn,
    now: Timestamp,
) -> LedgerResult<bool> {
    let (phone, limits) = (&reply.phone, reply.daily);
    if links_to(tx, phone, limits.links_max, now).await? >= limits.links_max {
        return Ok(false);
    }
    // An answer to a stranger's text was counted when the text came in.
    if about == AboutSignIn::Failure && accounts::state_of(tx, phone).await?.is_none() {
        if strangers(tx, limits.strangers_max, now).await? >= limits.strangers_max {
            return Ok(false);
        }
        note_stranger(tx, &reply.id, now).await?;
    }
    Ok(true)
}

/// What was answered within the last day to a number that is not linked, and to all of them.
pub(crate) async fn answered(
    tx: &mut Tx,
    phone: &Phone,
    limits: DailyLimits,
    now: Timestamp,
) -> LedgerResult<Answered> {
    let texted = links_to(tx, phone, limits.links_max, now).await?;
    // The answers to these may still be on their way.
    let asked = count_of(fetch_optional!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM (SELECT 1 FROM texts
             WHERE phone = $1 AND arrival > $2 AND kind = 'sign_in' LIMIT $3) AS asked",
        phone.as_str(),
        (now - DAY).0.saturating_mul(1000),
        i64::from(limits.links_max),
    )?);
    Ok(Answered {
        links: texted.max(asked),
        strangers: strangers(tx, limits.strangers_max, now).await?,
    })
}

/// Forgets answers that no longer count. Only the door does so, because it does one thing at a time: two
/// transactions that delete the same rows would wait for each other.
pub(crate) async fn forget_strangers(tx: &mut Tx, now: Timestamp) -> LedgerResult<()> {
    let sql = "DELETE FROM stranger_texts WHERE at <= $1";
    execute!(tx, sql, (now - DAY).0)?;
    Ok(())
}

/// Counts an answer to a number that is not linked.
pub(crate) async fn note_stranger(tx: &mut Tx, id: &str, now: Timestamp) -> LedgerResult<()> {
    let sql = "INSERT INTO stranger_texts (id, at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    execute!(tx, sql, id, now.0)?;
    Ok(())
}

async fn links_to(tx: &mut Tx, phone: &Phone, max: u32, now: Timestamp) -> LedgerResult<u32> {
    Ok(count_of(fetch_optional!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM (SELECT 1 FROM replies
             WHERE phone = $1 AND sign_in = 1 AND created_at > $2 LIMIT $3) AS links",
        phone.as_str(),
        (now - DAY).0,
        i64::from(max),
    )?))
}

async fn strangers(tx: &mut Tx, max: u32, now: Timestamp) -> LedgerResult<u32> {
    Ok(count_of(fetch_optional!(
        tx,
        (i64,),
        "SELECT COUNT(*) FROM (SELECT 1 FROM stranger_texts WHERE at > $1 LIMIT $2) AS strangers",
        (now - DAY).0,
        i64::from(max),
    )?))
}

fn count_of(row: Option<(i64,)>) -> u32 {
    row.map_or(0, |(rows,)| count(rows))
}
