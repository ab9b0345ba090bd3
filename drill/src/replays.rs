//! Begins replays of everything while texts arrive and processes die.

use std::time::Duration;

use birdcall_domain::{
    clock::{Clock as _, SystemClock},
    replay_run::{BeginReplay, Pace, ReplayFilter},
};
use birdcall_ledger::{audit::By, replay::NewRun};

use crate::{error::DrillResult, fleet::Fleet};

/// The time between two replays.
const PAUSE: Duration = Duration::from_millis(700);
/// The largest number of attempts to begin one.
const TRIES_MAX: usize = 40;
/// Fast enough that a replay meets texts in every state.
const PACE: u32 = 12_000;
/// What an operator types who wants everything to be run again.
const COMMAND: [&str; 8] = [
    "replay", "--since", "24h", "--yes", "--detach", "--pace", "12000", "--json",
];

/// Begins `times` replays by the command, and as many as the console does, and returns how many were
/// begun. One of which nothing would be run again counts, too.
pub(crate) async fn begin(fleet: &Fleet, times: usize) -> DrillResult<usize> {
    let mut begun = 0;
    for number in 0..times {
        tokio::time::sleep(PAUSE).await;
        begun += by_command(fleet).await?;
        begun += by_ledger(fleet, number).await?;
    }
    Ok(begun)
}

async fn by_command(fleet: &Fleet) -> DrillResult<usize> {
    for _ in 0..TRIES_MAX {
        // The database may have trouble at this moment. An operator would try again.
        if fleet.birdcall(&COMMAND).await? {
            return Ok(1);
        }
        tokio::time::sleep(PAUSE / 4).await;
    }
    Err("no replay could be begun by the command".into())
}

async fn by_ledger(fleet: &Fleet, number: usize) -> DrillResult<usize> {
    let now = SystemClock.now();
    let new = NewRun {
        filter: ReplayFilter::until(now),
        force: false,
        pace: Pace::per_minute(PACE).ok_or("the pace is wrong")?,
    };
    let by = By {
        actor: "drill",
        reason: "everything, once more",
        audit_id: &format!("drill{number}"),
    };
    for _ in 0..TRIES_MAX {
        match fleet.ledger.begin_replay(&new, by, SystemClock.now()).await {
            Ok(BeginReplay::Begun(_) | BeginReplay::NothingToDo) => return Ok(1),
            Ok(BeginReplay::TooMany(_)) | Err(_) => tokio::time::sleep(PAUSE / 4).await,
        }
    }
    Err("no replay could be begun by the ledger".into())
}
