//! `birdcall texts reply`.

use birdcall_common::config;
use birdcall_domain::reply::HandWritten;
use birdcall_ledger::{Ledger, replies::ByHand};
use serde::Serialize;

use crate::{
    environment::{now, random},
    failure::{Done, Failure},
    find::find_text,
    operator::Who,
    output,
};

/// What became of the reply.
#[derive(Serialize)]
struct ReplyingView {
    message_sid: String,
    done: bool,
    outcome: &'static str,
    /// How long the reply is, in words.
    length: String,
}

/// A reply that is refused is an error.
pub(super) async fn run(
    ledger: &Ledger,
    given: &str,
    words: &[String],
    who: &Who,
    json: bool,
) -> Done {
    let words: HandWritten = match words.join(" ").parse() {
        Ok(words) => words,
        Err(error) => return Err(Failure::Usage(format!("{error}"))),
    };
    let Some(text) = find_text(ledger, given).await? else {
        return Err(Failure::Refused(format!("there is no text {given}")));
    };
    let writer = config::limits_from_env()?.reply_writer();
    let (key, audit_id) = (random().id(), random().id());
    let reply = ByHand {
        sid: &text.sid,
        key: &key,
        words: &words,
        writer: &writer,
    };
    let became = ledger
        .reply_by_hand(reply, who.by(&audit_id), now())
        .await?;
    let outcome = became.words();
    let sentence = format!("the text {} {outcome}", text.sid);
    if !became.is_written() {
        return Err(Failure::Refused(sentence));
    }
    let length = words.length();
    let sentence = format!("{sentence} ({length})");
    let view = ReplyingView {
        message_sid: text.sid.to_string(),
        done: true,
        outcome,
        length,
    };
    output::result(&view, json, sentence);
    Ok(())
}
