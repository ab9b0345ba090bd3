//! What goes wrong, and when. The seed decides it before the drill begins, so the same seed gives
//! the same schedule. Which requests a fault hits also depends on the order of the requests.

use std::time::Duration;

use birdcall_domain::random::{Random, SeededRandom};

/// What a step does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// Sends SIGKILL to the process at this place of the fleet.
    Kill { place: usize },
    /// Starts a burst of one kind of trouble.
    Burst(Burst),
}

/// A burst of one kind of trouble, in addition to the faults that are always set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Burst {
    /// X answers 402, so posting pauses for everyone.
    OutOfCredit,
    /// X answers 503.
    XDown,
    /// X answers 429.
    RateLimited,
    /// The access tokens of everyone expire at once.
    TokensExpire,
    /// The access tokens of everyone expire at once, and X's token endpoint hangs, drops requests and
    /// answers nonsense.
    TokenTrouble,
    /// X no longer accepts the tokens of one person.
    FamilyRevoked {
        /// The index of that person's phone.
        phone: usize,
    },
    /// Twilio answers 500.
    TwilioDown,
    /// The operator pauses the queue `tweet` and resumes it.
    OperatorPauses,
    /// With SQLite, another program holds the write lock. With PostgreSQL, every connection is
    /// ended, as by a restart.
    DatabaseTrouble,
}

/// An act, and how long to wait before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) wait: Duration,
    pub(crate) act: Act,
}

/// The average time between two kills.
const PACE: Duration = Duration::from_millis(200);
/// The number of kills between two bursts.
const KILLS_PER_BURST: usize = 5;

/// The schedule of one drill. Between the kills, bursts of every kind come in turn.
pub(crate) fn schedule(seed: u64, kills: usize, places: usize, phones: usize) -> Vec<Step> {
    let random: &dyn Random = &SeededRandom::new(seed);
    let pick = |count: usize| ((random.unit() * count as f64) as usize).min(count.max(1) - 1);
    let mut steps = Vec::new();
    for number in 0..kills {
        if number % KILLS_PER_BURST == KILLS_PER_BURST / 2 {
            let burst = match number / KILLS_PER_BURST % 9 {
                0 => Burst::OutOfCredit,
                1 => Burst::TokenTrouble,
                2 => Burst::DatabaseTrouble,
                3 => Burst::XDown,
                4 => Burst::FamilyRevoked {
                    phone: pick(phones),
                },
                5 => Burst::OperatorPauses,
                6 => Burst::TokensExpire,
                7 => Burst::RateLimited,
                _ => Burst::TwilioDown,
            };
            steps.push(Step {
                wait: Duration::ZERO,
                act: Act::Burst(burst),
            });
        }
        steps.push(Step {
            wait: PACE.mul_f64(0.5 + random.unit()),
            act: Act::Kill {
                place: pick(places),
            },
        });
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::{Act, Burst, schedule};

    #[test]
    fn the_same_seed_gives_the_same_schedule() {
        let one = schedule(7, 200, 5, 200);
        assert_eq!(one, schedule(7, 200, 5, 200));
        assert_ne!(one, schedule(8, 200, 5, 200));
    }

    #[test]
    fn the_number_of_kills_is_exact_and_every_process_is_hit() {
        let steps = schedule(1, 200, 5, 200);
        let mut hits = [0; 5];
        for step in &steps {
            if let Act::Kill { place } = step.act {
                hits[place] += 1;
            }
        }
        assert_eq!(hits.iter().sum::<usize>(), 200);
        assert!(hits.iter().all(|hits| *hits > 0), "{hits:?}");
    }

    #[test]
    fn every_kind_of_burst_occurs() {
        let steps = schedule(1, 45, 4, 12);
        let mut kinds: Vec<std::mem::Discriminant<Burst>> = steps
            .iter()
            .filter_map(|step| match &step.act {
                Act::Burst(burst) => Some(std::mem::discriminant(burst)),
                Act::Kill { .. } => None,
            })
            .collect();
        kinds.dedup();
        assert_eq!(kinds.len(), 9);
    }
}
