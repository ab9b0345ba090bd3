//! `birdcall dev`: web and a worker in one process on this machine.
//!
//! By default they use a simulated X and Twilio, so that a trial needs no accounts, keys or
//! services. With `--no-sim` they use the settings of the environment.

mod ledger_view;
mod settings;
mod trial;

use birdcall_common::{
    config::{self, Config, LogFormat},
    program, telemetry,
};
use birdcall_ledger::Ledger;
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use trial::Trial;

use crate::{
    args::DevOptions,
    failure::{Done, Failure},
    output,
};

/// What runs.
#[derive(Serialize)]
struct DevView {
    /// The page to open.
    url: String,
}

pub(crate) async fn run(options: DevOptions, json: bool) -> Done {
    telemetry::init_metrics();
    let shutdown = CancellationToken::new();
    tokio::spawn(program::stop_on_signal(shutdown.clone()));
    if options.no_sim {
        let config = Config::from_env()?;
        telemetry::init_logs(config.log_format, &config.log_levels);
        let listener = TcpListener::bind(config.listen_addr).await?;
        let url = config.public_url.join("/");
        return serve(config, listener, shutdown, move || {
            let sentence = format!("Birdcall runs at {url}. Stop it with Ctrl-C.");
            output::result(&DevView { url: url.clone() }, json, sentence);
        })
        .await;
    }
    telemetry::init_logs(LogFormat::Text, &config::log_levels_from_env()?);
    let trial = Trial::prepare(&options).await?;
    let page = trial.sim.url();
    serve(trial.config, trial.web, shutdown, move || {
        let sentence =
            format!("Birdcall is ready: open {page}/ and text something. Stop it with Ctrl-C.");
        let url = format!("{page}/");
        output::result(&DevView { url }, json, sentence);
    })
    .await?;
    trial.sim.shutdown().await;
    Ok(())
}

/// Runs web and a worker until the shutdown. If web fails, the worker ends as well.
async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
    ready: impl FnOnce(),
) -> Done {
    let ledger = Ledger::open(&config.database).await?;
    ledger.migrate().await?;
    let app = birdcall_web::App::new(config.clone(), ledger);
    let worker = tokio::spawn(birdcall_worker::run(config, shutdown.clone()));
    ready();
    let served = birdcall_web::serve(app, listener, shutdown.clone()).await;
    shutdown.cancel();
    let drained = worker
        .await
        .map_err(|panic| Failure::Refused(panic.to_string()))?;
    served.map_err(|error| Failure::Refused(error.to_string()))?;
    drained.map_err(|error| Failure::Refused(error.to_string()))
}
