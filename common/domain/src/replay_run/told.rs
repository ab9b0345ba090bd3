//! How far a replay of many has come, in words, for the command and the console.

use super::{ReplayRun, RunState};
use crate::{
    clock::Timestamp,
    wording::{age, at, length, number},
};

/// What is said while nobody carries replays out.
pub const NO_WORKER: &str =
    "No worker is alive. The replay waits for one, and begins when one starts.";

impl ReplayRun {
    /// How many texts it has reached, as in `120 of 5,213`. What it reaches may be a little more than what
    /// was planned; then, and at the end, only the number that it has reached is said.
    #[must_use]
    pub fn reached(&self) -> String {
        let (reached, planned) = (self.counts.total(), self.planned);
        let at_least = if self.planned_all { "" } else { "at least " };
        match self.state {
            RunState::Done => number(reached),
            _ if reached > planned => number(reached),
            _ => format!("{} of {at_least}{}", number(reached), number(planned)),
        }
    }

    /// The texts that it has not reached, as far as they were counted.
    fn rest(&self) -> u64 {
        self.planned.saturating_sub(self.counts.total())
    }

    /// How long the rest takes by the pace. `None`: it is over.
    #[must_use]
    pub fn rest_takes(&self) -> Option<String> {
        let takes = length(self.pace.takes(self.rest()));
        let at_least = if self.planned_all { "" } else { "at least " };
        (!self.state.is_over()).then(|| format!("{at_least}{takes}"))
    }

    /// When it will be done by the pace. `None`: it is over.
    #[must_use]
    pub fn done_at(&self, now: Timestamp) -> Option<String> {
        let after_next = self.pace.takes(self.rest().saturating_sub(1));
        let done = self.next_text_at.max(now) + after_next;
        let not_before = if self.planned_all { "" } else { "not before " };
        (!self.state.is_over()).then(|| format!("{not_before}{} ({})", at(done), age(done, now)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        replay_run::{Pace, ReplayCounts, ReplayFilter},
        text::Replay,
    };

    const NOW: Timestamp = Timestamp(1_795_366_800_000);

    fn run(state: RunState, reached: u64, planned: u64, planned_all: bool) -> ReplayRun {
        let mut counts = ReplayCounts::default();
        counts.add(Replay::Again, reached);
        ReplayRun {
            id: "R1".to_owned(),
            filter: ReplayFilter::until(NOW),
            force: false,
            pace: Pace::per_minute(600).expect("a pace"),
            who: "olivia".to_owned(),
            why: String::new(),
            state,
            planned,
            planned_all,
            counts,
            created_at: NOW,
            updated_at: NOW,
            finished_at: None,
            next_text_at: NOW,
        }
    }

    #[test]
    fn a_run_says_how_far_it_has_come_and_when_it_will_be_done() {
        use RunState::{Done, Planned, Running, Stopped};
        for (run, reached, takes, done) in [
            (
                run(Planned, 0, 5213, true),
                "0 of 5,213",
                Some("8m"),
                Some("2026-11-22 17:08:41 UTC (in 8m)"),
            ),
            (
                run(Running, 4613, 5213, true),
                "4,613 of 5,213",
                Some("1m"),
                Some("2026-11-22 17:00:59 UTC (in 59s)"),
            ),
            (
                run(Running, 0, 10_000, false),
                "0 of at least 10,000",
                Some("at least 16m"),
                Some("not before 2026-11-22 17:16:39 UTC (in 16m)"),
            ),
            (
                run(Running, 10_001, 10_000, false),
                "10,001",
                Some("at least 0ms"),
                Some("not before 2026-11-22 17:00:00 UTC (just now)"),
            ),
            (run(Stopped, 12, 20, true), "12 of 20", None, None),
            (run(Done, 21, 20, true), "21", None, None),
        ] {
            assert_eq!(run.reached(), reached);
            assert_eq!(run.rest_takes().as_deref(), takes, "{reached}");
            assert_eq!(run.done_at(NOW).as_deref(), done, "{reached}");
        }
    }

    #[test]
    fn a_run_that_nobody_carries_on_is_not_done_in_the_past() {
        let late = NOW + std::time::Duration::from_secs(3600);
        let done = run(RunState::Running, 0, 600, true).done_at(late);
        assert_eq!(done.as_deref(), Some("2026-11-22 18:00:59 UTC (in 59s)"));
    }
}
