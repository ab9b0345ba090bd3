//! `birdcall replay`.

use std::io::Write as _;

use birdcall_domain::clock::Timestamp;
use birdcall_domain::text::Replay;
use birdcall_ledger::{Ledger, replay::ReplayOrder, texts::TextFilter};
use serde::Serialize;

use super::{actor, duration, now, open_ledger, random, texts::state};
use crate::{
    Done,
    args::ReplayOptions,
    output::{self, Failure},
};

/// A replayed text has this long again. The worker's own RETRY_HORIZON may differ; a replay is an
/// operator's wish for now.
const HORIZON: &str = "24h";
/// Texts replayed by one command.
const REPLAYED_MAX: i64 = 10_000;

/// What came of one text.
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
    // Who names a text wants it run again; who names a state wants those that can be.
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
        Err(Failure::Refused("not every text was run again".to_owned()))
    } else {
        Ok(())
    }
}

async fn sids_in(ledger: &Ledger, word: &str, since: Option<&str>) -> Result<Vec<String>, Failure> {
    let since = since.map(duration).transpose()?;
    let filter = TextFilter {
        phone: None,
        state: Some(state(word)?),
        since: since.map_or(Timestamp(0), |since| now() - since),
        contains: None,
        limit: REPLAYED_MAX,
    };
    let mut texts = ledger.texts(&filter).await?;
    // In the order in which they came.
    texts.reverse();
    Ok(texts.into_iter().map(|text| text.sid.to_string()).collect())
}

/// Asks twice: what is forced may stand on X a second time.
fn confirmed(count: usize) -> Result<bool, Failure> {
    let ask = |question: &str, answer: &str| -> Result<bool, Failure> {
        eprint!("{question} ");
        std::io::stderr().flush()?;
        let mut given = String::new();
        std::io::stdin().read_line(&mut given)?;
        Ok(given.trim() == answer)
    };
    Ok(ask(
        &format!("Post {count} text(s) even if they are posted already? Type yes:"),
        "yes",
    )? && ask(
        "They may stand on X twice. Type the number of texts to go on:",
        &count.to_string(),
    )?)
}
