//! `birdcall accounts erase`.

use std::{fs, path::Path};

use crate::{engines::new_sqlite, prelude::*};

on_both_engines!(a_number_is_erased_by_the_command);

async fn a_number_is_erased_by_the_command(database_url: String) {
    let (system, _web, _worker) = linked(&database_url).await;
    let sid = system.sim.text(ALICE, "posted").await;
    system.text_once_told(&sid).await;
    // Nobody is there to confirm it.
    let ran = system.birdcall(&["accounts", "erase", ALICE]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.err.contains("add --yes"), "{}", ran.err);
    assert_eq!(system.json(&["texts", "list"]).await[0]["message_sid"], sid);

    let why = ["--why", "asked by letter"];
    let erased = system
        .json(&[&["accounts", "erase", ALICE, "--yes"], &why[..]].concat())
        .await;
    assert_eq!(erased["phone"], ALICE);
    let detail = "is unlinked and erased; a worker has X revoke its tokens";
    assert_eq!(erased["detail"], detail);
    until("X has revoked the grant", async || {
        system.sim.grants_in_force("demo") == 0
    })
    .await;
    assert_eq!(system.json(&["texts", "list"]).await, serde_json::json!([]));
    let deeds = system.json(&["audit"]).await;
    assert_eq!(deeds[0]["action"], "erase");
    assert_eq!(deeds[0]["reason"], "asked by letter");
    assert!(!deeds.to_string().contains(ALICE), "{deeds}");

    let ran = system
        .birdcall(&["accounts", "erase", ALICE, "--yes"])
        .await;
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.err.contains("is not known here"), "{}", ran.err);
    let ran = system
        .birdcall(&["accounts", "erase", ALICE, "--yes", "--vacuum"])
        .await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    system.end().await;
}

/// Whether one of the files of a database holds this.
fn holds(folder: &Path, trace: &str) -> bool {
    ["birdcall.db", "birdcall.db-wal", "birdcall.db-shm"]
        .iter()
        .filter_map(|name| fs::read(folder.join(name)).ok())
        .any(|bytes| bytes.windows(trace.len()).any(|at| at == trace.as_bytes()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_readable_of_an_erased_number_is_left_in_the_files_while_programs_run() {
    let (folder, url) = new_sqlite();
    let (system, _web, _worker) = linked(&url).await;
    let posted = system
        .sim
        .text(ALICE, "canary words that were posted")
        .await;
    system.text_once_told(&posted).await;
    let twilio_sid = system.json(&["texts", "show", &posted]).await["reply"]["twilio_sid"].clone();
    let twilio_sid = twilio_sid.as_str().expect("a sid").to_owned();
    system.birdcall(&["queue", "pause", "tweet"]).await;
    let waits = system.sim.text(ALICE, "canary words that wait").await;
    system.text_once(&waits, "waiting").await;
    let traces = [ALICE, "canary words", &posted, &waits, &twilio_sid];
    for trace in traces {
        assert!(holds(folder.path(), trace), "{trace}");
    }
    let ran = system
        .birdcall(&["accounts", "erase", ALICE, "--yes"])
        .await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    until("nothing is left in the files", async || {
        traces.iter().all(|trace| !holds(folder.path(), trace))
    })
    .await;
    // The programs go on, and write none of it again.
    until("X has revoked the grant", async || {
        system.sim.grants_in_force("demo") == 0
    })
    .await;
    system.birdcall(&["queue", "resume", "tweet"]).await;
    let new = system.sim.text("+15550002222", "hello").await;
    system.text_once_told(&new).await;
    for trace in traces {
        assert!(!holds(folder.path(), trace), "{trace}");
    }
    system.end().await;
}
