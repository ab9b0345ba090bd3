//! Where settings in a file come from, and what is said of a file that cannot be read.

use std::{collections::BTreeSet, fs};

use crate::{
    prelude::*,
    program::{WEB, WORKER, run_in},
};

/// The settings that `doctor` misses in this folder, or all that it says of a file.
async fn missing(folder: &std::path::Path, settings: &Settings) -> BTreeSet<String> {
    let ran = run_in(folder, "birdcall", &["doctor"], settings).await;
    assert_eq!(ran.code, Some(78), "{}{}", ran.out, ran.err);
    let lines = ran.err.lines();
    lines
        .filter_map(|line| line.split_once(" is missing"))
        .map(|(name, _)| name.to_owned())
        .collect()
}

#[tokio::test]
async fn settings_come_from_the_working_folder_or_from_a_named_file_and_nowhere_else() {
    let top = tempfile::tempdir().expect("a folder");
    let own = top.path().join("own");
    fs::create_dir(&own).expect("a folder");
    let named = top.path().join("named");
    fs::write(top.path().join(".env"), "X_CLIENT_ID=above\n").expect("a file");
    fs::write(&named, "X_CLIENT_ID=named\n").expect("a file");
    let nothing = Settings::new();
    let by_name: Settings = [("ENV_FILE".to_owned(), named.display().to_string())].into();

    assert!(missing(&own, &nothing).await.contains("X_CLIENT_ID"));
    assert!(!missing(top.path(), &nothing).await.contains("X_CLIENT_ID"));
    assert!(!missing(&own, &by_name).await.contains("X_CLIENT_ID"));
    // A named file replaces the one in the working folder.
    fs::write(own.join(".env"), "TWILIO_AUTH_TOKEN=own\n").expect("a file");
    assert!(!missing(&own, &nothing).await.contains("TWILIO_AUTH_TOKEN"));
    assert!(missing(&own, &by_name).await.contains("TWILIO_AUTH_TOKEN"));
}

#[tokio::test]
async fn no_word_of_a_file_that_cannot_be_read_is_repeated() {
    let top = tempfile::tempdir().expect("a folder");
    fs::write(
        top.path().join(".env"),
        "X_CLIENT_ID=client\nSECRET_KEY=canary1, canary2\n",
    )
    .expect("a file");
    let nowhere: Settings = [("ENV_FILE".to_owned(), "/canary1/canary2".to_owned())].into();
    for (settings, problem) in [
        (
            Settings::new(),
            ".env: line 2 cannot be read; put a value with spaces or # in single quotes",
        ),
        (nowhere, "ENV_FILE: there is no such file"),
    ] {
        for (name, arguments) in [
            (WEB, &[][..]),
            (WORKER, &[]),
            ("birdcall", &["doctor"]),
            ("birdcall", &["texts", "list"]),
        ] {
            let ran = run_in(top.path(), name, arguments, &settings).await;
            assert_eq!(ran.code, Some(78), "{name}: {}", ran.err);
            assert!(ran.err.contains(problem), "{name}: {}", ran.err);
            for output in [&ran.out, &ran.err] {
                assert!(!output.contains("canary") && !output.contains("SECRET_KEY"));
            }
        }
    }
}

#[tokio::test]
async fn a_program_does_not_start_with_a_vendor_in_the_clear_or_a_key_that_protects_nothing() {
    let zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    let key = "QmlyZGNhbGwgdGVzdHMgc2VhbCB0b2tlbnMgd2l0aCE=";
    for (setting, value) in [
        ("X_API_URL", "http://vendor.example"),
        ("X_AUTHORIZE_URL", "http://vendor.example/authorize"),
        ("TWILIO_API_URL", "http://vendor.example"),
        ("SECRET_KEY", zero),
        ("SECRET_KEY", &format!("{key},{key}")),
    ] {
        let settings: Settings = [(setting.to_owned(), value.to_owned())].into();
        for name in [WEB, WORKER] {
            let ran = run(name, &[], &settings).await;
            assert_eq!(ran.code, Some(78), "{name}: {}", ran.err);
            let begin = format!("{setting} is malformed");
            assert!(
                ran.err.lines().any(|line| line.starts_with(&begin)),
                "{name}: {}",
                ran.err
            );
            assert!(!ran.err.contains(value));
        }
    }
}

#[tokio::test]
async fn the_command_line_goes_before_the_environment_and_the_environment_before_the_file() {
    let top = tempfile::tempdir().expect("a folder");
    let url = |name: &str| format!("sqlite://{}", top.path().join(name).display());
    let named = top.path().join("named");
    fs::write(&named, format!("DATABASE_URL={}\n", url("file.db"))).expect("a file");
    let named = named.display().to_string();
    let in_environment = only_database(&url("environment.db"));
    let nothing = Settings::new();
    let nowhere: Settings = [("ENV_FILE".to_owned(), "/nowhere".to_owned())].into();
    for (arguments, settings, made) in [
        (&["migrate", "--env-file", &named][..], &nothing, "file.db"),
        (&["migrate", "--env-file", &named], &nowhere, "file.db"),
        (
            &["--env-file", &named, "migrate"],
            &in_environment,
            "environment.db",
        ),
        (
            &["migrate", "--database", &url("command.db")],
            &in_environment,
            "command.db",
        ),
        (
            &[
                "--database",
                &url("command.db"),
                "migrate",
                "--env-file",
                &named,
            ],
            &nothing,
            "command.db",
        ),
    ] {
        let ran = run_in(top.path(), "birdcall", arguments, settings).await;
        assert_eq!(ran.code, Some(0), "{arguments:?}: {}", ran.err);
        let files = ["file.db", "environment.db", "command.db"];
        for file in files {
            let path = top.path().join(file);
            assert_eq!(path.exists(), file == made, "{arguments:?}: {file}");
            let _ = fs::remove_file(path);
        }
    }
}

#[tokio::test]
async fn no_part_of_a_database_or_of_a_file_that_the_command_line_names_is_repeated() {
    let top = tempfile::tempdir().expect("a folder");
    let file = top.path().join("named");
    fs::write(&file, "SECRET_KEY=canary, canary\n").expect("a file");
    let file = file.display().to_string();
    let nothing = Settings::new();
    for (arguments, code) in [
        (
            &[
                "texts",
                "list",
                "--database",
                "mysql://birdcall:canary@host",
            ][..],
            2,
        ),
        (&["texts", "list", "--database", "canary"], 2),
        (&["texts", "list", "--env-file", &file], 78),
        (&["texts", "list", "--env-file", "/canary"], 78),
    ] {
        for json in [false, true] {
            let more: &[&str] = if json { &["--json"] } else { &[] };
            let arguments = [arguments, more].concat();
            let ran = run_in(top.path(), "birdcall", &arguments, &nothing).await;
            assert_eq!(ran.code, Some(code), "{arguments:?}: {}", ran.err);
            assert!(!ran.err.contains("canary"), "{arguments:?}: {}", ran.err);
            assert_eq!(ran.out, "", "{arguments:?}");
        }
    }
}
