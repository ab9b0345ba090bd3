//! Delays between tries. It is the only file that knows the `backoff` crate.

use std::time::Duration;

use backoff::{SystemClock, backoff::Backoff as _, exponential::ExponentialBackoffBuilder};

/// After this many failures the delay is the cap, whatever the settings are.
const DOUBLINGS_MAX: u32 = 64;

/// Exponential backoff: `min` doubled with every failure, at most `max`, with jitter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The delay after the first failure.
    pub min: Duration,
    /// The longest delay.
    pub max: Duration,
}

impl Backoff {
    /// The delay after the `failures`-th failure in a row (1 is the first). `unit`, a number in
    /// `0.0..1.0`, is the jitter: the delay lies between half of the interval and all of it, so that
    /// calls that failed together are not repeated together.
    #[must_use]
    pub fn delay(&self, failures: u32, unit: f64) -> Duration {
        let mut interval = ExponentialBackoffBuilder::<SystemClock>::new()
            .with_initial_interval(self.min)
            .with_max_interval(self.max.max(self.min))
            .with_multiplier(2.0)
            .with_randomization_factor(0.0)
            .with_max_elapsed_time(None)
            .build();
        let mut delay = self.min;
        for _ in 0..failures.clamp(1, DOUBLINGS_MAX) {
            delay = interval.next_backoff().unwrap_or(self.max);
        }
        delay.mul_f64(0.5 + unit / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_double_up_to_the_cap() {
        let backoff = Backoff {
            min: Duration::from_secs(5),
            max: Duration::from_secs(900),
        };
        // At the upper end of the unit there is no jitter.
        let seconds: Vec<u64> = (1..=10)
            .map(|failures| backoff.delay(failures, 1.0).as_secs_f64().round() as u64)
            .collect();
        assert_eq!(seconds, [5, 10, 20, 40, 80, 160, 320, 640, 900, 900]);
        assert_eq!(backoff.delay(1, 0.0), Duration::from_millis(2500));
        assert_eq!(backoff.delay(u32::MAX, 1.0).as_secs(), 900);
    }
}
