//! The processes: started, killed, started again.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use birdcall_common::{
    clock::{Clock as _, SystemClock, Timestamp},
    config::DatabaseUrl,
    random::SharedRandom,
    store::{
        Store,
        texts::{TextFilter, TextRow},
    },
};
use birdcall_sim::{Sim, SimConfig};
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::Instant,
};

use crate::{Drill, Engine, Trouble, balancer::Balancer, faults};

/// Between two looks at whether something has come.
const LOOK: Duration = Duration::from_millis(100);
/// A process that does not listen by then never will.
const START_MAX: Duration = Duration::from_secs(30);

/// A worker that was killed with texts in hand.
#[derive(Clone, Debug)]
pub(crate) struct Kill {
    pub(crate) at: Timestamp,
    pub(crate) in_hand: Vec<String>,
}

pub(crate) struct Fleet {
    pub(crate) store: Store,
    programs: Vec<Program>,
    processes: Mutex<Vec<Option<Child>>>,
    settings: HashMap<String, String>,
    folder: PathBuf,
    /// Goes with the fleet, unless the folder is to be kept.
    _fresh: Option<TempDir>,
}

/// One place in the fleet.
struct Program {
    binary: PathBuf,
    address: SocketAddr,
    is_worker: bool,
}

impl Fleet {
    pub(crate) async fn start(
        drill: &Drill,
        url: &str,
        sim: &Sim,
        sim_config: &SimConfig,
        balancer: &Balancer,
    ) -> Result<Self, Trouble> {
        let fresh = if drill.keep.is_some() {
            None
        } else {
            Some(tempfile::tempdir()?)
        };
        let folder = match (&drill.keep, &fresh) {
            (Some(folder), _) => folder.clone(),
            (None, Some(fresh)) => fresh.path().to_owned(),
            (None, None) => PathBuf::new(),
        };
        std::fs::create_dir_all(&folder)?;
        let database = database(drill, &folder).await?;
        let settings = settings(&database, url, sim, sim_config);
        let binaries = match &drill.binaries {
            Some(folder) => folder.clone(),
            None => std::env::current_exe()?
                .parent()
                .map(PathBuf::from)
                .unwrap_or_default(),
        };
        let mut programs = Vec::new();
        for number in 0..drill.webs + drill.workers {
            let is_worker = number >= drill.webs;
            let name = if is_worker {
                "birdcall-worker"
            } else {
                "birdcall-web"
            };
            programs.push(Program {
                binary: binaries.join(name),
                address: free_port().await?,
                is_worker,
            });
        }
        balancer.set_webs(
            programs
                .iter()
                .filter(|p| !p.is_worker)
                .map(|p| p.address)
                .collect(),
        );
        let url: DatabaseUrl = database.parse().map_err(str::to_owned)?;
        let store = Store::open(&url).await?;
        store.migrate().await?;
        let processes = Mutex::new(programs.iter().map(|_| None).collect());
        let fleet = Self {
            store,
            programs,
            processes,
            settings,
            folder,
            _fresh: fresh,
        };
        for place in 0..fleet.programs.len() {
            fleet.launch(place)?;
        }
        for program in &fleet.programs {
            wait_for_port(program.address).await?;
        }
        Ok(fleet)
    }

