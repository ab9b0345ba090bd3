//! Trouble that comes neither from X nor from Twilio: an operator, and the database.

use std::time::Duration;

use birdcall_domain::{
    clock::{Clock as _, SystemClock},
    random::{Random, SystemRandom},
};
use birdcall_ledger::{Ledger, audit::By, queue::Queue};
use tokio::process::Command;

use crate::error::DrillResult;

/// How long the operator pauses.
const PAUSE: Duration = Duration::from_secs(2);
/// The largest number of attempts to resume.
const TRIES_MAX: usize = 20;
/// How long another program holds SQLite's write lock. It is longer than the `DATABASE_TIMEOUT` of
/// the drill.
const HOLD: Duration = Duration::from_secs(3);
/// Ends every connection to the database except its own, as a restart of the server does.
const END_ALL: &str = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()";

/// Pauses the queue `tweet` as an operator does, and resumes it.
pub(crate) async fn operator_pauses(ledger: Ledger) -> DrillResult<()> {
    let id = (&SystemRandom as &dyn Random).token(12);
    let by = By {
        actor: "drill",
        reason: "",
        audit_id: &id,
    };
    ledger
        .pause_queue(Queue::Tweet, by, SystemClock.now())
        .await?;
    tokio::time::sleep(PAUSE).await;
    // The database may have trouble at this moment. An operator would try again.
    for _ in 0..TRIES_MAX {
        let id = (&SystemRandom as &dyn Random).token(12);
        let by = By {
            audit_id: &id,
            ..by
        };
        let resumed = ledger.resume_queue(Queue::Tweet, by, SystemClock.now());
        if resumed.await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(PAUSE / 4).await;
    }
    Err("the queue is still paused".into())
}

/// Holds the write lock of SQLite as another program would, or ends every connection to PostgreSQL.
pub(crate) async fn database_trouble(ledger: Ledger, url: String) -> DrillResult<()> {
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
