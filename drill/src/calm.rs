//! Waits until the work is done.

use std::{collections::HashSet, time::Duration};

use birdcall_domain::reply::ReplyState;
use tokio::time::Instant;

use crate::{error::DrillResult, fleet::Fleet, replays::RUNS_MAX, texting::Sent};

/// The time between two looks at the ledger.
const LOOK_AGAIN: Duration = Duration::from_millis(500);

/// Waits until every text that was sent is in the ledger, and no text, no reply and no replay is unfinished.
/// Returns `false` if that takes longer than `limit`.
pub(crate) async fn wait_for_calm(
    fleet: &Fleet,
    sent: &[Sent],
    limit: Duration,
) -> DrillResult<bool> {
    let until = Instant::now() + limit;
    while Instant::now() < until {
        tokio::time::sleep(LOOK_AGAIN).await;
        // The replays first: what one of them has run again is seen among the texts.
        let runs = fleet.ledger.replay_runs(RUNS_MAX).await?;
        let texts = fleet.ledger.text_counts().await?;
        let replies = fleet.ledger.reply_counts().await?;
        let open_text = texts.iter().any(|(state, _)| !state.is_final());
        let open_reply = replies.iter().any(|(state, _)| {
            use ReplyState::{InDoubt, Queued, Sending};
            matches!(state, Queued | Sending | InDoubt)
        });
        let open_run = runs.iter().any(|run| !run.state.is_over());
        if open_text || open_reply || open_run {
            continue;
        }
        let known = fleet.texts().await?;
        let known: HashSet<&str> = known.iter().map(|text| text.sid.as_str()).collect();
        if sent.iter().all(|sent| known.contains(sent.sid.as_str())) {
            return Ok(true);
        }
    }
    Ok(false)
}
