//! The processes: web and workers that are started, killed and started again.

use std::{
    collections::HashMap,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use birdcall_ledger::{
    Ledger,
    database::DatabaseUrl,
    texts::{Text, TextFilter},
};
use birdcall_sim::{Sim, SimConfig};
use tempfile::TempDir;
use tokio::{
    process::{Child, Command},
    time::Instant,
};

use crate::{
    args::Args,
    balancer::Balancer,
    database,
    error::DrillResult,
    ports::{free_port, wait_for_port},
    recovery::Recovery,
    settings::settings,
};

pub(crate) struct Fleet {
    pub(crate) ledger: Ledger,
    pub(crate) database_url: String,
    pub(crate) recovery: Recovery,
    programs: Vec<Place>,
    /// One process for each program, or `None` while it does not run.
    processes: Mutex<Vec<Option<Child>>>,
    settings: HashMap<String, String>,
    /// Where the programs are.
    binaries: PathBuf,
    folder: PathBuf,
    /// Deleted with the fleet, unless `--keep` names a folder.
    _fresh: Option<TempDir>,
}

/// A place in the fleet. The process that fills it changes, but its address stays.
struct Place {
    binary: PathBuf,
    address: SocketAddr,
    is_worker: bool,
}

impl Fleet {
    /// Starts every process, and waits until each of them listens.
    pub(crate) async fn start(
        args: &Args,
        url: &str,
        sim: &Sim,
        sim_config: &SimConfig,
        balancer: &Balancer,
    ) -> DrillResult<Self> {
        let (folder, fresh) = match &args.keep {
            Some(folder) => (folder.clone(), None),
            None => {
                let fresh = tempfile::tempdir()?;
                (fresh.path().to_owned(), Some(fresh))
            }
        };
        std::fs::create_dir_all(&folder)?;
        let database_url = database::create(args, &folder).await?;
        let settings = settings(&database_url, url, sim, sim_config);
        let programs = programs(args).await?;
        balancer.set_webs(
            programs
                .iter()
                .filter(|program| !program.is_worker)
                .map(|program| program.address)
                .collect(),
        );
        let parsed: DatabaseUrl = database_url.parse().map_err(str::to_owned)?;
        let ledger = Ledger::open(&parsed.into()).await?;
        ledger.migrate().await?;
        let processes = Mutex::new(programs.iter().map(|_| None).collect());
        let fleet = Self {
            recovery: Recovery::watch(&ledger),
            ledger,
            database_url,
            programs,
            processes,
            settings,
            binaries: binaries(args)?,
            folder,
            _fresh: fresh,
        };
        for place in 0..fleet.places() {
            fleet.launch(place)?;
        }
        for program in &fleet.programs {
            wait_for_port(program.address).await?;
        }
        Ok(fleet)
    }

    /// The number of processes. Places are counted from 0, webs first.
    pub(crate) fn places(&self) -> usize {
        self.programs.len()
    }

    pub(crate) async fn kill_and_restart(&self, place: usize) -> DrillResult<()> {
        self.kill(place).await;
        self.launch(place)
    }

    fn launch(&self, place: usize) -> DrillResult<()> {
        let program = &self.programs[place];
        let log = std::fs::File::options()
            .create(true)
            .append(true)
            .open(self.log_file())?;
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

    async fn kill(&self, place: usize) {
        let child = self
            .processes
            .lock()
            .unwrap_or_else(PoisonError::into_inner)[place]
            .take();
        let Some(mut child) = child else { return };
        let pid = child.id().unwrap_or_default();
        let at = Instant::now();
        // This sends SIGKILL and waits for the process. It fails only if the process already ended.
        let _ = child.kill().await;
        if self.programs[place].is_worker {
            self.recovery.killed(&self.ledger, pid, at).await;
        }
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

    /// Runs the command `birdcall` with these arguments, and returns whether it succeeded.
    pub(crate) async fn birdcall(&self, arguments: &[&str]) -> DrillResult<bool> {
        let ran = Command::new(self.binaries.join("birdcall"))
            .args(arguments)
            .env_clear()
            .envs(&self.settings)
            .current_dir(&self.folder)
            .output()
            .await
            .map_err(|error| format!("birdcall: {error}"))?;
        Ok(ran.status.success())
    }

    /// Every text in the ledger.
    pub(crate) async fn texts(&self) -> DrillResult<Vec<Text>> {
        let all = TextFilter {
            limit: i64::from(i32::MAX),
            ..TextFilter::default()
        };
        Ok(self.ledger.texts(&all).await?)
    }

    /// What all processes logged. It is empty if there is no log.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.log_file()).unwrap_or_default()
    }

    fn log_file(&self) -> PathBuf {
        self.folder.join("log")
    }
}

/// The folder of the programs.
fn binaries(args: &Args) -> DrillResult<PathBuf> {
    if let Some(folder) = &args.binaries {
        return Ok(folder.clone());
    }
    let drill = std::env::current_exe()?;
    Ok(drill.parent().map(Path::to_owned).unwrap_or_default())
}

async fn programs(args: &Args) -> DrillResult<Vec<Place>> {
    let binaries = binaries(args)?;
    let mut programs = Vec::new();
    for place in 0..args.webs + args.workers {
        let is_worker = place >= args.webs;
        let name = if is_worker {
            "birdcall-worker"
        } else {
            "birdcall-web"
        };
        programs.push(Place {
            binary: binaries.join(name),
            address: free_port().await?,
            is_worker,
        });
    }
    Ok(programs)
}
