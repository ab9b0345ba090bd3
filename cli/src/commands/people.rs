//! `birdcall people`: who may sign up besides the settings.

mod change;
mod invite;
mod list;

use crate::{args::PeopleCommand, environment::open_ledger, failure::Done, operator::Who};

pub(crate) async fn run(command: PeopleCommand, who: &Who, json: bool) -> Done {
    match command {
        PeopleCommand::List { limit } => list::run(&open_ledger().await?, limit, json).await,
        PeopleCommand::Allow { phone, note } => {
            change::allow(&open_ledger().await?, &phone, note.as_ref(), who, json).await
        }
        PeopleCommand::Invite { phone, note } => {
            invite::run(&phone, note.as_ref(), who, json).await
        }
        PeopleCommand::Remove { phone } => {
            change::remove(&open_ledger().await?, &phone, who, json).await
        }
    }
}
