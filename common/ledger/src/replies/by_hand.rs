//! A reply that an operator writes to the sender of a text.

use birdcall_domain::{
    clock::Timestamp,
    phone::{Party, Phone},
    reply::{HandReply, HandWritten, ReplyWriter, Sentence, Words},
    text::MessageSid,
};

use super::insert;
use crate::{
    Ledger, LedgerResult, Tx,
    audit::{self, By},
    blocked, lanes,
    transaction::fetch_optional,
};

/// A reply that an operator writes.
pub struct ByHand<'a> {
    /// The text that it answers.
    pub sid: &'a MessageSid,
    /// Names the reply: a second one with the same key is the same reply.
    pub key: &'a str,
    /// What it says.
    pub words: &'a HandWritten,
    /// Writes it.
    pub writer: &'a ReplyWriter,
}

impl Ledger {
    /// Texts an operator's words to the sender of a text, unless the number is blocked, opted out or
    /// forgotten. The audit says how long they are, and not what they say.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn reply_by_hand(
        &self,
        reply: ByHand<'_>,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<HandReply> {
        let sid = reply.sid;
        let mut tx = self.write("reply_by_hand").await?;
        // A block and a `\STOP` take the lane, too: neither comes between.
        let phone = match lanes::lock_for_text(&mut tx, sid, now).await? {
            None => return Ok(HandReply::Unknown),
            Some(Party::Forgotten) => return Ok(HandReply::Forgotten),
            Some(Party::Other(_)) => return Ok(HandReply::NoPhone),
            Some(Party::Phone(phone)) => phone,
        };
        if let Some(refused) = obstacle(&mut tx, sid, &phone).await? {
            return Ok(refused);
        }
        let id = format!("{sid}:by_hand:{}", reply.key);
        let sentence = Sentence::ByHand(reply.words.clone());
        let words = Words::default();
        let written = reply
            .writer
            .write(id, Some(sid), &phone, &sentence, words, now);
        if !insert(&mut tx, &written, now).await? {
            return Ok(HandReply::AlreadyWritten);
        }
        let detail = reply.words.length();
        audit::record_by(&mut tx, by, "reply", sid.as_str(), &detail, now).await?;
        tx.commit().await?;
        Ok(HandReply::Written)
    }
}

/// What speaks against a reply.
async fn obstacle(tx: &mut Tx, sid: &MessageSid, phone: &Phone) -> LedgerResult<Option<HandReply>> {
    // The number may have been forgotten before its lane was locked.
    let sql = "SELECT service_number FROM texts WHERE sid = $1 AND phone = $2";
    let Some((ours,)) = fetch_optional!(tx, (String,), sql, sid.as_str(), phone.as_str())? else {
        return Ok(Some(HandReply::Forgotten));
    };
    if ours == phone.as_str() {
        return Ok(Some(HandReply::NoPhone));
    }
    if blocked::is_blocked(tx, phone).await? {
        return Ok(Some(HandReply::Blocked));
    }
    if lanes::is_opted_out(tx, phone).await? {
        return Ok(Some(HandReply::OptedOut));
    }
    // After `\STOP`, the confirmation is the last reply.
    let sql =
        "SELECT id FROM replies WHERE phone = $1 AND purpose = 'goodbye' AND phone <> '' LIMIT 1";
    let goodbye = fetch_optional!(tx, (String,), sql, phone.as_str())?;
    Ok(goodbye.map(|_| HandReply::Forgotten))
}