    fn launch(&self, place: usize) -> Result<(), Trouble> {
        let program = &self.programs[place];
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.folder.join("log"))?;
        let child = Command::new(&program.binary)
            .env_clear()
            .envs(&self.settings)
            .env("LISTEN_ADDR", program.address.to_string())
            .env("WORKER_LISTEN_ADDR", program.address.to_string())
            .current_dir(&self.folder)
            .stderr(log)
            .kill_on_drop(true)
            .spawn()
            .map_err(|error| format!("{}: {error}", program.binary.display()))?;
        self.processes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)[place] = Some(child);
        Ok(())
    }

    /// Kills as many processes as the drill says, one at a time, and starts each again.
    pub(crate) async fn kill_at_random(
        &self,
        drill: &Drill,
        random: &SharedRandom,
        sim: &Sim,
    ) -> Vec<Kill> {
        let mut kills = Vec::new();
        for number in 0..drill.kills {
            tokio::time::sleep(Duration::from_millis(200).mul_f64(0.5 + random.unit())).await;
            if number % 7 == 3 {
                faults::burst(sim, number / 7);
            }
            let places = self.programs.len();
            let place = ((random.unit() * places as f64) as usize).min(places - 1);
            kills.push(self.kill(place).await);
            if let Err(trouble) = self.launch(place) {
                eprintln!("a killed process does not start again: {trouble}");
            }
        }
        kills
    }

    async fn kill(&self, place: usize) -> Kill {
        let child = self
            .processes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)[place]
            .take();
        let mut kill = Kill {
            at: SystemClock.now(),
            in_hand: Vec::new(),
        };
        let Some(mut child) = child else { return kill };
        let pid = child.id().unwrap_or_default();
        // SIGKILL, and the zombie is taken away.
        let _ = child.kill().await;
        if self.programs[place].is_worker
            && let Ok(texts) = self.texts().await
        {
            // A claim is named after the process: pid, then chance.
            let mine = |text: &TextRow| {
                text.lease_owner
                    .as_ref()
                    .is_some_and(|o| o.starts_with(&format!("{pid}-")))
            };
            kill.in_hand = texts
                .into_iter()
                .filter(mine)
                .map(|text| text.sid)
                .collect();
        }
        kill
    }

    /// Every text in the ledger.
    pub(crate) async fn texts(&self) -> Result<Vec<TextRow>, Trouble> {
        let all = TextFilter {
            phone: None,
            state: None,
            since: Timestamp(0),
            contains: None,
            limit: i64::from(i32::MAX),
        };
        Ok(self.store.texts(&all).await?)
    }

    /// Waits until nothing is due any more: no open text, no open reply. `false`: not in time.
    pub(crate) async fn wait_for_calm(&self, limit: Duration) -> Result<bool, Trouble> {
        let until = Instant::now() + limit;
        while Instant::now() < until {
            let texts = self.store.text_counts().await?;
            let replies = self.store.reply_counts().await?;
            let open = |counts: &[(String, i64)], states: &[&str]| {
                counts
                    .iter()
                    .any(|(state, _)| states.contains(&state.as_str()))
            };
            if !open(&texts, &["received", "waiting", "publishing", "in_doubt"])
                && !open(&replies, &["queued", "sending", "in_doubt"])
            {
                return Ok(true);
            }
            tokio::time::sleep(LOOK * 5).await;
        }
        Ok(false)
    }

    pub(crate) async fn stop(&self) {
        let children: Vec<Child> = {
            let mut processes = self
                .processes
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            processes.iter_mut().filter_map(Option::take).collect()
        };
        for mut child in children {
            let _ = child.kill().await;
        }
        self.store.close().await;
    }

    /// What the processes logged, in one file.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.join("log")).unwrap_or_default()
    }
}

async fn database(drill: &Drill, folder: &Path) -> Result<String, Trouble> {
    match (drill.engine, &drill.postgres) {
        (Engine::Sqlite, _) => Ok(format!("sqlite://{}", folder.join("birdcall.db").display())),
        (Engine::Postgres, Some(server)) => {
            let name = format!("birdcall_drill_{}", std::process::id());
            let made = Command::new("psql")
                .arg(server)
                .args(["-qc", &format!("CREATE DATABASE {name}")])
                .status()
                .await?;
            if !made.success() {
                return Err("the database can't be made with psql".into());
            }
            let (base, _) = server
                .rsplit_once('/')
                .ok_or("--postgres names no database")?;
            Ok(format!("{base}/{name}"))
        }
        (Engine::Postgres, None) => Err("--postgres is missing".into()),
    }
}

/// Quick limits: what takes minutes in production takes seconds here.
fn settings(
    database: &str,
    url: &str,
    sim: &Sim,
    sim_config: &SimConfig,
) -> HashMap<String, String> {
    [
        ("DATABASE_URL", database.to_owned()),
        ("PUBLIC_URL", url.to_owned()),
        ("TWILIO_ACCOUNT_SID", sim_config.twilio_account_sid.clone()),
        ("TWILIO_AUTH_TOKEN", sim_config.twilio_auth_token.clone()),
        ("TWILIO_FROM", sim_config.twilio_number.clone()),
        ("TWILIO_API_URL", sim.url()),
        ("X_CLIENT_ID", sim_config.x_client_id.clone()),
        (
            "X_CLIENT_SECRET",
            sim_config.x_client_secret.clone().unwrap_or_default(),
        ),
        ("X_API_URL", sim.url()),
        (
            "X_AUTHORIZE_URL",
            format!("{}/i/oauth2/authorize", sim.url()),
        ),
        ("SECRET_KEY", STANDARD.encode([7; 32])),
        ("SIGNUP", "open".to_owned()),
        ("LEASE", "10s".to_owned()),
        ("CALL_TIMEOUT", "4s".to_owned()),
        ("RETRY_DELAY_MIN", "300ms".to_owned()),
        ("RETRY_DELAY_MAX", "5s".to_owned()),
        ("RESOLVE_DELAYS", "500ms,1s,2s".to_owned()),
        ("SWEEP_INTERVAL", "1s".to_owned()),
        ("SWEEP_GRACE", "2s".to_owned()),
        ("SWEEP_AGAIN", "10s".to_owned()),
        // Many texts to one phone at once are this drill's making, not a machine's echo.
        ("REPLIES_MAX", "1000".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect()
}

async fn free_port() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0").await?.local_addr()
}

async fn wait_for_port(address: SocketAddr) -> Result<(), Trouble> {
    let until = Instant::now() + START_MAX;
    while Instant::now() < until {
        if TcpStream::connect(address).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(LOOK).await;
    }
    Err(format!("nothing listens on {address}").into())
}
