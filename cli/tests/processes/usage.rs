//! What `birdcall` says to a malformed command.

use crate::program::{Settings, run};

#[tokio::test]
async fn a_malformed_command_is_refused_with_exit_code_2() {
    let folder = tempfile::tempdir().expect("a folder");
    let url = format!("sqlite://{}", folder.path().join("birdcall.db").display());
    let settings: Settings = [("DATABASE_URL".to_owned(), url)].into();
    assert_eq!(run("birdcall", &["migrate"], &settings).await.code, Some(0));
    for arguments in [
        &[][..],
        &["sing"],
        &["texts"],
        &["texts", "show"],
        &["texts", "list", "--state", "lost"],
        &["texts", "list", "--since", "yesterday"],
        &["texts", "list", "--phone", "12345"],
        &["jobs", "list", "--queue", "bus"],
        &["queue", "pause", "bus"],
        &["queue", "pause", "refresh"],
        &["accounts", "show", "12345"],
        &["replay"],
        &["replay", "--state", "failed"],
        &["backup"],
    ] {
        let ran = run("birdcall", arguments, &settings).await;
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.err);
        assert_ne!(ran.err, "", "{arguments:?}");
        assert_eq!(ran.out, "", "{arguments:?}");
    }
}

#[tokio::test]
async fn a_malformed_database_url_is_a_matter_of_configuration() {
    let url = "mysql://birdcall:canary@host/birdcall".to_owned();
    let settings: Settings = [("DATABASE_URL".to_owned(), url)].into();
    for arguments in [&["texts", "list"][..], &["migrate"], &["queue", "stats"]] {
        let ran = run("birdcall", arguments, &settings).await;
        assert_eq!(ran.code, Some(78), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("DATABASE_URL"), "{}", ran.err);
        assert!(!ran.err.contains("canary"), "{}", ran.err);
    }
}
