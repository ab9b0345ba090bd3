//! What a phone is told about a text that is taken in and not worked on.

use birdcall_domain::{
    clock::Timestamp,
    inbound::InboundText,
    reply::{ReplyWriter, Sentence, Words, id_for_text},
    text::MessageSid,
};

use crate::{LedgerResult, Tx, replies};

/// Tells a sender that a command or a post came too late.
pub(crate) async fn tell_too_late(
    tx: &mut Tx,
    writer: &ReplyWriter,
    text: &InboundText,
    now: Timestamp,
) -> LedgerResult<()> {
    let Some(phone) = text.sender() else {
        return Ok(());
    };
    let words = Words {
        quote: text.body.trim(),
        ..Words::default()
    };
    let (sid, sentence) = (&text.sid, Sentence::TooLate);
    let id = id_for_text(sid, sentence.purpose(), 0);
    let reply = writer.write(id, Some(sid), &phone, &sentence, words, now);
    replies::insert(tx, &reply, now).await?;
    Ok(())
}

/// Says so, once for as long as the same text is the first in line: a phone that floods is not
/// answered text by text.
pub(crate) async fn tell_too_many(
    tx: &mut Tx,
    writer: &ReplyWriter,
    text: &InboundText,
    first: Option<&MessageSid>,
    now: Timestamp,
) -> LedgerResult<()> {
    let (Some(first), Some(phone)) = (first, text.sender()) else {
        return Ok(());
    };
    let id = format!("{first}:too_many");
    if replies::exists(tx, &id).await? {
        return Ok(());
    }
    let words = Words {
        quote: &text.body,
        ..Words::default()
    };
    let sid = Some(&text.sid);
    let reply = writer.write(id, sid, &phone, &Sentence::TooMany, words, now);
    replies::insert(tx, &reply, now).await?;
    Ok(())
}
