//! `birdcall texts`: list texts, show one with everything that belongs to it, end one, and answer one.

mod end;
pub(super) mod list;
mod record;
mod reply;

use crate::{
    args::TextsCommand,
    environment::{now, open_ledger},
    failure::{Done, Failure},
    find::find_text,
    operator::Who,
    output,
    views::{handle_of, whole_text},
};
use end::How;

pub(crate) async fn run(command: TextsCommand, who: &Who, json: bool) -> Done {
    let ledger = open_ledger().await?;
    match command {
        TextsCommand::List(filter) => list::run(&ledger, filter, json).await,
        TextsCommand::Show { sid } => {
            let unknown = || Failure::Refused(format!("there is no text {sid}"));
            let text = find_text(&ledger, &sid).await?.ok_or_else(unknown)?;
            let history = ledger.text_history(&text.sid).await?;
            let history = history.ok_or_else(unknown)?;
            let handle = handle_of(&ledger, text.from.phone()).await?;
            if json {
                output::object(&whole_text(history, &handle, now()));
            } else {
                output::record(record::of(&history, &handle, now()));
            }
            Ok(())
        }
        TextsCommand::Cancel { sid } => end::run(&ledger, &sid, How::Cancel, who, json).await,
        TextsCommand::GiveUp { sid } => end::run(&ledger, &sid, How::GiveUp, who, json).await,
        TextsCommand::Reply { sid, words } => reply::run(&ledger, &sid, &words, who, json).await,
    }
}
