//! What both processes do around their work: read settings, log, stop when told, check health.

use std::{
    fmt::Display,
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, SocketAddr, TcpStream},
    process::ExitCode,
    time::Duration,
};

use tokio_util::sync::CancellationToken;

use crate::{
    config::{Config, EXIT_CONFIG},
    telemetry,
};

/// How long the health check waits.
const HEALTH_PATIENCE: Duration = Duration::from_secs(3);

/// Runs `work` with the settings of the environment until SIGTERM or SIGINT. With `--healthcheck`
/// asks the running process instead whether it is alive (images have no shell to do it).
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
                "{name} takes no arguments but --healthcheck and --version; it is set up by its environment"
            );
            return ExitCode::from(2);
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
        return healthcheck(listens_on(&config));
    }
    telemetry::init_logs(config.log_format, &config.log_levels);
    telemetry::init_metrics();
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("{name}: {error}");
            return ExitCode::FAILURE;
        }
    };
    runtime.block_on(async {
        let shutdown = CancellationToken::new();
        tokio::spawn(stop_on_signal(shutdown.clone()));
        match work(config, shutdown).await {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{name}: {error}");
                ExitCode::FAILURE
            }
        }
    })
}

/// Waits for SIGTERM or SIGINT.
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
    tracing::info!("stopping: what is in hand is finished");
    shutdown.cancel();
}

fn healthcheck(address: SocketAddr) -> ExitCode {
    // What listens on every interface is asked on this machine's own.
    let ip = if address.ip().is_unspecified() {
        IpAddr::V4(Ipv4Addr::LOCALHOST)
    } else {
        address.ip()
    };
    match ask(SocketAddr::new(ip, address.port())) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) | Err(_) => ExitCode::FAILURE,
    }
}

fn ask(address: SocketAddr) -> std::io::Result<bool> {
    let mut connection = TcpStream::connect_timeout(&address, HEALTH_PATIENCE)?;
    connection.set_read_timeout(Some(HEALTH_PATIENCE))?;
    write!(
        connection,
        "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}
