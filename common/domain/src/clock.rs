//! Time as a value. It is the only file that reads the machine's clock.

use std::{
    fmt,
    ops::{Add, Sub},
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::{Duration, Instant},
};

use chrono::{DateTime, Datelike as _, SecondsFormat, Utc};
use serde::{Deserialize, Serialize};

/// A moment, in milliseconds since the Unix epoch (UTC).
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(pub i64);

impl Timestamp {
    /// The end of the year 9999. Whatever is due then does not wait for time: it waits until an
    /// operator resumes its queue, and nobody looks at it before.
    pub const UNTIL_RESUMED: Self = Self(253_402_300_799_000);

    /// Milliseconds since the Unix epoch.
    #[must_use]
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// From whole seconds since the Unix epoch (the unit of `x-rate-limit-reset`).
    #[must_use]
    pub fn from_secs(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    /// Whole seconds since the Unix epoch, rounded up: a job that is started at this second is
    /// never started before the moment (apalis counts in seconds).
    #[must_use]
    pub fn as_secs_ceil(self) -> i64 {
        self.0.div_euclid(1000) + i64::from(self.0.rem_euclid(1000) != 0)
    }

    /// Whole seconds since the Unix epoch, rounded down.
    #[must_use]
    pub fn as_secs_floor(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// The beginning of the second in which the moment is.
    #[must_use]
    pub fn whole_second(self) -> Self {
        Self::from_secs(self.as_secs_floor())
    }

    /// How long after `earlier` this is; zero when it is not after it.
    #[must_use]
    pub fn since(self, earlier: Timestamp) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// ISO 8601 / RFC 3339 in UTC with milliseconds, as X's `start_time` wants it.
    #[must_use]
    pub fn to_rfc3339(self) -> String {
        self.utc().to_rfc3339_opts(SecondsFormat::Millis, true)
    }

    /// The calendar day in UTC as `YYYY-MM-DD` (Twilio's `DateSent` filter).
    #[must_use]
    pub fn utc_day(self) -> String {
        self.utc().format("%Y-%m-%d").to_string()
    }

    /// Hours and minutes in UTC as `HH:MM`, for sentences.
    #[must_use]
    pub fn utc_hour_minute(self) -> String {
        self.utc().format("%H:%M").to_string()
    }

    /// Reads RFC 2822, as Twilio writes dates: `Thu, 24 Aug 2023 05:01:45 +0000`.
    #[must_use]
    pub fn from_rfc2822(date: &str) -> Option<Self> {
        DateTime::parse_from_rfc2822(date)
            .ok()
            .map(|date| Self(date.timestamp_millis()))
    }

    /// Reads RFC 3339, as in `2026-11-22T17:00:05Z`, or a day in UTC, as in `2026-11-22`, which is its
    /// first moment.
    #[must_use]
    pub fn from_date(date: &str) -> Option<Self> {
        let exact = if date.len() == "2026-11-22".len() {
            format!("{date}T00:00:00Z")
        } else {
            date.to_owned()
        };
        DateTime::parse_from_rfc3339(&exact)
            .ok()
            .map(|date| Self(date.timestamp_millis()))
    }

    /// The midnight in UTC with which the day began.
    #[must_use]
    pub fn beginning_of_day(self) -> Self {
        const DAY_MILLIS: i64 = 24 * 3600 * 1000;
        Self(self.0.div_euclid(DAY_MILLIS) * DAY_MILLIS)
    }

    /// The midnight in UTC with which the month began.
    #[must_use]
    pub fn beginning_of_month(self) -> Self {
        let days = self.utc().day0();
        self.beginning_of_day() - Duration::from_secs(u64::from(days) * 24 * 3600)
    }

    fn utc(self) -> DateTime<Utc> {
        DateTime::from_timestamp_millis(self.0).unwrap_or_default()
    }
}

impl Add<Duration> for Timestamp {
    type Output = Timestamp;

    fn add(self, duration: Duration) -> Timestamp {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Timestamp(self.0.saturating_add(millis))
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Timestamp;

    fn sub(self, duration: Duration) -> Timestamp {
        let millis = i64::try_from(duration.as_millis()).unwrap_or(i64::MAX);
        Timestamp(self.0.saturating_sub(millis))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.to_rfc3339())
    }
}

/// The source of the time: the machine in production, the test in tests.
pub trait Clock: Send + Sync + fmt::Debug {
    /// The current moment.
    fn now(&self) -> Timestamp;
}

/// A clock that several owners share.
pub type SharedClock = Arc<dyn Clock>;

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "the one place that reads the machine's clock"
    )]
    fn now(&self) -> Timestamp {
        Timestamp(Utc::now().timestamp_millis())
    }
}

/// Measures how long something took, for logs and metrics. No decision depends on it.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts to measure.
    #[must_use]
    pub fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since the start.
    #[must_use]
    pub fn elapsed(self) -> Duration {
        self.0.elapsed()
    }
}

/// A clock that moves only when it is told to. Clones show the same time.
#[derive(Clone, Debug)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that shows `start`.
    #[must_use]
    pub fn new(start: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(start.0)))
    }

    /// Moves the clock forward.
    pub fn advance(&self, by: Duration) {
        let millis = i64::try_from(by.as_millis()).unwrap_or(i64::MAX);
        self.0.fetch_add(millis, Ordering::SeqCst);
    }

    /// Moves the clock to `moment`, unless it is already past it.
    pub fn advance_to(&self, moment: Timestamp) {
        self.0.fetch_max(moment.0, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.load(Ordering::SeqCst))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_is_never_started_before_its_moment() {
        for (millis, seconds) in [(0, 0), (1, 1), (999, 1), (1000, 1), (1001, 2)] {
            assert_eq!(Timestamp(millis).as_secs_ceil(), seconds);
        }
    }

    #[test]
    fn dates_are_days_or_exact_moments() {
        for (date, moment) in [
            ("2026-11-22T17:00:05.120Z", Some(1_795_366_805_120)),
            ("2026-11-22T18:00:05.120+01:00", Some(1_795_366_805_120)),
            ("2026-11-22", Some(1_795_305_600_000)),
            ("2026-02-30", None),
            ("22.11.2026", None),
            ("24h", None),
            ("", None),
        ] {
            assert_eq!(Timestamp::from_date(date), moment.map(Timestamp), "{date}");
        }
    }

    #[test]
    fn moments_print_as_the_vendors_want_them() {
        let moment = Timestamp(1_795_366_805_120);
        assert_eq!(moment.to_rfc3339(), "2026-11-22T17:00:05.120Z");
        assert_eq!(moment.utc_day(), "2026-11-22");
        assert_eq!(moment.utc_hour_minute(), "17:00");
    }

    #[test]
    fn days_and_months_begin_at_midnight_in_utc() {
        let moment = Timestamp(1_795_366_805_120);
        let (day, month) = (moment.beginning_of_day(), moment.beginning_of_month());
        assert_eq!(day.to_rfc3339(), "2026-11-22T00:00:00.000Z");
        assert_eq!(month.to_rfc3339(), "2026-11-01T00:00:00.000Z");
        assert_eq!(month.beginning_of_month(), month);
    }
}
