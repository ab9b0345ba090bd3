//! Logs and metrics, which are set up once per process.

use std::{
    io::IsTerminal as _,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use birdcall_domain::clock::{Clock as _, SystemClock, Timestamp};
use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use tracing_subscriber::EnvFilter;

use crate::config::{LogFormat, LogLevels};

/// Sends the log to standard error. A second call changes nothing.
pub fn init_logs(format: LogFormat, levels: &LogLevels) {
    let logs = tracing_subscriber::fmt()
        .with_env_filter(EnvFilter::new(&levels.directives))
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    // An error means that the log is set up already, by another program in the same process.
    let _ = match format {
        LogFormat::Text => logs.try_init(),
        LogFormat::Json => logs.json().flatten_event(true).try_init(),
    };
}

/// The process's metrics in Prometheus's text format; empty if they cannot be recorded.
#[must_use]
pub fn metrics_text() -> String {
    recorder().map(PrometheusHandle::render).unwrap_or_default()
}

/// Starts to record metrics. A second call changes nothing.
pub fn init_metrics() {
    let _ = recorder();
}

fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER
        .get_or_init(|| PrometheusBuilder::new().install_recorder().ok())
        .as_ref()
}

/// Lets one line of its kind into the log each second, and counts the lines that it holds back.
/// Whatever anybody on the network can cause must not fill the disk with a line for each time.
#[derive(Debug)]
pub struct LineLimit(Mutex<Held>);

/// What a limit remembers.
#[derive(Debug)]
struct Held {
    /// When the last line was let through.
    last: Option<Timestamp>,
    /// The number of lines that were held back since.
    back: u64,
}

impl LineLimit {
    /// The time between two lines.
    const INTERVAL: Duration = Duration::from_secs(1);

    /// A limit for one kind of line.
    #[must_use]
    pub const fn new() -> Self {
        Self(Mutex::new(Held {
            last: None,
            back: 0,
        }))
    }

    /// Says whether to log a line now. If so, it returns how many lines were held back since the
    /// last one.
    pub fn admit(&self) -> Option<u64> {
        self.admit_at(SystemClock.now())
    }

    fn admit_at(&self, now: Timestamp) -> Option<u64> {
        let mut held = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // A clock that was set back must not silence the log.
        let is_soon = |last| now >= last && now.since(last) < Self::INTERVAL;
        if held.last.is_some_and(is_soon) {
            held.back += 1;
            return None;
        }
        held.last = Some(now);
        Some(std::mem::take(&mut held.back))
    }
}

impl Default for LineLimit {
    fn default() -> Self {
        Self::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_second_is_logged_and_says_how_many_were_held_back() {
        let limit = LineLimit::new();
        let admitted: Vec<_> = [
            0, 1, 500, 999, 1_000, 1_001, 5_000, 5_000, 3_000, 3_999, 4_000,
        ]
        .map(|millis| (millis, limit.admit_at(Timestamp(millis))))
        .into_iter()
        .filter_map(|(millis, admitted)| Some((millis, admitted?)))
        .collect();
        // At 3,000 the clock was set back.
        let expected = [(0, 0), (1_000, 3), (5_000, 1), (3_000, 1), (4_000, 1)];
        assert_eq!(admitted, expected);
    }
}
