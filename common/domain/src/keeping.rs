//! How long what is over is kept.

use std::time::Duration;

use crate::clock::Timestamp;

/// How long what is over is kept. `None`: it is not removed because of its age.
#[derive(Clone, Copy, Debug, Default)]
pub struct Keeping {
    /// The words of texts and replies.
    pub bodies: Option<Duration>,
    /// Texts, with everything that belongs to them.
    pub texts: Option<Duration>,
    /// The audit.
    pub audit: Option<Duration>,
}

impl Keeping {
    /// Texts from before this moment may lose their words or go.
    #[must_use]
    pub fn texts_change_before(&self, now: Timestamp) -> Option<Timestamp> {
        let soonest = self.bodies.into_iter().chain(self.texts).min()?;
        Some(now - soonest)
    }

    /// Whether `kept` is long enough for what has to last for `needed`, and a day more.
    #[must_use]
    pub fn is_enough(kept: Option<Duration>, needed: &[Duration]) -> bool {
        const MORE: Duration = Duration::from_secs(24 * 3600);
        kept.is_none_or(|kept| needed.iter().all(|needed| kept >= *needed + MORE))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_secs(24 * 3600);

    #[test]
    fn texts_change_by_the_shorter_of_two_times() {
        let now = Timestamp(10 * 86_400_000);
        for (bodies, texts, expected) in [
            (None, None, None),
            (Some(3), None, Some(7)),
            (None, Some(4), Some(6)),
            (Some(3), Some(4), Some(7)),
        ] {
            let keeping = Keeping {
                bodies: bodies.map(|days| DAY * days),
                texts: texts.map(|days| DAY * days),
                audit: Some(DAY),
            };
            let expected = expected.map(|days| Timestamp(days * 86_400_000));
            assert_eq!(keeping.texts_change_before(now), expected);
        }
    }

    #[test]
    fn what_is_kept_lasts_a_day_longer_than_it_is_needed() {
        for (kept, enough) in [(None, true), (Some(DAY * 3), true), (Some(DAY * 2), false)] {
            assert_eq!(Keeping::is_enough(kept, &[DAY * 2, DAY]), enough);
        }
    }
}
