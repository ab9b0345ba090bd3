//! A replay of many texts: which ones, how fast, and how far it has come. Workers carry it out, so it
//! goes on when the command or the page that began it is closed.

mod counts;
mod filter;
mod pace;
mod told;

pub use counts::{ReplayCounts, ReplayPlan};
pub use filter::ReplayFilter;
pub use pace::Pace;
use serde::Serialize;
pub use told::NO_WORKER;

use crate::{clock::Timestamp, words::words};

words! {
    /// The state of a replay of many texts.
    pub enum RunState {
        /// No worker has begun it yet.
        Planned = "planned",
        /// Workers run its texts again, oldest first.
        Running = "running",
        /// An operator stopped it. The texts that it had reached were run again.
        Stopped = "stopped",
        /// Every text that it was to reach was reached.
        Done = "done",
    }
}

impl RunState {
    /// Whether no further text is reached.
    #[must_use]
    pub fn is_over(self) -> bool {
        matches!(self, Self::Stopped | Self::Done)
    }
}

/// A replay of many texts.
#[derive(Clone, Debug)]
pub struct ReplayRun {
    /// Its name.
    pub id: String,
    /// Which texts. What it looked for in bodies is removed at its end: see
    /// [`ReplayFilter::contains`].
    pub filter: ReplayFilter,
    /// Whether it also posts what is, or may be, on X already.
    pub force: bool,
    /// How fast.
    pub pace: Pace,
    /// Who began it.
    pub who: String,
    /// Why, in that person's words; may be empty.
    pub why: String,
    /// How far it has come.
    pub state: RunState,
    /// How many texts matched when it was begun.
    pub planned: u64,
    /// Whether all of them were counted; otherwise there may be more.
    pub planned_all: bool,
    /// What became of the texts that it has reached.
    pub counts: ReplayCounts,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it last moved.
    pub updated_at: Timestamp,
    /// When it was stopped or done.
    pub finished_at: Option<Timestamp>,
    /// When its next text is due.
    pub next_text_at: Timestamp,
}

/// What became of the order to begin a replay of many texts.
#[derive(Clone, Debug)]
pub enum BeginReplay {
    /// Workers carry it out.
    Begun(Box<ReplayRun>),
    /// No text that it would run again matches.
    NothingToDo,
    /// This many replays are not over, which is the most that there may be.
    TooMany(u64),
}

impl BeginReplay {
    /// What happened, in words.
    #[must_use]
    pub fn words(&self) -> String {
        match self {
            Self::Begun(run) => format!("replay {} has begun", run.id),
            Self::NothingToDo => "no text that matches would be run again".to_owned(),
            Self::TooMany(open) => {
                format!("{open} replays are not over yet: wait for one, or stop one")
            }
        }
    }
}

/// What became of the order to stop a replay of many texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StopReplay {
    /// It reaches no further text.
    Stopped,
    /// It was stopped, or it was done, before.
    WasOver,
    /// There is no such replay.
    Unknown,
}

impl StopReplay {
    /// What happened, in words.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Stopped => {
                "the replay was stopped; the texts that it had reached are not called back"
            }
            Self::WasOver => "the replay was over already",
            Self::Unknown => "there is no such replay",
        }
    }
}
