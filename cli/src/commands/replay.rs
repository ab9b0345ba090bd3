//! `birdcall replay`: run texts again.

use std::io::Write as _;

use birdcall_domain::{clock::Timestamp, text::Replay};
use birdcall_ledger::{Ledger, replay::ReplayOrder, texts::TextFilter};
use serde::Serialize;

use crate::{
    args::ReplayOptions,
    environment::{actor, now, open_ledger, random},
    failure::{Done, Failure},
    output,
    parse::{duration, text_state},
};

/// How long a replayed text is tried again. This command reads only the settings of the database,
/// so the worker's `RETRY_HORIZON` may differ.
const HORIZON: &str = "24h";
/// The largest number of texts that one command runs again.
const REPLAYED_MAX: i64 = 10_000;

/// What happened to one text.
#[derive(Serialize)]
struct ReplayView {
    message_sid: String,
    done: bool,
    outcome: &'static str,
}

pub(crate) async fn run(options: ReplayOptions, json: bool) -> Done {
    let ledger = open_ledger().await?;
    let sids = match &options.state {
        Some(word) => sids_in(&ledger, word, options.since.as_deref()).await?,
        None => options.sids.clone(),
    };
    if options.force && !options.dry_run && !confirmed(sids.len())? {
        return Err(Failure::Refused("nothing was replayed".to_owned()));
    }
    let actor = actor();
    let mut views = Vec::new();
    for sid in sids {
        let order = ReplayOrder {
            force: options.force,
            dry_run: options.dry_run,
            retry_horizon: duration(HORIZON)?,
            actor: &actor,
            audit_id: &random().token(12),
        };
        let replay = match sid.parse() {
            Ok(sid) => ledger.replay(&sid, order, now()).await?,
            Err(_) => Replay::Unknown,
        };
        let done = replay.acts() && !options.dry_run;
        views.push((
            replay,
            ReplayView {
                message_sid: sid,
                done,
                outcome: replay.as_str(),
            },
        ));
    }
    // A named text that is not run again is an error. With --state, texts that cannot be run again
    // are passed over.
    let named = options.state.is_none() && !options.dry_run;
    let refused = views.iter().any(|(replay, _)| match replay {
        Replay::Unknown => true,
        replay => named && !replay.acts(),
    });
    let rows: Vec<ReplayView> = views.into_iter().map(|(_, view)| view).collect();
    output::list(&rows, json, &["message_sid", "outcome"], |row| {
        vec![row.message_sid.clone(), row.outcome.to_owned()]
    });
    if refused {
        Err(Failure::Refused("some texts were not run again".to_owned()))
    } else {
        Ok(())
    }
}

async fn sids_in(ledger: &Ledger, word: &str, since: Option<&str>) -> Result<Vec<String>, Failure> {
    let since = since.map(duration).transpose()?;
    let filter = TextFilter {
        phone: None,
        state: Some(text_state(word)?),
        since: since.map_or(Timestamp(0), |since| now() - since),
        contains: None,
        limit: REPLAYED_MAX,
    };
    let mut texts = ledger.texts(&filter).await?;
    // The ledger lists the newest first, but texts are run in the order in which they arrived.
    texts.reverse();
    Ok(texts.into_iter().map(|text| text.sid.to_string()).collect())
}

/// Asks twice, because a text that is forced may appear on X a second time.
fn confirmed(count: usize) -> Result<bool, Failure> {
    let ask = |question: &str, answer: &str| -> Result<bool, Failure> {
        eprint!("{question} ");
        std::io::stderr().flush()?;
        let mut given = String::new();
        std::io::stdin().read_line(&mut given)?;
        Ok(given.trim() == answer)
    };
    Ok(ask(
        &format!("Post {count} text(s) even if they were already posted? Type yes:"),
        "yes",
    )? && ask(
        "They may appear on X twice. Type the number of texts to continue:",
        &count.to_string(),
    )?)
}
