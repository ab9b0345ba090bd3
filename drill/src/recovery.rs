//! How soon what a killed worker held is in other hands (R7).

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use birdcall_ledger::Ledger;
use tokio::{task::JoinHandle, time::Instant};

/// How often the ledger is looked at; it is also how exact the times are.
const LOOK: Duration = Duration::from_millis(250);

/// A text that a killed worker held.
#[derive(Clone, Debug)]
struct Orphan {
    sid: String,
    /// The claim that the victim made: claims are named anew each time.
    claim: String,
    killed_at: Instant,
}

/// A text that is in other hands again, or settled by them.
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

/// Watches the ledger for texts of killed workers.
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

    /// A worker was killed `at`; its claims begin with its process's number.
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

    /// Everything that was taken up again, slowest first, and how many texts never were.
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
                // Killed after this look began: the look says nothing of it.
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
