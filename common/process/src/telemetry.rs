//! Logs and metrics, which are set up once per process.

use std::{io::IsTerminal as _, sync::OnceLock};

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
