//! The processes: started, killed, started again.

use std::{
    collections::{HashMap, HashSet},
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use birdcall_domain::{clock::Timestamp, reply::ReplyState};
use birdcall_ledger::{
    Ledger,
    database::DatabaseUrl,
    texts::{Text, TextFilter},
};
use birdcall_sim::{Sim, SimConfig};
use tempfile::TempDir;
use tokio::{
    net::{TcpListener, TcpStream},
    process::{Child, Command},
    time::Instant,
};

use crate::{
    Drill, Engine, Trouble,
    balancer::Balancer,
    faults,
    people::{People, Sent},
    recovery::Recovery,
    schedule::{Act, Burst, Step},
    trouble,
};

/// Between two looks at whether something has come.
const LOOK: Duration = Duration::from_millis(100);
/// A process that does not listen by then never will.
const START_MAX: Duration = Duration::from_secs(30);

pub(crate) struct Fleet {
    pub(crate) ledger: Ledger,
    pub(crate) recovery: Recovery,
    /// Its URL.
    database: String,
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
        let ledger = Ledger::open(&url.into()).await?;
        ledger.migrate().await?;
        let processes = Mutex::new(programs.iter().map(|_| None).collect());
        let fleet = Self {
            recovery: Recovery::watch(&ledger),
            database,
            ledger,
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

    /// Lets happen what is on the schedule; whoever is killed is started again.
    pub(crate) async fn suffer(&self, schedule: &[Step], sim: &Sim, people: &People) {
        // Stretches of trouble go on beside the kills, and end before calm is waited for.
        let mut stretches = Vec::new();
        for step in schedule {
            tokio::time::sleep(step.wait).await;
            match step.act {
                Act::Burst(Burst::OperatorPauses) => {
                    stretches.push(tokio::spawn(trouble::operator_pauses(self.ledger.clone())));
                }
                Act::Burst(Burst::DatabaseTrouble) => {
                    let (ledger, url) = (self.ledger.clone(), self.database.clone());
                    stretches.push(tokio::spawn(trouble::database(ledger, url)));
                }
                Act::Burst(burst) => faults::burst(sim, burst, people),
                Act::Kill { place } => {
                    self.kill(place).await;
                    if let Err(trouble) = self.launch(place) {
                        eprintln!("a killed process does not start again: {trouble}");
                    }
                }
            }
        }
        for stretch in stretches {
            match stretch.await {
                Ok(Ok(())) => {}
                Ok(Err(trouble)) => eprintln!("a stretch of trouble did not happen: {trouble}"),
                Err(panic) => eprintln!("a stretch of trouble panicked: {panic}"),
            }
        }
    }

    pub(crate) fn places(&self) -> usize {
        self.programs.len()
    }

    async fn kill(&self, place: usize) {
        let child = self
            .processes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)[place]
            .take();
        let Some(mut child) = child else { return };
        let pid = child.id().unwrap_or_default();
        let at = Instant::now();
        // SIGKILL, and the zombie is taken away.
        let _ = child.kill().await;
        if self.programs[place].is_worker {
            self.recovery.killed(&self.ledger, pid, at).await;
        }
    }

    /// Every text in the ledger.
    pub(crate) async fn texts(&self) -> Result<Vec<Text>, Trouble> {
        let all = TextFilter {
            phone: None,
            state: None,
            since: Timestamp(0),
            contains: None,
            limit: i64::from(i32::MAX),
        };
        Ok(self.ledger.texts(&all).await?)
    }

    /// Waits until everything that was sent is in the ledger and nothing is due any more: no open
    /// text, no open reply. `false`: not in time.
    pub(crate) async fn wait_for_calm(
        &self,
        sent: &[Sent],
        limit: Duration,
    ) -> Result<bool, Trouble> {
        let until = Instant::now() + limit;
        while Instant::now() < until {
            tokio::time::sleep(LOOK * 5).await;
            let texts = self.ledger.text_counts().await?;
            let replies = self.ledger.reply_counts().await?;
            let open_text = texts.iter().any(|(state, _)| !state.is_final());
            let open_reply = replies.iter().any(|(state, _)| {
                use ReplyState::{InDoubt, Queued, Sending};
                matches!(state, Queued | Sending | InDoubt)
            });
            if open_text || open_reply {
                continue;
            }
            let known = self.texts().await?;
            let known: HashSet<&str> = known.iter().map(|text| text.sid.as_str()).collect();
            if sent.iter().all(|sent| known.contains(sent.sid.as_str())) {
                return Ok(true);
            }
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
        self.ledger.close().await;
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
        ("DATABASE_TIMEOUT", "2s".to_owned()),
        ("SWEEP_INBOUND_INTERVAL", "10s".to_owned()),
        ("SWEEP_INBOUND_GRACE", "5s".to_owned()),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .chain(sim_config.settings(&sim.url()))
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
