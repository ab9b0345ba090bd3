//! Measures how soon other workers resume the texts of a killed worker (R7).

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use birdcall_ledger::Ledger;
use tokio::{task::JoinHandle, time::Instant};

/// The time between two looks at the ledger. Measured times are exact to this much.
const LOOK: Duration = Duration::from_millis(250);

/// A text that a killed worker had claimed.
#[derive(Clone, Debug)]
struct Orphan {
    sid: String,
    /// The name of that worker's claim. Every claim has a new name.
    claim: String,
    killed_at: Instant,
}

/// A text that is no longer claimed by the killed worker: another worker claimed or settled it.
#[derive(Clone, Debug)]
pub(crate) struct Recovered {
    pub(crate) sid: String,
    pub(crate) after: Duration,
}

#[derive(Default)]
struct Seen {
    orphans: Vec<Orphan>,
    recovered: Vec<Recovered>,
}

/// Watches the ledger for the texts of killed workers.
pub(crate) struct Recovery {
    seen: Arc<Mutex<Seen>>,
    looking: JoinHandle<()>,
}

impl Recovery {
    pub(crate) fn watch(ledger: &Ledger) -> Self {
        let seen = Arc::default();
        let looking = tokio::spawn(keep_looking(ledger.clone(), Arc::clone(&seen)));
        Self { seen, looking }
    }

    /// Notes the texts of a worker that was killed `at`. The names of its claims begin with the
    /// number of its process.
    pub(crate) async fn killed(&self, ledger: &Ledger, pid: u32, at: Instant) {
        let Ok(held) = ledger.held_texts().await else {
            return;
        };
        let mine = format!("{pid}-");
        let orphans = held
            .into_iter()
            .filter(|(_, claim)| claim.starts_with(&mine))
            .map(|(sid, claim)| Orphan {
                sid: sid.to_string(),
                claim,
                killed_at: at,
            });
        lock(&self.seen).orphans.extend(orphans);
    }

    /// Stops watching. Returns the texts that were resumed, slowest first, and the number of texts
    /// that were not.
    pub(crate) fn end(&self) -> (Vec<Recovered>, usize) {
        self.looking.abort();
        let seen = lock(&self.seen);
        let mut recovered = seen.recovered.clone();
        recovered.sort_by_key(|one| std::cmp::Reverse(one.after));
        (recovered, seen.orphans.len())
    }
}

async fn keep_looking(ledger: Ledger, seen: Arc<Mutex<Seen>>) {
    loop {
        tokio::time::sleep(LOOK).await;
        if lock(&seen).orphans.is_empty() {
            continue;
        }
        let looked_at = Instant::now();
        let Ok(held) = ledger.held_texts().await else {
            continue;
        };
        let held: HashSet<(String, String)> = held
            .into_iter()
            .map(|(sid, claim)| (sid.to_string(), claim))
            .collect();
        let mut seen = lock(&seen);
        let (still, gone): (Vec<_>, Vec<_>) = std::mem::take(&mut seen.orphans)
            .into_iter()
            .partition(|one| {
                // If the worker was killed after this look began, the look may show its claim or
                // not.
                one.killed_at > looked_at || held.contains(&(one.sid.clone(), one.claim.clone()))
            });
        seen.orphans = still;
        seen.recovered.extend(gone.into_iter().map(|one| Recovered {
            after: one.killed_at.elapsed(),
            sid: one.sid,
        }));
    }
}

fn lock(seen: &Mutex<Seen>) -> std::sync::MutexGuard<'_, Seen> {
    seen.lock().unwrap_or_else(PoisonError::into_inner)
}
