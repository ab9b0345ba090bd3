//! The door: inbound texts are committed, many at a time, and then answered.
//!
//! One task per process writes them. While it commits a batch the next one gathers, so the disk is
//! synced once per batch and not once per text, and a text alone waits for nobody.

use std::time::Duration;

use birdcall_domain::{
    account::AccountState,
    clock::{SharedClock, Timestamp},
    command::{Keyword, intent},
    inbound::{Disposition, IgnoreReason, InboundText, SignUp, SignUpRule, bound, dispose},
    phone::Phone,
    reply::{Sentence, Words},
    text::Reason,
};
use tokio::sync::{mpsc, oneshot};

use super::{
    Ledger, LedgerError, LedgerResult, Tx,
    connections::within,
    execute, fetch_all, fetch_optional, known, lanes,
    replies::{self, NewReply},
};
use crate::{fail_point::FailPoint, jobs::Job, queue};

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
    answer: oneshot::Sender<LedgerResult<Receipt>>,
}

/// Texts that wait for the next batch; beyond that, callers wait.
const WAITING_MAX: usize = 4096;
/// Texts committed at once.
const BATCH_MAX: usize = 256;

/// What the door needs to know.
#[derive(Clone, Debug)]
pub struct Door {
    /// Where texts are written.
    pub ledger: Ledger,
    /// The time.
    pub clock: SharedClock,
    /// `SIGNUP`.
    pub sign_up: SignUpRule,
    /// `RETRY_HORIZON`.
    pub retry_horizon: Duration,
    /// `OPEN_TEXTS_MAX`.
    pub open_texts_max: usize,
    /// `REPLY_SEGMENTS_MAX`.
    pub reply_segments_max: u32,
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
    pub async fn receive(&self, text: InboundText) -> LedgerResult<Receipt> {
        self.hand_in(text).await?.await.map_err(|_| not_taken())?
    }

    /// Takes texts in, in this order; how many of them were new.
    ///
    /// # Errors
    ///
    /// The database is not available: not all of them were taken.
    pub async fn receive_in_order(&self, texts: Vec<InboundText>) -> LedgerResult<usize> {
        // One after the other is handed in, and only then are the answers waited for: futures that
        // are waited for together hand in when they please.
        let mut answers = Vec::with_capacity(texts.len());
        for text in texts {
            answers.push(self.hand_in(text).await?);
        }
        let mut new = 0;
        for answered in answers {
            let receipt = answered.await.map_err(|_| not_taken())??;
            new += usize::from(matches!(receipt, Receipt::New(_)));
        }
        Ok(new)
    }

    async fn hand_in(
        &self,
        text: InboundText,
    ) -> LedgerResult<oneshot::Receiver<LedgerResult<Receipt>>> {
        let (answer, answered) = oneshot::channel();
        let letter = Letter { text, answer };
        self.sender.send(letter).await.map_err(|_| not_taken())?;
        Ok(answered)
    }
}

async fn serve(door: Door, mut receiver: mpsc::Receiver<Letter>) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while receiver.recv_many(&mut batch, BATCH_MAX).await > 0 {
        // Whoever waits no longer (answered 503 by now) is not written: Twilio comes again.
        batch.retain(|letter: &Letter| !letter.answer.is_closed());
        let texts: Vec<&InboundText> = batch.iter().map(|letter| &letter.text).collect();
        match commit(&door, &texts).await {
            Ok(receipts) => {
                for (letter, receipt) in batch.drain(..).zip(receipts) {
                    let _ = letter.answer.send(Ok(receipt));
                }
            }
            Err(error) if batch.len() > 1 && (error.is_about_the_rows() || error.is_conflict()) => {
                // One bad letter must not hold the others up: each on its own.
                for letter in batch.drain(..) {
                    let one = commit(&door, &[&letter.text]).await;
                    let _ = letter.answer.send(one.map(|receipts| receipts[0]));
                }
            }
            Err(error) => {
                tracing::warn!(%error, texts = batch.len(), "nothing was taken in");
                // Who sent them is told that it was not; the first learns why.
                let mut why = Some(error);
                for letter in batch.drain(..) {
                    let error = why.take().unwrap_or_else(not_taken);
                    let _ = letter.answer.send(Err(error));
                }
            }
        }
    }
}

/// For whoever shared the fate of a batch, or came when the door was closed.
fn not_taken() -> LedgerError {
    LedgerError::Unavailable(sqlx::Error::WorkerCrashed)
}

