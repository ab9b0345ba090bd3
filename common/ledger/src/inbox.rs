//! The inbox: inbound texts are committed, many at a time, and then answered.
//!
//! One task in each process writes them. While it commits a batch, the next one gathers, so the disk
//! is synced once for a batch and not once for a text, and a text that comes alone waits for nobody.

use std::time::Duration;

use birdcall_domain::{
    clock::{SharedClock, Timestamp},
    inbound::{Disposition, IgnoreReason, InboundText},
};
use tokio::sync::{mpsc, oneshot};

use crate::{
    Ledger, LedgerError, LedgerResult,
    take_in::{InboxPolicy, Receipt},
};

/// Takes texts in. It is cheap to clone.
#[derive(Clone, Debug)]
pub struct Inbox {
    sender: mpsc::Sender<Waiting>,
}

/// A text on its way into a batch, and whom to answer.
struct Waiting {
    text: InboundText,
    answer: oneshot::Sender<LedgerResult<Receipt>>,
}

struct Writer {
    ledger: Ledger,
    clock: SharedClock,
    policy: InboxPolicy,
    /// When the operator is told again that strangers are not answered.
    next_warning: Timestamp,
}

/// How often the log says that strangers are not answered, at most.
const WARN_EVERY: Duration = Duration::from_secs(600);
/// Texts that wait for the next batch; further callers wait until there is room.
const WAITING_MAX: usize = 4096;
/// Texts that are committed at once.
const BATCH_MAX: usize = 256;

impl Inbox {
    /// Opens the inbox. It closes, after its last batch, when every clone is dropped.
    #[must_use]
    pub fn open(ledger: &Ledger, clock: SharedClock, policy: InboxPolicy) -> Self {
        let (sender, receiver) = mpsc::channel(WAITING_MAX);
        let writer = Writer {
            ledger: ledger.clone(),
            clock,
            policy,
            next_warning: Timestamp(0),
        };
        tokio::spawn(serve(writer, receiver));
        Self { sender }
    }

    /// Takes one text in. When this returns, the text is on disk.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`]: the text was not taken, and Twilio has to be told so.
    pub async fn receive(&self, text: InboundText) -> LedgerResult<Receipt> {
        let answered = self.hand_in(text).await?;
        answered.await.map_err(|_| LedgerError::not_taken())?
    }

    /// Takes texts in, in this order, and returns how many of them were new.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`]: not all of them were taken.
    pub async fn receive_in_order(&self, texts: Vec<InboundText>) -> LedgerResult<usize> {
        // All are handed in, one after the other, before any answer is awaited: futures that are
        // awaited together would hand in their texts in any order.
        let mut answers = Vec::with_capacity(texts.len());
        for text in texts {
            answers.push(self.hand_in(text).await?);
        }
        let mut new = 0;
        for answered in answers {
            let receipt = answered.await.map_err(|_| LedgerError::not_taken())??;
            new += usize::from(matches!(receipt, Receipt::New(_)));
        }
        Ok(new)
    }

    async fn hand_in(
        &self,
        text: InboundText,
    ) -> LedgerResult<oneshot::Receiver<LedgerResult<Receipt>>> {
        let (answer, answered) = oneshot::channel();
        let waiting = Waiting { text, answer };
        let sent = self.sender.send(waiting).await;
        sent.map_err(|_| LedgerError::not_taken())?;
        Ok(answered)
    }
}

impl Writer {
    async fn take_in(&mut self, texts: &[&InboundText]) -> LedgerResult<Vec<Receipt>> {
        let receipts = self
            .ledger
            .take_in(texts, &self.policy, &*self.clock)
            .await?;
        self.report_strangers(&receipts);
        Ok(receipts)
    }

    /// Tells the operator that numbers which are not linked get no answer any more today.
    fn report_strangers(&mut self, receipts: &[Receipt]) {
        let ignored = Receipt::New(Disposition::Ignore(IgnoreReason::TooManyStrangers));
        let ignored = receipts.iter().filter(|receipt| **receipt == ignored);
        let unanswered = u64::try_from(ignored.count()).unwrap_or(0);
        if unanswered == 0 {
            return;
        }
        metrics::counter!("birdcall_strangers_unanswered_total").increment(unanswered);
        let now = self.clock.now();
        if now >= self.next_warning {
            self.next_warning = now + WARN_EVERY;
            tracing::error!(
                max = self.policy.writer.daily.strangers_max,
                "STRANGERS_PER_DAY_MAX is reached: texts of numbers that are not linked are recorded and not \
                 answered. If this is not an attack, raise it"
            );
        }
    }
}

async fn serve(mut writer: Writer, mut receiver: mpsc::Receiver<Waiting>) {
    let mut batch = Vec::with_capacity(BATCH_MAX);
    while receiver.recv_many(&mut batch, BATCH_MAX).await > 0 {
        // A caller that has given up (it has answered 503) is left out: Twilio repeats its webhook.
        batch.retain(|waiting: &Waiting| !waiting.answer.is_closed());
        let texts: Vec<&InboundText> = batch.iter().map(|waiting| &waiting.text).collect();
        match writer.take_in(&texts).await {
            Ok(receipts) => {
                for (waiting, receipt) in batch.drain(..).zip(receipts) {
                    let _ = waiting.answer.send(Ok(receipt));
                }
            }
            Err(error) if batch.len() > 1 && (error.is_about_the_rows() || error.is_conflict()) => {
                // One text that cannot be stored must not hold the others up: each is taken on its own.
                for waiting in batch.drain(..) {
                    let one = writer.take_in(&[&waiting.text]).await;
                    let _ = waiting.answer.send(one.map(|receipts| receipts[0]));
                }
            }
            Err(error) => {
                tracing::warn!(%error, texts = batch.len(), "no text was taken in");
                // The first caller learns why; the others learn that their texts were not taken.
                let mut why = Some(error);
                for waiting in batch.drain(..) {
                    let error = why.take().unwrap_or_else(LedgerError::not_taken);
                    let _ = waiting.answer.send(Err(error));
                }
            }
        }
    }
}
