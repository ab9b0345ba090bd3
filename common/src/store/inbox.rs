//! The door: inbound texts are committed, many at a time, and then answered.
//!
//! One task per process writes them. While it commits a batch the next one gathers, so the disk is
//! synced once per batch and not once per text, and a text alone waits for nobody.

use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};

use tokio::sync::{mpsc, oneshot};

use super::{Store, StoreError, StoreResult, Tx, execute, fetch_optional, known, lanes};
use crate::{
    clock::{SharedClock, Timestamp},
    config::SignUpRule,
    domain::{
        account::AccountState,
        command::{Keyword, intent},
        inbound::{Disposition, IgnoreReason, SignUp, dispose},
        phone::Phone,
    },
    fail_point::FailPoint,
    jobs::Job,
    queue,
    twilio::webhook::InboundText,
};

/// What became of an inbound text at the door.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    /// Committed; this is what will be done with it.
    New(Disposition),
    /// It was there already: nothing new.
    Known,
}

/// Takes texts in. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Inbox {
    sender: mpsc::Sender<Letter>,
}

struct Letter {
    text: InboundText,
    answer: oneshot::Sender<StoreResult<Receipt>>,
}

/// Texts that wait for the next batch; beyond that, callers wait.
const WAITING_MAX: usize = 4096;
/// Texts committed at once.
const BATCH_MAX: usize = 256;

/// What the door needs to know.
#[derive(Clone, Debug)]
pub struct Door {
    /// Where texts are written.
    pub store: Store,
    /// The time.
    pub clock: SharedClock,
    /// `SIGNUP`.
    pub sign_up: SignUpRule,
    /// `RETRY_HORIZON`.
    pub retry_horizon: Duration,
    /// For tests.
    pub fail_point: FailPoint,
}

impl Inbox {
    /// Opens the door. It closes, after its last batch, when every clone is dropped.
    #[must_use]
    pub fn open(door: Door) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        tokio::spawn(serve(door, receiver));
        Self { sender }
    }

    /// Takes one text in: when this returns, it is on disk.
    ///
    /// # Errors
    ///
    /// The database is not available: the text was not taken, and Twilio must be told so.
    pub async fn receive(&self, text: InboundText) -> StoreResult<Receipt> {
        let (answer, answered) = oneshot::channel();
        let closed = || StoreError::Unavailable(sqlx::Error::WorkerCrashed);
        self.sender
            .send(Letter { text, answer })
            .await
            .map_err(|_| closed())?;
        answered.await.map_err(|_| closed())?
    }
}

async fn serve(door: Door, mut receiver: mpsc::Receiver<Letter>) {
    let arrival = Arc::new(AtomicI64::new(0));
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while receiver.recv_many(&mut batch, BATCH_MAX).await > 0 {
        // Whoever waits no longer (answered 503 by now) is not written: Twilio comes again.
        batch.retain(|letter: &Letter| !letter.answer.is_closed());
        let texts: Vec<&InboundText> = batch.iter().map(|letter| &letter.text).collect();
        match commit(&door, &texts, &arrival).await {
            Ok(receipts) => {
                for (letter, receipt) in batch.drain(..).zip(receipts) {
                    let _ = letter.answer.send(Ok(receipt));
                }
            }
            Err(error) if batch.len() == 1 => {
                if let Some(letter) = batch.pop() {
                    let _ = letter.answer.send(Err(error));
                }
            }
            Err(_) => {
                // One bad letter must not hold the others up: each on its own.
                for letter in batch.drain(..) {
                    let one = commit(&door, &[&letter.text], &arrival).await;
                    let _ = letter.answer.send(one.map(|receipts| receipts[0]));
                }
            }
        }
    }
}

