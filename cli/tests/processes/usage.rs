//! How `birdcall` answers a malformed command.

use std::collections::BTreeSet;

use birdcall_domain::text::TextState;
use birdcall_ledger::queue::{JobState, Queue};
use serde_json::Value;

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
        &["find"],
        &["find", "hello", "--since", "yesterday"],
        &["texts", "list", "--state", "lost"],
        &["texts", "list", "--since", "yesterday"],
        &["texts", "list", "--phone", "12345"],
        &["texts", "list", "--limit", "0"],
        &["texts", "list", "--limit", "-1"],
        &["jobs", "list", "--state", "lost"],
        &["replay", "--state", "lost", "--since", "24h"],
        &["replay", "--state", "failed", "--since", "soon"],
        &["queue", "pause", "tweet", "--as", "phone"],
        &["queue", "pause", "tweet", "--as", ""],
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
async fn a_wrong_word_is_answered_with_the_right_ones() {
    // There is no ledger here: arguments are read before anything is opened.
    let settings = Settings::new();
    for (arguments, words) in [
        (
            &["texts", "list", "--state", "lost"][..],
            &["received", "waiting", "published", "in_doubt"][..],
        ),
        (
            &["jobs", "list", "--queue", "bus"],
            &["tweet", "reauth", "reply", "refresh"],
        ),
        (&["jobs", "list", "--state", "gone"], &["Pending", "Done"]),
        (&["queue", "resume", "refresh"], &["tweet", "reply"]),
        (&["texts", "list", "--since", "soon"], &["24h"]),
    ] {
        let ran = run("birdcall", arguments, &settings).await;
        assert_eq!(ran.code, Some(2), "{arguments:?}: {}", ran.err);
        for word in words {
            assert!(ran.err.contains(word), "{word}: {}", ran.err);
        }
        let json = run("birdcall", &[arguments, &["--json"]].concat(), &settings).await;
        assert_eq!((json.code, json.out.as_str()), (Some(2), ""));
        let error: Value = serde_json::from_str(&json.err).expect("JSON");
        assert_eq!(error["error"]["kind"], "usage");
        assert_eq!(error["error"]["exit_code"], 2);
        let message = error["error"]["message"].as_str().expect("words");
        assert!(words.iter().all(|word| message.contains(word)), "{message}");
    }
}

#[tokio::test]
async fn an_error_is_json_where_json_is_asked_for() {
    let (_folder, url) = new_sqlite();
    let settings = only_database(&url);
    assert_eq!(run("birdcall", &["migrate"], &settings).await.code, Some(0));
    let wrong = only_database("mysql://host/birdcall");
    for (arguments, settings, code, kind) in [
        (&["texts", "show", "SM1"][..], &settings, 1, "refused"),
        (&["jobs", "show", "nothing"], &settings, 1, "refused"),
        (&["accounts", "show", ALICE], &settings, 1, "refused"),
        (&["replay", "SM1"], &settings, 1, "refused"),
        (&["backup", "/nowhere/copy.db"], &settings, 1, "refused"),
        (&["texts", "list"], &wrong, 78, "configuration"),
        (&["migrate"], &wrong, 78, "configuration"),
        (&["doctor"], &settings, 78, "configuration"),
        (&["sweep-inbound"], &settings, 78, "configuration"),
        (&[], &settings, 2, "usage"),
        (&["sing"], &settings, 2, "usage"),
    ] {
        let ran = run("birdcall", &[arguments, &["--json"]].concat(), settings).await;
        assert_eq!(ran.code, Some(code), "{arguments:?}: {}", ran.err);
        let error: Value = serde_json::from_str(&ran.err).expect("JSON");
        assert_eq!(error["error"]["kind"], kind, "{arguments:?}");
        assert_eq!(error["error"]["exit_code"], code, "{arguments:?}");
        let message = error["error"]["message"].as_str().unwrap_or_default();
        assert_ne!(message, "", "{arguments:?}");
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
async fn shells_and_man_get_every_command() {
    let nothing = Settings::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let ran = run("birdcall", &["completions", shell], &nothing).await;
        assert_eq!(ran.code, Some(0), "{shell}: {}", ran.err);
        for word in ["birdcall", "give-up", "sweep-inbound", "--database"] {
            let word = word.trim_start_matches('-');
            assert!(ran.out.contains(word), "{shell}: {word}");
        }
    }
    let page = run("birdcall", &["man"], &nothing).await;
    assert_eq!(page.code, Some(0), "{}", page.err);
    assert!(page.out.contains(".TH birdcall 1"), "{}", page.out);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("man1");
    let ran = run("birdcall", &["man", &path.display().to_string()], &nothing).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    for name in ["birdcall.1", "birdcall-texts.1", "birdcall-texts-show.1"] {
        let page = std::fs::read_to_string(path.join(name)).expect(name);
        let title = name.trim_end_matches(".1");
        assert!(page.contains(&format!(".TH {title} 1")), "{page}");
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
