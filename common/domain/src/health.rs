//! Whether work gets done: what readiness is judged by, and its words.

use std::{fmt, time::Duration};

use crate::{clock::Timestamp, queue::Queue};

/// A probe that was lost is pushed again after this many intervals.
const PUSHED_AGAIN_AFTER: u32 = 3;

/// Whether the next probe of a queue is pushed now. Nothing is pushed behind a probe that still waits
/// for a worker, so a queue that nobody works off holds few of them.
#[must_use]
pub fn probe_is_due(
    asked_at: Timestamp,
    finished_at: Timestamp,
    now: Timestamp,
    interval: Duration,
) -> bool {
    let clock_was_set_back = asked_at > now;
    let is_answered = finished_at >= asked_at;
    let patience = match is_answered {
        true => interval,
        false => interval * PUSHED_AGAIN_AFTER,
    };
    clock_was_set_back || now.since(asked_at) >= patience
}

/// What the ledger says about the work.
#[derive(Clone, Debug, Default)]
pub struct Work {
    /// When a worker last finished a probe, for each queue that it ever finished one of.
    pub probes: Vec<(Queue, Timestamp)>,
    /// Since when the oldest text that is due has been due.
    pub oldest_due_text: Option<Timestamp>,
}

/// What is still taken for healthy.
#[derive(Clone, Copy, Debug)]
pub struct WorkLimits {
    /// A probe of each queue was finished within this time.
    pub probe_age_max: Duration,
    /// No text has been due for longer.
    pub due_age_max: Duration,
}

/// Why work does not get done. It names no number and no text: anybody may read it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum WorkProblem {
    /// No worker has ever finished a probe of this queue.
    NeverProbed(Queue),
    /// No worker has finished a probe of this queue for so long.
    ProbeIsOld(Queue, Duration),
    /// A text has been due for so long.
    TextIsOverdue(Duration),
}

impl fmt::Display for WorkProblem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NeverProbed(queue) => {
                write!(f, "no worker has finished a probe of the queue {queue} yet")
            }
            Self::ProbeIsOld(queue, age) => write!(
                f,
                "no worker has finished a probe of the queue {queue} for {} seconds",
                age.as_secs()
            ),
            Self::TextIsOverdue(age) => write!(
                f,
                "the oldest text that is due has been due for {} seconds",
                age.as_secs()
            ),
        }
    }
}

/// What is wrong with the work; nothing if work gets done.
#[must_use]
pub fn work_problems(work: &Work, limits: WorkLimits, now: Timestamp) -> Vec<WorkProblem> {
    let of_queue = |queue: &Queue| {
        let probe = work.probes.iter().find(|(probed, _)| probed == queue);
        match probe {
            None => Some(WorkProblem::NeverProbed(*queue)),
            Some((_, at)) if now.since(*at) > limits.probe_age_max => {
                Some(WorkProblem::ProbeIsOld(*queue, now.since(*at)))
            }
            Some(_) => None,
        }
    };
    let mut problems: Vec<WorkProblem> = Queue::ALL.iter().filter_map(of_queue).collect();
    let overdue = work.oldest_due_text.map(|since| now.since(since));
    let overdue = overdue.filter(|age| *age > limits.due_age_max);
    problems.extend(overdue.map(WorkProblem::TextIsOverdue));
    problems
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_000_000);
    const LIMITS: WorkLimits = WorkLimits {
        probe_age_max: Duration::from_secs(60),
        due_age_max: Duration::from_secs(600),
    };

    fn ago(seconds: i64) -> Timestamp {
        Timestamp(NOW.0 - seconds * 1000)
    }

    #[test]
    fn a_probe_follows_one_that_is_finished_and_replaces_one_that_is_lost() {
        let interval = Duration::from_secs(15);
        for (asked, finished, due) in [
            (ago(14), ago(14), false),
            (ago(15), ago(14), true),
            (ago(15), ago(16), false),
            (ago(44), ago(50), false),
            (ago(45), Timestamp(0), true),
            // The clock was set back.
            (ago(-1), ago(-1), true),
        ] {
            let is_due = probe_is_due(asked, finished, NOW, interval);
            assert_eq!(is_due, due, "{asked:?} {finished:?}");
        }
    }

    fn words(work: &Work) -> Vec<String> {
        let problems = work_problems(work, LIMITS, NOW);
        problems.iter().map(ToString::to_string).collect()
    }

    fn all_probed(at: Timestamp) -> Vec<(Queue, Timestamp)> {
        Queue::ALL.iter().map(|queue| (*queue, at)).collect()
    }

    #[test]
    fn work_gets_done_if_every_queue_was_probed_lately_and_no_text_is_overdue() {
        let healthy = Work {
            probes: all_probed(ago(60)),
            oldest_due_text: Some(ago(600)),
        };
        assert!(words(&healthy).is_empty());
        let mut stuck = healthy.clone();
        stuck.probes[0].1 = ago(61);
        stuck.oldest_due_text = Some(ago(601));
        assert_eq!(
            words(&stuck),
            [
                "no worker has finished a probe of the queue tweet for 61 seconds",
                "the oldest text that is due has been due for 601 seconds",
            ]
        );
        let mut new = healthy;
        new.probes.remove(3);
        assert_eq!(
            words(&new),
            ["no worker has finished a probe of the queue reply yet"]
        );
    }

    #[test]
    fn a_clock_that_was_set_back_makes_no_problem() {
        let work = Work {
            probes: all_probed(ago(-100)),
            oldest_due_text: Some(ago(-100)),
        };
        assert!(words(&work).is_empty());
    }
}
