//! What goes wrong when: decided by the seed before anything begins, so that the seed replays it.
//! (Which single call a fault of some probability hits depends on who calls first as well.)

use std::time::Duration;

use birdcall_domain::random::{Random, SeededRandom};

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Act {
    /// SIGKILL to the process at this place of the fleet.
    Kill { place: usize },
    /// A stretch of one trouble.
    Burst(Burst),
}

/// A stretch of one trouble, on top of all others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Burst {
    /// X wants money: posting pauses for everybody.
    OutOfCredit,
    /// X answers 503.
    XDown,
    /// X answers 429.
    RateLimited,
    /// Everybody's access token ends at once.
    TokensExpire,
    /// X takes one person's tokens no longer.
    FamilyRevoked {
        /// Whose.
        phone: usize,
    },
    /// Twilio answers 500.
    TwilioDown,
    /// The operator pauses the queue and resumes it.
    OperatorPauses,
    /// SQLite: another program holds the write lock. PostgreSQL: every connection is ended, as by
    /// a restart.
    DatabaseTrouble,
}

/// What happens, and how long after what happened before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Step {
    pub(crate) wait: Duration,
    pub(crate) act: Act,
}

/// Between two kills, on average.
const PACE: Duration = Duration::from_millis(200);
/// So many kills lie between two bursts.
const KILLS_PER_BURST: usize = 5;

/// The schedule of one drill: so many kills, with bursts of every kind in turn between them.
pub(crate) fn schedule(seed: u64, kills: usize, places: usize, phones: usize) -> Vec<Step> {
    let random: &dyn Random = &SeededRandom::new(seed);
    let pick = |count: usize| ((random.unit() * count as f64) as usize).min(count.max(1) - 1);
    let mut steps = Vec::new();
    for number in 0..kills {
        if number % KILLS_PER_BURST == KILLS_PER_BURST / 2 {
            let burst = match number / KILLS_PER_BURST % 8 {
                0 => Burst::OutOfCredit,
                1 => Burst::TokensExpire,
                2 => Burst::DatabaseTrouble,
                3 => Burst::XDown,
                4 => Burst::FamilyRevoked {
                    phone: pick(phones),
                },
                5 => Burst::OperatorPauses,
                6 => Burst::RateLimited,
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
    fn a_seed_replays_its_schedule_and_another_has_another() {
        let one = schedule(7, 200, 5, 200);
        assert_eq!(one, schedule(7, 200, 5, 200));
        assert_ne!(one, schedule(8, 200, 5, 200));
    }

    #[test]
    fn as_many_are_killed_as_was_said_and_everybody_may_be_hit() {
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
    fn every_kind_of_trouble_comes() {
        let steps = schedule(1, 40, 4, 12);
        let mut kinds: Vec<std::mem::Discriminant<Burst>> = steps
            .iter()
            .filter_map(|step| match &step.act {
                Act::Burst(burst) => Some(std::mem::discriminant(burst)),
                Act::Kill { .. } => None,
            })
            .collect();
        kinds.dedup();
        assert_eq!(kinds.len(), 8);
    }
}
