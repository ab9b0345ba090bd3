//! `birdcall dev`: the main job on one machine, without accounts, keys or services.

use std::{
    collections::HashMap,
    net::{Ipv4Addr, SocketAddr},
    path::Path,
    sync::Arc,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use birdcall_common::{
    config::{self, Config, LogFormat},
    program, telemetry,
};
use birdcall_domain::{
    clock::{SystemClock, Timestamp},
    random::{Random as _, SystemRandom},
    reply::ReplyState,
    text::{Reason, TextState},
};
use birdcall_ledger::{Ledger, LedgerResult, queue::JobFilter, texts::TextFilter};
use birdcall_sim::{Delivery, LedgerView, Sim, SimConfig};
use serde::Serialize;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    Done,
    args::DevOptions,
    output::{Failure, line},
    views::{WholeText, whole_text},
};

/// The page shows this many of the latest texts.
const SHOWN_MAX: i64 = 50;

pub(crate) async fn run(options: DevOptions) -> Done {
    telemetry::init_metrics();
    let shutdown = CancellationToken::new();
    tokio::spawn(program::stop_on_signal(shutdown.clone()));
    if options.no_sim {
        let config = Config::from_env()?;
        telemetry::init_logs(config.log_format, &config.log_levels);
        return both(config.clone(), None, shutdown, move || {
            line(format!(
                "Birdcall runs at {}. Stop it with Ctrl-C.",
                config.public_url.join("/")
            ));
        })
        .await;
    }
    telemetry::init_logs(LogFormat::Text, &config::log_levels_from_env()?);
    let fresh = match &options.data {
        Some(_) => None,
        None => Some(FreshFolder::make()?),
    };
    let folder = options
        .data
        .as_deref()
        .or(fresh.as_ref().map(|fresh| fresh.0.as_path()))
        .unwrap_or(Path::new("."));
    let dev = Dev::prepare(&options, folder).await?;
    let page = dev.sim.url();
    both(dev.config, Some(dev.web), shutdown, move || {
        line(format!(
            "Birdcall is ready: open {page}/ and text something. Stop it with Ctrl-C."
        ));
    })
    .await?;
    dev.sim.shutdown().await;
    Ok(())
}

/// Web and worker in one process, until the shutdown. Web that fails ends both.
async fn both(
    config: Config,
    listener: Option<TcpListener>,
    shutdown: CancellationToken,
    ready: impl FnOnce(),
) -> Done {
    let listener = match listener {
        Some(listener) => listener,
        None => TcpListener::bind(config.listen_addr).await?,
    };
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

/// Everything that `birdcall dev` needs, listening but not working yet.
struct Dev {
    config: Config,
    web: TcpListener,
    sim: Sim,
}

impl Dev {
    async fn prepare(options: &DevOptions, folder: &Path) -> Result<Self, Failure> {
        let web_port = if options.port == 0 {
            0
        } else {
            options.port + 1
        };
        let web = TcpListener::bind((Ipv4Addr::LOCALHOST, web_port))
            .await
            .map_err(|error| {
                Failure::Refused(format!(
                    "port {web_port} is not available ({error}): choose another with --port"
                ))
            })?;
        let url = format!("http://{}", web.local_addr()?);
        let database = folder.join("birdcall.db");
        let database_url = format!("sqlite://{}", database.display());
        let ledger =
            Ledger::open(&birdcall_ledger::database::DatabaseUrl::Sqlite(database).into()).await?;
        ledger.migrate().await?;
        let sim_config = SimConfig {
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            webhook_url: format!("{url}/twilio/message#rc=5&rp=all"),
            redirect_uris: vec![format!("{url}/auth/callback")],
            delivery: Delivery::Background,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, options.port)),
            ledger: Some(ledger_view(ledger)),
            ..SimConfig::for_tests()
        };
        let sim = Sim::start(sim_config.clone()).await.map_err(|error| {
            Failure::Refused(format!(
                "port {} is not available ({error}): choose another with --port",
                options.port
            ))
        })?;
        let config = Config::from_settings(settings(&database_url, &url, &sim, &sim_config))?;
        Ok(Self { config, web, sim })
    }
}

/// Settings for a trial on one machine: the stand-ins, anyone may sign up, and delays that a
/// person can watch.
fn settings(
    database_url: &str,
    url: &str,
    sim: &Sim,
    sim_config: &SimConfig,
) -> HashMap<String, String> {
    let mut key = [0; 32];
    SystemRandom.fill(&mut key);
    [
        ("DATABASE_URL", database_url.to_owned()),
        ("PUBLIC_URL", url.to_owned()),
        ("WORKER_LISTEN_ADDR", "127.0.0.1:0".to_owned()),
        ("SECRET_KEY", STANDARD.encode(key)),
        ("SIGNUP", "open".to_owned()),
        ("RETRY_DELAY_MIN", "1s".to_owned()),
        ("RESOLVE_DELAYS", "1s,2s,4s".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .chain(sim_config.settings(&sim.url()))
    .collect()
}

/// A text on the page: what the ledger says, flattened for a glance.
#[derive(Serialize)]
struct Row {
    message_sid: String,
    body: String,
    state: TextState,
    reason: Option<Reason>,
    attempts: usize,
    reply_state: Option<ReplyState>,
    delivery: Option<String>,
    post_url: Option<String>,
    jobs: Vec<String>,
}

fn ledger_view(ledger: Ledger) -> LedgerView {
    Arc::new(move || {
        let ledger = ledger.clone();
        Box::pin(async move {
            let rows = latest(&ledger).await.unwrap_or_default();
            serde_json::to_value(rows).unwrap_or_default()
        })
    })
}

async fn latest(ledger: &Ledger) -> LedgerResult<Vec<Row>> {
    let filter = TextFilter {
        phone: None,
        state: None,
        since: Timestamp(0),
        contains: None,
        limit: SHOWN_MAX,
    };
    let mut rows = Vec::new();
    for text in ledger.texts(&filter).await? {
        let subject = JobFilter {
            subject: Some(text.sid.to_string()),
            limit: 10,
            ..JobFilter::default()
        };
        let jobs = ledger.jobs(&subject).await?;
        let WholeText {
            text,
            attempts,
            reply,
            ..
        } = whole_text(ledger, text).await?;
        rows.push(Row {
            message_sid: text.message_sid,
            body: text.body,
            state: text.state,
            reason: text.reason,
            attempts: attempts.len(),
            reply_state: reply.as_ref().map(|reply| reply.state),
            delivery: reply.and_then(|reply| reply.delivery),
            post_url: text.post_url,
            jobs: jobs
                .into_iter()
                .map(|job| format!("{} {}", job.queue, job.state.as_str().to_lowercase()))
                .collect(),
        });
    }
    Ok(rows)
}

/// A folder that goes when `birdcall dev` ends.
struct FreshFolder(std::path::PathBuf);

impl FreshFolder {
    fn make() -> std::io::Result<Self> {
        let name = format!("birdcall-dev-{}", super::random().token(9));
        let path = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&path)?;
        Ok(Self(path))
    }
}

impl Drop for FreshFolder {
    fn drop(&mut self) {
        // Nothing more can be done about a folder that does not go.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
