//! How fast a replay of many goes.

use std::{fmt, num::NonZeroU32, str::FromStr, time::Duration};

use serde::Serialize;

use crate::clock::Timestamp;

/// The greatest number of texts per minute.
const PER_MINUTE_MAX: u32 = 60_000;
const MINUTE_MILLIS: u32 = 60_000;
/// A run that was held up for longer than this does not catch up on the rest.
const CATCH_UP_MAX: Duration = Duration::from_secs(5);

/// How many texts per minute are run again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Pace(NonZeroU32);

impl Pace {
    /// This many texts per minute: 1 to 60,000.
    #[must_use]
    pub fn per_minute(texts: u32) -> Option<Self> {
        let texts = NonZeroU32::new(texts)?;
        (texts.get() <= PER_MINUTE_MAX).then_some(Self(texts))
    }

    /// How many texts per minute.
    #[must_use]
    pub fn texts(self) -> u32 {
        self.0.get()
    }

    /// When the next text is due, after one that was due at `due` was run at `now`. It is never faster
    /// than the pace, except that a short delay is made up for.
    #[must_use]
    pub fn next(self, due: Timestamp, now: Timestamp) -> Timestamp {
        let between = MINUTE_MILLIS.div_ceil(self.0.get());
        due.max(now - CATCH_UP_MAX) + Duration::from_millis(u64::from(between))
    }

    /// How long this many texts take.
    #[must_use]
    pub fn takes(self, texts: u64) -> Duration {
        let between = u64::from(MINUTE_MILLIS.div_ceil(self.0.get()));
        Duration::from_millis(between.saturating_mul(texts))
    }
}

impl fmt::Display for Pace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} a minute", self.0)
    }
}

impl FromStr for Pace {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        let texts = value.parse().ok();
        let pace = texts.and_then(Self::per_minute);
        pace.ok_or("write a number of texts per minute, from 1 to 60000")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pace(texts: u32) -> Pace {
        Pace::per_minute(texts).expect("a pace")
    }

    #[test]
    fn a_pace_is_a_number_of_texts_per_minute() {
        for (given, read) in [
            ("1", Some(1)),
            ("600", Some(600)),
            ("60000", Some(60_000)),
            ("60001", None),
            ("0", None),
            ("-1", None),
            ("1.5", None),
            ("", None),
        ] {
            assert_eq!(given.parse().ok().map(Pace::texts), read, "{given}");
        }
    }

    #[test]
    fn the_next_text_is_due_by_the_pace_and_only_a_short_delay_is_made_up_for() {
        for (texts, due, now, next) in [
            (60, 10_000, 10_000, 11_000),
            (600, 10_000, 10_000, 10_100),
            // Never faster than the pace: 7,000 texts would be one each 8.6 ms.
            (7000, 10_000, 10_000, 10_009),
            (60_000, 10_000, 10_000, 10_001),
            // A job comes once a second: what was due meanwhile is made up for.
            (600, 10_000, 10_900, 10_100),
            (600, 10_000, 15_000, 10_100),
            // A worker was away for a minute: its backlog does not come all at once.
            (600, 10_000, 70_000, 65_100),
        ] {
            let (due, now) = (Timestamp(due), Timestamp(now));
            assert_eq!(pace(texts).next(due, now), Timestamp(next), "{texts}");
        }
    }

    #[test]
    fn how_long_a_replay_takes_is_known() {
        assert_eq!(pace(600).takes(20_000), Duration::from_secs(2000));
        assert_eq!(pace(1).takes(2), Duration::from_secs(120));
    }
}
