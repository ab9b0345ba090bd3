//! `birdcall migrate` and `birdcall backup`.

use crate::prelude::*;

on_both_engines!(
    a_new_database_is_migrated_once,
    a_backup_is_a_complete_ledger
);

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
