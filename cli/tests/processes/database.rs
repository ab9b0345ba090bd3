//! `birdcall migrate` and `birdcall backup`.

use crate::{engines::new_sqlite, prelude::*};

on_both_engines!(
    a_new_database_is_migrated_once,
    a_backup_is_a_complete_ledger
);

#[tokio::test]
async fn only_migrate_creates_a_database() {
    let (folder, _) = new_sqlite();
    let file = folder.path().join("data").join("birdcall.db");
    let path = file.display().to_string();
    let url = format!("sqlite://{path}");
    let system = System::prepare(&url).await;
    let copy = folder.path().join("copy.db").display().to_string();
    for arguments in [
        &["texts", "list"][..],
        &["texts", "show", "SM1"],
        &["jobs", "list"],
        &["jobs", "show", "1"],
        &["queue", "stats"],
        &["queue", "pause", "tweet"],
        &["queue", "resume", "tweet"],
        &["accounts", "list"],
        &["accounts", "unlink", ALICE],
        &["audit"],
        &["replay", "SM1"],
        &["replay", "--state", "failed", "--since", "24h"],
        &["sweep-inbound"],
        &["backup", &copy],
    ] {
        let ran = system.birdcall(arguments).await;
        assert_eq!(ran.code, Some(1), "{arguments:?}: {}", ran.err);
        for words in [path.as_str(), "DATABASE_URL", "birdcall migrate"] {
            assert!(ran.err.contains(words), "{arguments:?}: {}", ran.err);
        }
        assert_eq!(ran.out, "");
    }
    let ran = system.birdcall(&["doctor"]).await;
    let line = ran
        .out
        .lines()
        .find(|line| line.starts_with("WRONG database"));
    assert!(line.is_some_and(|line| line.contains(&path)), "{}", ran.out);
    let worker = system.start_worker().await;
    assert_eq!(system.get(&worker, "/readyz").await.0, 503);
    drop(worker);
    assert!(!folder.path().join("data").exists());

    // A file that is empty holds no ledger either.
    std::fs::create_dir(folder.path().join("data")).expect("a folder");
    std::fs::write(&file, "").expect("a file");
    let ran = system.birdcall(&["texts", "list"]).await;
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("holds no ledger"), "{}", ran.err);

    let made = system.json(&["migrate"]).await;
    assert_eq!(made["updated"], true);
    assert_eq!(system.json(&["migrate"]).await["updated"], false);
    assert_eq!(system.json(&["texts", "list"]).await, serde_json::json!([]));
}

async fn a_new_database_is_migrated_once(database_url: String) {
    let settings = only_database(&database_url);
    let ran = run("birdcall", &["texts", "list"], &settings).await;
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("birdcall migrate"), "{}", ran.err);

    let ran = run("birdcall", &["migrate"], &settings).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let ran = run("birdcall", &["migrate"], &settings).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert_eq!(ran.out, "the schema is up to date\n");

    let ran = run("birdcall", &["texts", "list", "--json"], &settings).await;
    assert_eq!((ran.code, ran.out.trim()), (Some(0), "[]"), "{}", ran.err);
}

async fn a_backup_is_a_complete_ledger(database_url: String) {
    let (system, _web, _worker) = linked(&database_url).await;
    let sid = system.sim.text(ALICE, "hello from a process").await;
    system.text_once_told(&sid).await;
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("copy.db").display().to_string();

    let ran = system.birdcall(&["backup", &file]).await;
    if database_url.starts_with("postgres") {
        assert_eq!(ran.code, Some(1));
        assert!(ran.err.contains("pg_dump"), "{}", ran.err);
        system.end().await;
        return;
    }
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.contains("2 texts"), "{}", ran.out);
    let second = folder.path().join("second.db").display().to_string();
    let copied = system.json(&["backup", &second]).await;
    assert_eq!(copied["file"], second.as_str());
    assert_eq!(copied["texts"], 2);
    let again = system.birdcall(&["backup", &file]).await;
    assert_eq!(again.code, Some(1), "a backup does not overwrite a file");

    let copy = only_database(&format!("sqlite://{file}"));
    let ran = run("birdcall", &["texts", "list", "--json"], &copy).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let copied: Vec<serde_json::Value> = serde_json::from_str(&ran.out).expect("an array");
    assert_eq!(copied, system.texts().await);
    let ran = run("birdcall", &["accounts", "show", ALICE], &copy).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    system.end().await;
}
