//! `birdcall dev`: web and a worker in one process on this machine.
//!
//! By default they use a simulated X and Twilio, so that a trial needs no accounts, keys or
//! services. With `--no-sim` they use the settings of the environment.

mod kept;
mod ledger_view;
mod settings;
mod trial;
mod worker;

use std::sync::Arc;

use birdcall_common::{
    config::{self, Config, LogFormat},
    program, telemetry,
};
use birdcall_domain::operator::FIRST_OPERATOR;
use birdcall_ledger::Ledger;
use birdcall_sim::WorkerOrder;
use birdcall_web::Listeners;
use kept::{keep_saving, save};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use trial::Trial;
use worker::DevWorker;

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
    /// The operator's console.
    console: Option<ConsoleView>,
}

/// How to get into the console of a trial.
#[derive(Serialize)]
struct ConsoleView {
    url: String,
    name: &'static str,
    password: String,
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
        let worker = DevWorker::new(config.clone(), shutdown.clone());
        return serve(config, listener, shutdown, &worker, move || {
            let sentence = format!("Birdcall runs at {url}. Stop it with Ctrl-C.");
            let view = DevView {
                url: url.clone(),
                console: None,
            };
            output::result(&view, json, sentence);
        })
        .await;
    }
    telemetry::init_logs(LogFormat::Text, &config::log_levels_from_env()?);
    let trial = Trial::prepare(&options).await?;
    let page = trial.sim.url();
    let console = ConsoleView {
        url: trial.config.public_url.join("/admin"),
        name: FIRST_OPERATOR,
        password: trial.admin_password,
    };
    let worker = DevWorker::new(trial.config.clone(), shutdown.clone());
    // The trial was just prepared, so nothing else has put a worker there.
    let _ = trial.worker.set(Arc::clone(&worker));
    let saving = trial
        .sim_file
        .clone()
        .map(|file| tokio::spawn(keep_saving(trial.sim.clone(), file)));
    serve(trial.config, trial.web, shutdown, &worker, move || {
        let sentence = format!(
            "Birdcall is ready: open {page}/ and text something. Stop it with Ctrl-C.\n\
             The operator's console is {}: the name is {}, the password {}",
            console.url, console.name, console.password
        );
        let view = DevView {
            url: format!("{page}/"),
            console: Some(console),
        };
        output::result(&view, json, sentence);
    })
    .await?;
    trial.sim.shutdown().await;
    if let (Some(saving), Some(file)) = (saving, &trial.sim_file) {
        saving.abort();
        save(&trial.sim, file);
    }
    Ok(())
}

/// Runs web and a worker until the shutdown. If web fails, the worker ends as well.
async fn serve(
    config: Config,
    listener: TcpListener,
    shutdown: CancellationToken,
    worker: &DevWorker,
    ready: impl FnOnce(),
) -> Done {
    let ledger = Ledger::open(&config.database).await?;
    ledger.migrate().await?;
    let listeners = Listeners {
        public: listener,
        metrics: TcpListener::bind(config.metrics_listen_addr).await?,
        console: match config.console.listen {
            Some(address) => Some(TcpListener::bind(address).await?),
            None => None,
        },
    };
    let app = birdcall_web::App::new(config, ledger);
    worker.order(WorkerOrder::Start);
    ready();
    let served = birdcall_web::serve(app, listeners, shutdown.clone()).await;
    shutdown.cancel();
    let drained = worker.end().await;
    served.map_err(|error| Failure::Refused(error.to_string()))?;
    drained
}