async fn commit(door: &Door, texts: &[&InboundText]) -> LedgerResult<Vec<Receipt>> {
    let mut tx = door.ledger.write().await?;
    lock_door(&mut tx).await?;
    // Behind the lock: whoever waited longer for it came later.
    let now = door.clock.now();
    let mut receipts = Vec::with_capacity(texts.len());
    for (place, text) in (0..).zip(texts) {
        receipts.push(receive(&mut tx, door, text, now.0 * 1000 + place, now).await?);
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
/// in different orders would otherwise wait for each other, and a text could become visible before
/// one that arrived earlier. SQLite's write lock does the same.
pub const DOOR_LOCK: i64 = 0x6269_7264;

async fn lock_door(tx: &mut Tx) -> LedgerResult<()> {
    if let Tx::Postgres(tx, timeout) = tx {
        let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(DOOR_LOCK);
        within(*timeout, lock.execute(&mut **tx)).await?;
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
) -> LedgerResult<Receipt> {
    let disposition = judge(tx, door, text).await?;
    let open = open_texts(tx, door, text, disposition).await?;
    let disposition = bound(
        disposition,
        &intent(&text.body, text.opt_out_type.as_deref()),
        open.len(),
        door.open_texts_max,
    );
    let (state, reason, due) = match disposition {
        Disposition::Ignore(reason) => ("ignored", Some(reason.as_str()), None),
        Disposition::TooMany => ("refused", Some(Reason::TooMany.as_str()), None),
        _ => ("received", None, Some(now.0)),
    };
    // It arrives after what its phone has sent before, whatever another web's clock says.
    let inserted = execute!(
        tx,
        "INSERT INTO texts (sid, phone, service_number, body, num_media, kind, state, reason, arrival, received_at,
             deadline_at, next_attempt_at, woken_at, claims, deaths, failures, attempts, checks, doubted, replays)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8,
             (SELECT MAX(at) FROM (SELECT CAST($9 AS BIGINT) AS at
                 UNION ALL SELECT MAX(arrival) + 1 FROM texts WHERE phone = $2) AS moments),
             $10, $11, $12, $10, 0, 0, 0, 0, 0, 0, 0)
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
    match disposition {
        Disposition::TooMany | Disposition::Ignore(IgnoreReason::TooMany) => {
            tell_too_many(tx, door, text, open.first(), now).await?;
        }
        Disposition::Ignore(_) => {}
        Disposition::SignIn | Disposition::Command | Disposition::Post => {
            let job = Job::for_text(disposition.kind(), text.sid.as_str());
            queue::push(tx, &job, now, now).await?;
        }
    }
    Ok(Receipt::New(disposition))
}

/// The phone's open texts, oldest first, as far as they matter: none when nothing is to be done
/// with this one, and no more than the limit.
async fn open_texts(
    tx: &mut Tx,
    door: &Door,
    text: &InboundText,
    disposition: Disposition,
) -> LedgerResult<Vec<(String,)>> {
    if matches!(disposition, Disposition::Ignore(_)) {
        return Ok(Vec::new());
    }
    Ok(fetch_all!(
        tx,
        (String,),
        "SELECT sid FROM texts WHERE phone = $1 AND next_attempt_at IS NOT NULL ORDER BY arrival LIMIT $2",
        text.from.as_str(),
        i64::try_from(door.open_texts_max).unwrap_or(i64::MAX),
    )?)
}

/// Says so, once for as long as the same text is the first in line: whoever floods is not answered
/// text by text.
async fn tell_too_many(
    tx: &mut Tx,
    door: &Door,
    text: &InboundText,
    first: Option<&(String,)>,
    now: Timestamp,
) -> LedgerResult<()> {
    let (Some((first,)), Ok(phone)) = (first, text.from.parse::<Phone>()) else {
        return Ok(());
    };
    let words = Words {
        quote: &text.body,
        ..Words::default()
    };
    let reply = NewReply {
        id: format!("{first}:too_many"),
        text_sid: Some(text.sid.to_string()),
        phone,
        purpose: Sentence::TooMany.purpose(),
        sms: Sentence::TooMany.compose(words, door.reply_segments_max),
        deadline_at: now + door.retry_horizon,
    };
    replies::insert(tx, &reply, now).await?;
    Ok(())
}

async fn judge(tx: &mut Tx, door: &Door, text: &InboundText) -> LedgerResult<Disposition> {
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
