//! `birdcall texts cancel` and `birdcall texts give-up`.

use birdcall_common::config;
use birdcall_domain::text::Ending;
use birdcall_ledger::Ledger;
use serde::Serialize;

use crate::{
    environment::{now, random},
    failure::{Done, Failure},
    find::find_text,
    operator::Who,
    output,
};

/// How a text is ended.
#[derive(Clone, Copy)]
pub(super) enum How {
    Cancel,
    GiveUp,
}

/// What became of a text.
#[derive(Serialize)]
struct EndView {
    message_sid: String,
    done: bool,
    outcome: &'static str,
}

/// A text that is not ended is an error.
pub(super) async fn run(ledger: &Ledger, given: &str, how: How, who: &Who, json: bool) -> Done {
    let Some(text) = find_text(ledger, given).await? else {
        return Err(Failure::Refused(format!("there is no text {given}")));
    };
    let sid = &text.sid;
    let writer = config::limits_from_env()?.reply_writer();
    let audit_id = random().id();
    let (by, now) = (who.by(&audit_id), now());
    let ending: Ending = match how {
        How::Cancel => ledger.cancel_text(sid, &writer, by, now).await?,
        How::GiveUp => ledger.give_text_up(sid, &writer, by, now).await?,
    };
    let sentence = format!("the text {sid} {}", ending.words());
    if !ending.acts() {
        return Err(Failure::Refused(sentence));
    }
    let view = EndView {
        message_sid: sid.to_string(),
        done: true,
        outcome: ending.words(),
    };
    output::result(&view, json, sentence);
    Ok(())
}
