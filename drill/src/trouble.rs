//! Stretches of trouble that are made neither by X nor by Twilio.

use std::time::Duration;

use birdcall_domain::clock::{Clock as _, SystemClock};
use birdcall_ledger::{Ledger, queue::Queue};
use tokio::process::Command;

use crate::Trouble;

/// How long the operator pauses.
const PAUSE: Duration = Duration::from_secs(2);
/// How often the operator tries to resume.
const TRIES_MAX: usize = 20;
/// How long another program holds SQLite's write lock: longer than `DATABASE_TIMEOUT` here.
const HOLD: Duration = Duration::from_secs(3);
/// Ends every connection to the database but its own, as a server does that is restarted.
const END_ALL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

/// The operator pauses the queue, and resumes it.
pub(crate) async fn operator_pauses(ledger: Ledger) -> Result<(), Trouble> {
    ledger.pause_queue(Queue::Tweet, SystemClock.now()).await?;
    tokio::time::sleep(PAUSE).await;
    // The database may have trouble just now; an operator tries again.
    for _ in 0..TRIES_MAX {
        if ledger
            .resume_queue(Queue::Tweet, SystemClock.now())
            .await
            .is_ok()
        {
            return Ok(());
        }
        tokio::time::sleep(PAUSE / 4).await;
    }
    Err("the queue is still paused".into())
}

/// Another program holds the write lock, or every connection is ended.
pub(crate) async fn database(ledger: Ledger, url: String) -> Result<(), Trouble> {
    if matches!(ledger, Ledger::Sqlite { .. }) {
        let held = ledger.write("drill").await?;
        tokio::time::sleep(HOLD).await;
        held.commit().await?;
        return Ok(());
    }
    let ended = Command::new("psql")
        .arg(&url)
        .args(["-qAtc", END_ALL])
        .output()
        .await?;
    if !ended.status.success() {
        return Err(String::from_utf8_lossy(&ended.stderr).into());
    }
    Ok(())
}
