//! A moment, as an operator names it in the command and in the console.

use std::{str::FromStr, time::Duration};

use birdcall_domain::clock::Timestamp;

use crate::config::parse_duration;

/// A moment, as an operator names it: a date, or how long ago it was.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Moment {
    /// This one.
    At(Timestamp),
    /// This long before now.
    Ago(Duration),
}

impl Moment {
    /// The moment, if it is `now`.
    #[must_use]
    pub fn at(self, now: Timestamp) -> Timestamp {
        match self {
            Self::At(at) => at,
            Self::Ago(ago) => now - ago,
        }
    }
}

impl FromStr for Moment {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        let value = value.trim();
        let at = Timestamp::from_date(value).map(Self::At);
        at.or_else(|| long_duration(value).map(Self::Ago)).ok_or(
            "write a time as in 24h, 7d or 1w, or a date as in 2026-11-22 or 2026-11-22T17:00:00Z",
        )
    }
}

/// A duration, also in weeks.
fn long_duration(value: &str) -> Option<Duration> {
    const WEEK: u64 = 7 * 24 * 3600;
    match value.strip_suffix('w') {
        Some(weeks) => {
            let weeks: u64 = weeks.parse().ok()?;
            weeks.checked_mul(WEEK).map(Duration::from_secs)
        }
        None => parse_duration(value),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_moment_is_a_date_or_how_long_ago_it_was() {
        let now = Timestamp(1_795_366_800_000);
        for (words, at) in [
            ("2026-11-22", Some(1_795_305_600_000)),
            (" 2026-11-22T17:00:00Z", Some(1_795_366_800_000)),
            ("2026-11-22T17:00:05.120Z", Some(1_795_366_805_120)),
            ("24h", Some(1_795_366_800_000 - 86_400_000)),
            ("1w", Some(1_795_366_800_000 - 7 * 86_400_000)),
            ("yesterday", None),
            ("w", None),
            ("", None),
        ] {
            let moment: Option<Moment> = words.parse().ok();
            assert_eq!(moment.map(|moment| moment.at(now).0), at, "{words}");
        }
    }
}
