//! Ends a text at an operator's word, and tells its sender. The rules are [`cancel`] and [`give_up`].

use birdcall_domain::{
    clock::Timestamp,
    command::{Intent, intent},
    phone::Party,
    reply::{ReplyWriter, Sentence, Words, id_for_text},
    text::{Ending, MessageSid, Progress, Reason, TextState, cancel, give_up},
};

use super::{Text, TextRecord, turns::wake_next};
use crate::{
    Ledger, LedgerResult, Tx,
    audit::{self, By},
    lanes, replies,
    transaction::{execute, fetch_optional},
};

/// The action of the audit, and the rule.
type Deed = (&'static str, fn(&Progress, bool) -> Ending);

impl Ledger {
    /// Cancels a text that is not posted, cannot be on X, and is held by no worker. Its sender is told so,
    /// once, and the next text of its number goes on.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn cancel_text(
        &self,
        sid: &MessageSid,
        writer: &ReplyWriter,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<Ending> {
        self.end_text(sid, ("cancel", cancel), writer, by, now)
            .await
    }

    /// Gives a text up that waits or is in doubt and is held by no worker. Its sender is told, once, that it
    /// is not on X, or that it may be. The next text of its number goes on.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn give_text_up(
        &self,
        sid: &MessageSid,
        writer: &ReplyWriter,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<Ending> {
        self.end_text(sid, ("give-up", give_up), writer, by, now)
            .await
    }

    async fn end_text(
        &self,
        sid: &MessageSid,
        (action, rule): Deed,
        writer: &ReplyWriter,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<Ending> {
        let mut tx = self.write("end_text").await?;
        match lanes::lock_for_text(&mut tx, sid, now).await? {
            None => return Ok(Ending::Unknown),
            Some(Party::Forgotten) => return Ok(Ending::Forgotten),
            Some(Party::Phone(_) | Party::Other(_)) => {}
        }
        let sql = "SELECT * FROM texts WHERE sid = $1";
        let Some(row) = fetch_optional!(tx, TextRecord, sql, sid.as_str())? else {
            return Ok(Ending::Unknown);
        };
        let text = Text::try_from(row)?;
        let held = text.lease_until.is_some_and(|until| until > now);
        let ending = rule(&text.progress, held);
        let Some((state, reason, sentence)) = what_it_becomes(ending) else {
            return Ok(ending);
        };
        if !write(&mut tx, &text, state, reason, now).await? {
            return Ok(Ending::Held);
        }
        tell(&mut tx, &text, writer, &sentence, now).await?;
        wake_next(&mut tx, text.phone()?, sid.as_str(), false, now).await?;
        let detail = detail(&text.progress, ending);
        audit::record_by(&mut tx, by, action, sid.as_str(), &detail, now).await?;
        tx.commit().await?;
        Ok(ending)
    }
}

/// The end of a text, and what its sender is told; `None` when nothing changes.
fn what_it_becomes(ending: Ending) -> Option<(TextState, Reason, Sentence)> {
    let given_up = |may_be_posted| {
        let sentence = Sentence::GivenUp { may_be_posted };
        (TextState::Failed, Reason::GivenUp, sentence)
    };
    match ending {
        Ending::Cancelled => Some((TextState::Refused, Reason::Cancelled, Sentence::Cancelled)),
        Ending::GivenUp => Some(given_up(false)),
        Ending::GivenUpInDoubt => Some(given_up(true)),
        _ => None,
    }
}

/// `false`: the text is no longer what the rule saw, or a worker holds it.
async fn write(
    tx: &mut Tx,
    text: &Text,
    state: TextState,
    reason: Reason,
    now: Timestamp,
) -> LedgerResult<bool> {
    let ended = execute!(
        tx,
        "UPDATE texts SET state = $2, reason = $3, next_attempt_at = NULL, look_due_at = NULL, lease_owner = NULL,
             lease_until = NULL, claims = 0, woken_at = 0,
             doubted = CASE state WHEN 'in_doubt' THEN 1 ELSE doubted END
         WHERE sid = $1 AND kind = 'post' AND state = $4 AND state IN ('received', 'waiting', 'in_doubt')
             AND doubted = $5 AND (lease_until IS NULL OR lease_until <= $6)",
        text.sid.as_str(),
        state.as_str(),
        reason.as_str(),
        text.progress.state.as_str(),
        i64::from(text.progress.doubted),
        now.0,
    )?;
    Ok(ended > 0)
}

/// Tells the sender. A text whose words were removed because of its age is not worth a reply any more.
async fn tell(
    tx: &mut Tx,
    text: &Text,
    writer: &ReplyWriter,
    sentence: &Sentence,
    now: Timestamp,
) -> LedgerResult<()> {
    if text.body.is_empty() {
        return Ok(());
    }
    let quote = match intent(&text.body, None) {
        Intent::Post(words) => words,
        _ => text.body.trim().to_owned(),
    };
    let words = Words {
        quote: &quote,
        ..Words::default()
    };
    let id = id_for_text(&text.sid, sentence.purpose(), text.replays + text.rounds);
    let reply = writer.write(id, Some(&text.sid), text.phone()?, sentence, words, now);
    replies::insert(tx, &reply, now).await?;
    Ok(())
}

/// What the text was, and what it is now.
fn detail(was: &Progress, ending: Ending) -> String {
    let reason = was.reason.map(|reason| format!(" ({reason})"));
    let reason = reason.unwrap_or_default();
    format!("it was {}{reason}; it {}", was.state, ending.words())
}
