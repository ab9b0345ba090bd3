//! Logs and metrics, which are set up once per process.

use std::{
    io::IsTerminal as _,
    sync::{Mutex, OnceLock, PoisonError},
    time::Duration,
};

use birdcall_domain::clock::{Clock as _, SystemClock, Timestamp};
use metrics_exporter_prometheus::{BuildError, Matcher, PrometheusBuilder, PrometheusHandle};
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
    metrics::gauge!("birdcall_build_info", "version" => env!("CARGO_PKG_VERSION")).set(1.0);
}

/// The buckets of each histogram, in seconds. They are fixed, so that the histograms of all processes
/// can be added up.
const BUCKETS: [(&str, &[f64]); 3] = [
    // A call ends at CALL_TIMEOUT, 10 seconds.
    (
        "birdcall_call_duration_seconds",
        &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 15.0],
    ),
    // Twilio waits 15 seconds.
    (
        "birdcall_webhook_duration_seconds",
        &[
            0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0,
        ],
    ),
    // From a moment to RETRY_HORIZON, a day.
    (
        "birdcall_text_to_post_seconds",
        &[
            0.5, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3_600.0, 21_600.0, 86_400.0,
        ],
    ),
];
/// The samples of histograms are added up this often, even if nobody asks for the metrics. Until then,
/// each takes up memory.
const ADDED_UP_EVERY: Duration = Duration::from_secs(5);

fn install() -> Result<PrometheusHandle, BuildError> {
    let mut builder = PrometheusBuilder::new();
    for (name, buckets) in BUCKETS {
        builder = builder.set_buckets_for_metric(Matcher::Full(name.to_owned()), buckets)?;
    }
    let handle = builder.install_recorder()?;
    let recorded = handle.clone();
    let add_up = move || {
        loop {
            std::thread::sleep(ADDED_UP_EVERY);
            recorded.run_upkeep();
        }
    };
    let named = std::thread::Builder::new().name("metrics".to_owned());
    if let Err(error) = named.spawn(add_up) {
        tracing::warn!(%error, "histograms are added up only when somebody asks for the metrics");
    }
    Ok(handle)
}

fn recorder() -> Option<&'static PrometheusHandle> {
    static RECORDER: OnceLock<Option<PrometheusHandle>> = OnceLock::new();
    RECORDER.get_or_init(|| install().ok()).as_ref()
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
