//! How `birdcall` answers a malformed command.

use std::collections::BTreeSet;

use birdcall_domain::text::TextState;
use birdcall_ledger::queue::{JobState, Queue};

use crate::{engines::new_sqlite, prelude::*};

#[tokio::test]
async fn a_malformed_command_is_refused_with_exit_code_2() {
    let (_folder, url) = new_sqlite();
    let settings = only_database(&url);
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
async fn a_malformed_database_url_is_refused_with_exit_code_78() {
    let settings = only_database("mysql://birdcall:canary@host/birdcall");
    for arguments in [&["texts", "list"][..], &["migrate"], &["queue", "stats"]] {
        let ran = run("birdcall", arguments, &settings).await;
        assert_eq!(ran.code, Some(78), "{arguments:?}: {}", ran.err);
        assert!(ran.err.contains("DATABASE_URL"), "{}", ran.err);
        assert!(!ran.err.contains("canary"), "{}", ran.err);
    }
}

#[tokio::test]
async fn the_help_lists_every_state_and_queue() {
    let texts = help(&["texts", "list"]).await;
    for state in TextState::ALL {
        assert!(texts.contains(&state.to_string()), "{state}");
    }
    let jobs = help(&["jobs", "list"]).await;
    for state in JobState::ALL {
        assert!(jobs.contains(&state.to_string()), "{state}");
    }
    for queue in Queue::ALL {
        assert!(jobs.contains(&queue.to_string()), "{queue}");
    }
}

/// The words in the help text of a command.
async fn help(command: &[&str]) -> BTreeSet<String> {
    let ran = run(
        "birdcall",
        &[command, &["--help"]].concat(),
        &Settings::new(),
    )
    .await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let words = ran.out.split(|c: char| !c.is_alphanumeric() && c != '_');
    words.map(str::to_owned).collect()
}
