//! What a trial with `--data` keeps in its folder beside the ledger: its key, and the state of the
//! simulator. Only the user of this process may read them.

use std::{
    fs, io,
    path::{Path, PathBuf},
    time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use birdcall_domain::random::{Random as _, SystemRandom};
use birdcall_ledger::private_file;
use birdcall_sim::Sim;

/// How often the state of the simulator is written, if it changed.
const SAVE_INTERVAL: Duration = Duration::from_secs(1);

/// The file of the simulator's state.
pub(super) fn sim_file(folder: &Path) -> PathBuf {
    folder.join("simulator.json")
}

/// The key of this folder. The first trial makes it.
pub(super) fn secret_key(folder: &Path) -> io::Result<String> {
    let file = folder.join("secret-key");
    match fs::read_to_string(&file) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {}
        read => return read.map(|key| key.trim().to_owned()),
    }
    let mut key = [0; 32];
    SystemRandom.fill(&mut key);
    let key = STANDARD.encode(key);
    io::Write::write_all(&mut private_file::make(&file)?, key.as_bytes())?;
    Ok(key)
}

/// Saves the state of the simulator whenever it changed, until the task is aborted.
pub(super) async fn keep_saving(sim: Sim, file: PathBuf) {
    let mut moments = tokio::time::interval(SAVE_INTERVAL);
    loop {
        moments.tick().await;
        save(&sim, &file);
    }
}

/// Saves the state of the simulator. A trial goes on without it.
pub(super) fn save(sim: &Sim, file: &Path) {
    if let Err(error) = sim.save(file) {
        tracing::warn!(%error, file = %file.display(), "the simulator's state could not be saved");
    }
}