async fn commit(
    door: &Door,
    texts: &[&InboundText],
    arrival: &AtomicI64,
) -> StoreResult<Vec<Receipt>> {
    let now = door.clock.now();
    let mut tx = door.store.write().await?;
    lock_door(&mut tx).await?;
    let mut receipts = Vec::with_capacity(texts.len());
    for text in texts {
        // Microseconds, and always later than the last: the order in which they came in.
        let at = arrival
            .fetch_max(now.0 * 1000, Ordering::Relaxed)
            .max(now.0 * 1000 - 1)
            + 1;
        arrival.store(at, Ordering::Relaxed);
        receipts.push(receive(&mut tx, door, text, at, now).await?);
    }
    // Lanes before accounts, and both in the order of phones, as everybody locks them.
    let mut of_phones: Vec<(&str, Disposition)> = texts
        .iter()
        .zip(&receipts)
        .filter_map(|(text, receipt)| match receipt {
            Receipt::New(disposition) => Some((text.from.as_str(), *disposition)),
            Receipt::Known => None,
        })
        .collect();
    of_phones.sort_by_key(|(phone, _)| *phone);
    for (phone, disposition) in &of_phones {
        if let Disposition::Ignore(IgnoreReason::Keyword(
            keyword @ (Keyword::OptOut | Keyword::OptIn),
        )) = disposition
        {
            lanes::set_opted_out(&mut tx, phone, *keyword == Keyword::OptOut, now).await?;
        }
    }
    for (phone, disposition) in of_phones {
        if !matches!(disposition, Disposition::Ignore(_)) {
            execute!(
                &mut tx,
                "UPDATE accounts SET last_text_at = $2 WHERE phone = $1",
                phone,
                now.0
            )?;
        }
    }
    door.fail_point.reached("inbox.written");
    tx.commit().await?;
    door.fail_point.reached("inbox.committed");
    Ok(receipts)
}

/// The advisory lock that doors take on PostgreSQL: two batches that hold the same texts or phones
/// in different orders would otherwise wait for each other.
const DOOR_LOCK: i64 = 0x6269_7264;

async fn lock_door(tx: &mut Tx) -> StoreResult<()> {
    if let Tx::Postgres(tx) = tx {
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(DOOR_LOCK)
            .execute(&mut **tx)
            .await?;
    }
    Ok(())
}

/// PostgreSQL stores no U+0000, and no phone can mean it.
fn without_nul(text: &str) -> String {
    text.replace('\0', "\u{FFFD}")
}

async fn receive(
    tx: &mut Tx,
    door: &Door,
    text: &InboundText,
    arrival: i64,
    now: Timestamp,
) -> StoreResult<Receipt> {
    let disposition = judge(tx, door, text).await?;
    let (state, reason, due) = match disposition {
        Disposition::Ignore(reason) => ("ignored", Some(reason.as_str()), None),
        _ => ("received", None, Some(now.0)),
    };
    let inserted = execute!(
        tx,
        "INSERT INTO texts (sid, phone, service_number, body, num_media, kind, state, reason, arrival, received_at,
             deadline_at, next_attempt_at, woken_at, claims, deaths, failures, attempts, checks, doubted, replays)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $10, 0, 0, 0, 0, 0, 0, 0)
         ON CONFLICT (sid) DO NOTHING",
        text.sid.as_str(),
        without_nul(&text.from),
        without_nul(&text.to),
        without_nul(&text.body),
        i64::from(text.num_media),
        disposition.kind(),
        state,
        reason,
        arrival,
        now.0,
        (now + door.retry_horizon).0,
        due,
    )?;
    if inserted == 0 {
        return Ok(Receipt::Known);
    }
    if !matches!(disposition, Disposition::Ignore(_)) {
        queue::push(
            tx,
            &Job::for_text(disposition.kind(), text.sid.as_str()),
            now,
            now,
        )
        .await?;
    }
    Ok(Receipt::New(disposition))
}

async fn judge(tx: &mut Tx, door: &Door, text: &InboundText) -> StoreResult<Disposition> {
    let Ok(phone) = text.from.parse::<Phone>() else {
        return Ok(Disposition::Ignore(IgnoreReason::Sender));
    };
    if text.from == text.to {
        return Ok(Disposition::Ignore(IgnoreReason::Sender));
    }
    let account = fetch_optional!(
        tx,
        (String,),
        "SELECT state FROM accounts WHERE phone = $1",
        phone.as_str()
    )?;
    let account = account
        .map(|(word,)| known("accounts.state", &word, AccountState::parse))
        .transpose()?;
    let sign_up = match account {
        Some(_) => SignUp::Allowed,
        None => door.sign_up.judge(&phone),
    };
    Ok(dispose(
        &intent(&text.body, text.opt_out_type.as_deref()),
        account,
        sign_up,
    ))
}
