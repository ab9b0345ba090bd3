//! What floods and slow ends do to real processes.

use std::collections::BTreeSet;

use birdcall_sim::{Fault, FaultAction};

use crate::{engines::new_sqlite, prelude::*, program::lines};

/// The number of requests of a flood.
const FLOOD: usize = 300;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_flood_of_unsigned_requests_is_counted_and_logged_in_a_few_lines() {
    let (_folder, url) = new_sqlite();
    let (system, web, _worker) = System::start(&url).await;
    for _ in 0..FLOOD {
        assert_eq!(system.post(&web, "/twilio/message").await, 400);
    }
    let logged = lines(web.log());
    let said = logged
        .iter()
        .filter(|line| line.contains("a webhook was not accepted"));
    let said = said.count();
    assert!(0 < said && said < FLOOD / 2, "{said} lines");
    let metrics = system.metrics(&web).await;
    let counted = format!("birdcall_signatures_refused_total{{reason=\"missing\"}} {FLOOD}");
    assert!(metrics.lines().any(|line| line == counted), "{metrics}");
    system.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn web_waits_quietly_for_a_database_that_is_not_there_yet() {
    let (folder, url) = new_sqlite();
    let mut system = System::prepare(&url).await;
    system.set("RECEIVE_TIMEOUT", "100ms");
    // Another program migrates, or holds the file for some other reason.
    let file = folder.path().join("birdcall.db");
    let holder = sqlx::sqlite::SqliteConnectOptions::new()
        .filename(&file)
        .create_if_missing(true);
    let mut holder = <sqlx::SqliteConnection as sqlx::Connection>::connect_with(&holder)
        .await
        .expect("a file");
    hold(&mut holder, "PRAGMA journal_mode = WAL").await;
    hold(&mut holder, "BEGIN IMMEDIATE").await;
    let web = system.launch_web().await;
    let mut answers = BTreeSet::new();
    for path in ["/twilio/message", "/twilio/status", "/auth/start"] {
        answers.insert(system.post(&web, path).await);
    }
    assert_eq!(answers, [503].into());
    hold(&mut holder, "ROLLBACK").await;
    until("web accepts requests", async || {
        system.post(&web, "/twilio/message").await == 400
    })
    .await;
    let logged = lines(web.log());
    let troubled = |line: &&String| line.contains("WARN") || line.contains("ERROR");
    let troubled: Vec<_> = logged
        .iter()
        .filter(troubled)
        // The last request is one that nobody signed, and the file was made for everybody.
        .filter(|line| !line.contains("a webhook was not accepted"))
        .filter(|line| !line.contains("others could read this file"))
        .collect();
    assert!(troubled.len() <= 1, "{troubled:#?}");
    system.end().await;
}

async fn hold(connection: &mut sqlx::SqliteConnection, sql: &'static str) {
    let done = sqlx::Executor::execute(connection, sql).await;
    done.expect("the file is ours");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_worker_with_a_call_that_does_not_end_stops_at_shutdown_timeout() {
    let (_folder, url) = new_sqlite();
    let mut system = System::prepare(&url).await;
    system.set("SHUTDOWN_TIMEOUT", "200ms");
    system.set("CALL_TIMEOUT", "15m");
    system.set("LEASE", "30m");
    let _web = system.start_web().await;
    let mut worker = system.start_worker().await;
    system.link(ALICE, "demo").await;
    let slow = FaultAction::Delay { millis: 900_000 };
    system.sim.fault(Fault::new("x.create_post", slow));
    system.sim.text(ALICE, "slow").await;
    until("the call is under way", async || {
        system.under_way("x.create_post") == 1
    })
    .await;
    assert_eq!(worker.stop().await.code(), Some(0));
    let logged = lines(worker.log());
    let said = logged
        .iter()
        .filter(|line| line.contains("SHUTDOWN_TIMEOUT"));
    assert_eq!(said.count(), 1, "{logged:#?}");
}
