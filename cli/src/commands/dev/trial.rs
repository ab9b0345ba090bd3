//! The parts of a trial: the simulator, a SQLite file, and the settings that connect them.

use std::{
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use birdcall_common::config::Config;
use birdcall_domain::{clock::SystemClock, random::SystemRandom};
use birdcall_ledger::{Ledger, database::DatabaseUrl};
use birdcall_sim::{Delivery, Sim, SimConfig, WorkerControl};
use tokio::net::TcpListener;

use super::{
    kept::{secret_key, sim_file},
    ledger_view::ledger_view,
    settings::settings,
    worker::DevWorker,
};
use crate::{args::DevOptions, environment::random, failure::Failure};

/// How many random bytes the password of the console has.
const ADMIN_PASSWORD_BYTES: usize = 9;

/// A trial that listens but does not work yet.
pub(super) struct Trial {
    pub(super) config: Config,
    /// The password of the console's first operator.
    pub(super) admin_password: String,
    pub(super) web: TcpListener,
    pub(super) sim: Sim,
    /// The page's control over the worker, which has to be put here once there is one.
    pub(super) worker: Arc<OnceLock<Arc<DevWorker>>>,
    /// Where the simulator's state is kept, if `--data` names a folder.
    pub(super) sim_file: Option<PathBuf>,
    /// Deleted with the trial, unless `--data` names a folder to keep.
    _fresh: Option<FreshFolder>,
}

impl Trial {
    pub(super) async fn prepare(options: &DevOptions) -> Result<Self, Failure> {
        let (folder, fresh) = match &options.data {
            Some(folder) => (folder.clone(), None),
            None => {
                let fresh = FreshFolder::create()?;
                (fresh.0.clone(), Some(fresh))
            }
        };
        let web_port = match options.port {
            0 => 0,
            port => port + 1,
        };
        let web = TcpListener::bind((Ipv4Addr::LOCALHOST, web_port))
            .await
            .map_err(|error| port_not_available(web_port, &error))?;
        let url = format!("http://{}", web.local_addr()?);
        let database = folder.join("birdcall.db");
        let database_url = format!("sqlite://{}", database.display());
        let ledger = Ledger::open(&DatabaseUrl::Sqlite(database).into()).await?;
        ledger.migrate().await?;
        let worker = Arc::default();
        let sim_config = SimConfig {
            clock: Arc::new(SystemClock),
            random: Arc::new(SystemRandom),
            webhook_url: format!("{url}/twilio/message#rc=5&rp=all"),
            redirect_uris: vec![format!("{url}/auth/callback")],
            delivery: Delivery::Background,
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, options.port)),
            ledger: Some(ledger_view(ledger)),
            worker: Some(control(&worker)),
            ..SimConfig::for_tests()
        };
        let sim = Sim::start(sim_config.clone())
            .await
            .map_err(|error| port_not_available(options.port, &error))?;
        let sim_file = options.data.as_deref().map(sim_file);
        if let Some(file) = &sim_file {
            sim.load(file)
                .map_err(|error| cannot_continue(file, &error))?;
        }
        let key = secret_key(&folder)?;
        let admin_password = random().token(ADMIN_PASSWORD_BYTES);
        let settings = settings(&database_url, &url, key, &admin_password, &sim, &sim_config);
        let config = Config::from_settings(settings)?;
        Ok(Self {
            worker,
            sim_file,
            admin_password,
            config,
            web,
            sim,
            _fresh: fresh,
        })
    }
}

fn port_not_available(port: u16, error: &std::io::Error) -> Failure {
    Failure::Refused(format!(
        "port {port} is not available ({error}): choose another with --port"
    ))
}

fn cannot_continue(file: &Path, error: &std::io::Error) -> Failure {
    Failure::Refused(format!(
        "{} cannot be read ({error}): delete it, and the simulated X and Twilio begin again",
        file.display()
    ))
}

/// What the page may do with the worker, once it runs.
fn control(worker: &Arc<OnceLock<Arc<DevWorker>>>) -> WorkerControl {
    let worker = Arc::clone(worker);
    Arc::new(move |order| worker.get().is_some_and(|worker| worker.order(order)))
}

/// A folder that is deleted when it is dropped.
struct FreshFolder(PathBuf);

impl FreshFolder {
    fn create() -> std::io::Result<Self> {
        let name = format!("birdcall-dev-{}", random().token(9));
        let path = std::env::temp_dir().join(name);
        let mut builder = std::fs::DirBuilder::new();
        // Others use the temporary folder too, and the trial's ledger is none of their business.
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&path)?;
        Ok(Self(path))
    }
}

impl Drop for FreshFolder {
    fn drop(&mut self) {
        // The folder is in the system's temporary folder, so it may stay if it cannot be deleted.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}
