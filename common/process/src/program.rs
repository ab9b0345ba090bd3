//! How web and the worker start and stop: arguments, settings, logs, signals, exit codes.

use std::{fmt::Display, net::SocketAddr, process::ExitCode};

use tokio_util::sync::CancellationToken;

use crate::{
    config::{Config, EXIT_CONFIG},
    health_check, telemetry,
};

/// Exit code for a wrong argument.
const EXIT_USAGE: u8 = 2;

/// Runs a program: `work` runs with the settings of the environment, and its token is cancelled by
/// SIGTERM or SIGINT.
///
/// With `--healthcheck`, the program instead asks the process that is running at the address of
/// `listens_on` whether it is alive. With `--version`, it prints its version.
pub fn run<F, E>(
    name: &str,
    listens_on: impl Fn(&Config) -> SocketAddr,
    work: impl FnOnce(Config, CancellationToken) -> F,
) -> ExitCode
where
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let argument = std::env::args().nth(1);
    match argument.as_deref() {
        None | Some("--healthcheck") => {}
        Some("--version") => {
            println!("{name} {}", env!("CARGO_PKG_VERSION"));
            return ExitCode::SUCCESS;
        }
        Some(_) => {
            eprintln!(
                "{name} takes no arguments except --healthcheck and --version; its settings come from the environment"
            );
            return ExitCode::from(EXIT_USAGE);
        }
    }
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(problems) => {
            eprintln!("{problems}");
            return ExitCode::from(EXIT_CONFIG);
        }
    };
    if argument.is_some() {
        return match health_check::is_alive(listens_on(&config)) {
            true => ExitCode::SUCCESS,
            false => ExitCode::FAILURE,
        };
    }
    telemetry::init_logs(config.log_format, &config.log_levels);
    telemetry::init_metrics();
    match until_stopped(config, work) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{name}: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs `work` in a runtime of its own. The error is the line to print.
fn until_stopped<F, E>(
    config: Config,
    work: impl FnOnce(Config, CancellationToken) -> F,
) -> Result<(), String>
where
    F: Future<Output = Result<(), E>>,
    E: Display,
{
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| error.to_string())?;
    let done = runtime.block_on(async {
        let shutdown = CancellationToken::new();
        tokio::spawn(stop_on_signal(shutdown.clone()));
        let done = work(config, shutdown).await;
        done.map_err(|error| error.to_string())
    });
    // What is still under way had its time.
    runtime.shutdown_background();
    done
}

/// Waits for SIGTERM or SIGINT and then cancels `shutdown`.
pub async fn stop_on_signal(shutdown: CancellationToken) {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut terminate) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
        }
    }
    #[cfg(not(unix))]
    {
        let _ = tokio::signal::ctrl_c().await;
    }
    tracing::info!("stopping: work in progress is finished first");
    shutdown.cancel();
}
