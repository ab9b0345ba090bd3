//! `birdcall accounts erase`.

use std::time::Duration;

use birdcall_common::config;
use birdcall_domain::{
    erasing::{Erasing, Remains, confirms},
    phone::Phone,
    wording,
};
use birdcall_ledger::{Ledger, erasure::ErasureStep};
use serde::Serialize;

use crate::{
    answer::answer,
    environment::{now, random},
    failure::{Done, Failure},
    operator::Who,
    output,
};

/// The rest after each step. Whatever else writes gets its turn in it.
const REST: Duration = Duration::from_millis(20);
/// After this many rows, the operator is told how many there were so far.
const TOLD_EVERY: u64 = 10_000;

/// How a number is erased.
#[derive(Clone, Copy)]
pub(super) struct How {
    /// Without a question.
    pub(super) yes: bool,
    /// The file is written again as well.
    pub(super) vacuum: bool,
}

/// What became of a number.
#[derive(Serialize)]
struct EraseView {
    phone: String,
    /// What happened, in words.
    detail: String,
    /// How many texts and replies went just now.
    rows: u64,
    /// What is left in the files of the database, in words.
    remains: &'static str,
}

pub(super) async fn erase(ledger: &Ledger, phone: &Phone, how: How, who: &Who, json: bool) -> Done {
    let mark = config::secret_keys_from_env()?.mark(phone);
    if !how.yes && !confirmed(phone)? {
        return Err(Failure::Refused("nothing was erased".to_owned()));
    }
    let audit_id = random().id();
    let erasing = ledger.begin_erasure(phone, &mark, who.by(&audit_id), now());
    let erasing = erasing.await?;
    let words = erasing.words();
    let sentence = format!("{} {words}", phone.as_str());
    let rows = match &erasing {
        Erasing::Blocked => return Err(Failure::Refused(sentence)),
        Erasing::Unknown if !how.vacuum => return Err(Failure::Refused(sentence)),
        Erasing::Unknown => 0,
        Erasing::Begun(_) | Erasing::UnderWay { .. } => {
            go_on(ledger, erasing.id().unwrap_or_default()).await?
        }
    };
    if how.vacuum {
        ledger.rewrite_file().await?;
    }
    let remains: Remains = ledger.clean_file(now()).await?;
    let view = EraseView {
        phone: phone.as_str().to_owned(),
        detail: words,
        rows,
        remains: remains.words(),
    };
    output::result(&view, json, format!("{sentence}\n{}", remains.words()));
    Ok(())
}

/// Erases until nothing is left. A worker goes on if this process ends before.
async fn go_on(ledger: &Ledger, id: &str) -> Result<u64, Failure> {
    let (mut gone, mut told) = (0, 0);
    while let ErasureStep::Some(rows) = ledger.erase_more(id, now()).await? {
        gone += rows;
        if gone / TOLD_EVERY > told {
            told = gone / TOLD_EVERY;
            let rows = wording::number(gone);
            output::note(format!("{rows} texts and replies are erased so far"));
        }
        tokio::time::sleep(REST).await;
    }
    Ok(gone)
}

fn confirmed(phone: &Phone) -> Result<bool, Failure> {
    let question = format!(
        "Everything that is known of {} is deleted, and cannot be brought back: its texts, replies, sign-ins and \
         tokens. Posts on X stay.",
        phone.as_str()
    );
    let asked = format!("{question}\nType the last four digits of the number to continue:");
    match answer(&asked)? {
        Some(typed) => Ok(confirms(phone, &typed)),
        None => Err(Failure::Refused(format!(
            "{question} Nobody is there to confirm this: run the command in a terminal, or add --yes"
        ))),
    }
}
