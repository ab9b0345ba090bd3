//! Begins replays of everything while texts arrive and processes die.

use std::{collections::HashSet, time::Duration};

use crate::{
    console::{Console, Pressed},
    error::DrillResult,
    fleet::Fleet,
};

/// More replays than a drill begins.
pub(crate) const RUNS_MAX: i64 = 1000;
/// The time between two replays, so that they are spread over the traffic.
const PAUSE: Duration = Duration::from_secs(2);
/// The time between two attempts.
const TRY_AGAIN: Duration = Duration::from_millis(200);
/// The largest number of attempts to begin one.
const TRIES_MAX: usize = 40;
/// Fast enough that a replay meets texts in every state.
const PACE: u32 = 12_000;
/// What an operator types who wants everything to be run again.
const COMMAND: [&str; 8] = [
    "replay", "--since", "24h", "--yes", "--detach", "--pace", "12000", "--json",
];
/// The same in the console.
const PLAN: &str = "since=24h";

/// The replays that were begun.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Begun {
    /// By the command. One of which nothing would be run again counts, too.
    pub(crate) by_command: usize,
    /// In the console. One of which nothing would be run again does not count.
    pub(crate) in_console: usize,
}

/// Begins `times` replays by the command, and as many in the console.
pub(crate) async fn begin(fleet: &Fleet, url: &str, times: usize) -> DrillResult<Begun> {
    let mut begun = Begun::default();
    let mut ids = HashSet::new();
    for _ in 0..times {
        tokio::time::sleep(PAUSE).await;
        begun.by_command += by_command(fleet).await?;
        tokio::time::sleep(PAUSE).await;
        let console = Console::sign_in(url).await?;
        if let Pressed::Begun(id) = console.begin(PLAN, PACE).await? {
            ids.insert(id);
        }
    }
    begun.in_console = ids.len();
    Ok(begun)
}

impl Begun {
    /// These, and more.
    pub(crate) fn and(self, more: Self) -> Self {
        Self {
            by_command: self.by_command + more.by_command,
            in_console: self.in_console + more.in_console,
        }
    }
}

async fn by_command(fleet: &Fleet) -> DrillResult<usize> {
    for _ in 0..TRIES_MAX {
        // The database may have trouble at this moment. An operator would try again.
        if fleet.birdcall(&COMMAND).await? {
            return Ok(1);
        }
        tokio::time::sleep(TRY_AGAIN).await;
    }
    Err("no replay could be begun by the command".into())
}
