//! Numbers and times, as people read them.

use std::time::Duration;

use crate::clock::Timestamp;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// A number with a comma after every three digits, as in `5,213`.
#[must_use]
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A number and what it counts, as in `1 text` and `5,213 texts`.
#[must_use]
pub fn counted(value: u64, singular: &str, plural: &str) -> String {
    let noun = if value == 1 { singular } else { plural };
    format!("{} {noun}", number(value))
}

/// How long ago `then` was, or how long it is until then: `3m ago`, `in 2h`.
#[must_use]
pub fn age(then: Timestamp, now: Timestamp) -> String {
    if then > now {
        return format!("in {}", length(then.since(now)));
    }
    match now.since(then) {
        passed if passed < Duration::from_secs(1) => "just now".to_owned(),
        passed => format!("{} ago", length(passed)),
    }
}

/// A moment with its distance, as in `2026-11-22 17:00:05 UTC (3m ago)`.
#[must_use]
pub fn moment(then: Timestamp, now: Timestamp) -> String {
    format!("{} ({})", at(then), age(then, now))
}

/// A moment, as in `2026-11-22 17:00:05 UTC`.
#[must_use]
pub fn at(then: Timestamp) -> String {
    let exact = then.to_rfc3339();
    // RFC 3339 in UTC: `2026-11-22T17:00:05.120Z`.
    let (day, rest) = exact.split_once('T').unwrap_or((&exact, ""));
    let time = rest.split(['.', 'Z']).next().unwrap_or_default();
    format!("{day} {time} UTC")
}

/// A length of time in its largest unit, rounded down: `120ms`, `5s`, `3m`, `2h`, `4d`.
#[must_use]
pub fn length(duration: Duration) -> String {
    let seconds = duration.as_secs();
    if seconds == 0 {
        return format!("{}ms", duration.as_millis());
    }
    let (count, unit) = match seconds {
        0..MINUTE => (seconds, "s"),
        MINUTE..HOUR => (seconds / MINUTE, "m"),
        HOUR..DAY => (seconds / HOUR, "h"),
        _ => (seconds / DAY, "d"),
    };
    format!("{count}{unit}")
}

/// An amount of money in US dollars, given in thousandths, as in `$1,234.50`.
#[must_use]
pub fn dollars(thousandths: u64) -> String {
    let cents = thousandths.div_ceil(10);
    format!("${}.{:02}", number(cents / 100), cents % 100)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_have_commas() {
        for (value, expected) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (5213, "5,213"),
            (1_234_567, "1,234,567"),
        ] {
            assert_eq!(number(value), expected);
        }
        assert_eq!(counted(1, "text", "texts"), "1 text");
        assert_eq!(counted(20_000, "text", "texts"), "20,000 texts");
        assert_eq!(dollars(20_000 * 15), "$300.00");
        assert_eq!(dollars(15), "$0.02");
        assert_eq!(dollars(1_234_500), "$1,234.50");
    }

    #[test]
    fn times_are_told_from_now() {
        let now = Timestamp::from_secs(1_795_366_805);
        for (seconds, expected) in [
            (0, "just now"),
            (-59, "59s ago"),
            (-60, "1m ago"),
            (-3 * 3600, "3h ago"),
            (-49 * 3600, "2d ago"),
            (300, "in 5m"),
        ] {
            let then = Timestamp::from_secs(1_795_366_805 + seconds);
            assert_eq!(age(then, now), expected);
        }
        let then = Timestamp(1_795_366_805_120) - Duration::from_secs(180);
        assert_eq!(length(Duration::from_millis(120)), "120ms");
        assert_eq!(moment(then, now), "2026-11-22 16:57:05 UTC (2m ago)");
    }
}
