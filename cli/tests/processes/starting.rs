//! How programs start, and what they say if they cannot.

use std::collections::BTreeSet;

use crate::{
    engines::new_sqlite,
    prelude::*,
    program::{WEB, WORKER, lines},
};

on_both_engines!(
    each_program_logs_its_address_in_one_line,
    the_worker_waits_until_web_has_updated_the_schema,
    the_health_check_succeeds_only_while_the_program_runs,
);

/// Every setting that has no default.
const REQUIRED: [&str; 6] = [
    "PUBLIC_URL",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "TWILIO_FROM",
    "X_CLIENT_ID",
    "SECRET_KEY",
];

async fn each_program_logs_its_address_in_one_line(database_url: String) {
    let (system, web, worker) = System::start(&database_url).await;
    for program in [&web, &worker] {
        assert!(program.address.port() > 0);
        let logged = lines(program.log());
        let address = format!("http://{}", program.address);
        let naming = logged.iter().filter(|line| line.contains(&address));
        assert_eq!(naming.count(), 1, "{logged:#?}");
        let (status, _) = system.get(program, "/healthz").await;
        assert_eq!(status, 200);
    }
    system.end().await;
}

async fn the_worker_waits_until_web_has_updated_the_schema(database_url: String) {
    let system = System::prepare(&database_url).await;
    let worker = system.start_worker().await;
    assert_eq!(system.get(&worker, "/healthz").await.0, 200);
    assert_eq!(system.get(&worker, "/readyz").await.0, 503);
    let web = system.start_web().await;
    for program in [&worker, &web] {
        until("the program is ready", async || {
            system.get(program, "/readyz").await.0 == 200
        })
        .await;
    }
    system.end().await;
}

async fn the_health_check_succeeds_only_while_the_program_runs(database_url: String) {
    let (mut system, web, worker) = System::start(&database_url).await;
    system.set("LISTEN_ADDR", &web.address.to_string());
    system.set("WORKER_LISTEN_ADDR", &worker.address.to_string());
    for (name, mut program) in [(WEB, web), (WORKER, worker)] {
        let ran = run(name, &["--healthcheck"], &system.settings).await;
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        assert_eq!(program.stop().await.code(), Some(0));
        let ran = run(name, &["--healthcheck"], &system.settings).await;
        assert_eq!(ran.code, Some(1), "{}", ran.err);
    }
    system.end().await;
}

#[tokio::test]
async fn each_missing_setting_is_named_on_one_line_with_exit_code_78() {
    for (name, arguments) in [(WEB, &[][..]), (WORKER, &[]), ("birdcall", &["doctor"])] {
        let ran = run(name, arguments, &Settings::new()).await;
        assert_eq!(ran.code, Some(78), "{name}: {}", ran.err);
        let named: BTreeSet<&str> = ran.err.lines().filter_map(setting_in).collect();
        assert_eq!(named, BTreeSet::from(REQUIRED), "{name}: {}", ran.err);
        assert_eq!(ran.err.lines().count(), REQUIRED.len(), "{}", ran.err);
        // The doctor also says what it could check.
        assert_eq!(ran.out.is_empty(), name != "birdcall", "{}", ran.out);
    }
}

/// The required setting that a line names.
fn setting_in(line: &str) -> Option<&str> {
    line.split(|c: char| !c.is_ascii_uppercase() && c != '_')
        .find(|word| REQUIRED.contains(word))
}

#[tokio::test]
async fn malformed_settings_are_named_without_their_values() {
    const CANARY: &str = "canary-value";
    let malformed = [
        "DATABASE_URL",
        "PUBLIC_URL",
        "LISTEN_ADDR",
        "TWILIO_ACCOUNT_SID",
        "TWILIO_FROM",
        "TWILIO_API_URL",
        "X_API_URL",
        "SECRET_KEY",
        "SIGNUP",
        "RETRY_HORIZON",
        "REPLY_SEGMENTS_MAX",
        "LOG_FORMAT",
    ];
    let mut settings: Settings = malformed
        .map(|name| (name.to_owned(), CANARY.to_owned()))
        .into();
    settings.insert("TWILIO_AUTH_TOKEN".to_owned(), CANARY.to_owned());
    settings.insert("X_CLIENT_ID".to_owned(), "client".to_owned());
    settings.insert("X_CLIENT_SECRET".to_owned(), CANARY.to_owned());
    settings.insert("ADMIN_PASSWORD".to_owned(), CANARY.to_owned());
    for name in [WEB, WORKER] {
        let ran = run(name, &[], &settings).await;
        assert_eq!(ran.code, Some(78), "{name}: {}", ran.err);
        for setting in malformed {
            let naming = ran.err.lines().filter(|line| line.contains(setting));
            assert_eq!(naming.count(), 1, "{setting}: {}", ran.err);
        }
        assert_eq!(ran.err.lines().count(), malformed.len(), "{}", ran.err);
        assert!(!ran.err.contains(CANARY) && !ran.out.contains(CANARY));
    }
}

#[tokio::test]
async fn a_setting_can_be_read_from_a_file() {
    let (folder, url) = new_sqlite();
    let mut system = System::prepare(&url).await;
    for name in ["SECRET_KEY", "TWILIO_AUTH_TOKEN"] {
        let value = system.settings.remove(name).expect("it is set");
        let file = folder.path().join(name);
        std::fs::write(&file, format!("{value}\n")).expect("a file");
        system.set(&format!("{name}_FILE"), &file.display().to_string());
    }
    drop(system.start_web().await);

    let missing = folder.path().join("nothing");
    system.set("SECRET_KEY_FILE", &missing.display().to_string());
    let ran = run(WEB, &[], &system.settings).await;
    assert_eq!(ran.code, Some(78));
    assert!(ran.err.starts_with("SECRET_KEY_FILE"), "{}", ran.err);
    assert_eq!(ran.err.lines().count(), 1, "{}", ran.err);
}

#[tokio::test]
async fn the_version_is_printed_without_any_setting() {
    for name in [WEB, WORKER, "birdcall"] {
        let ran = run(name, &["--version"], &Settings::new()).await;
        assert_eq!(ran.code, Some(0), "{name}: {}", ran.err);
        let version = format!("{name} {}\n", env!("CARGO_PKG_VERSION"));
        assert_eq!(ran.out, version);
    }
}

#[tokio::test]
async fn an_unknown_argument_is_refused_with_exit_code_2() {
    for name in [WEB, WORKER, "birdcall"] {
        let ran = run(name, &["--unheard-of"], &Settings::new()).await;
        assert_eq!(ran.code, Some(2), "{name}: {}", ran.err);
        assert_ne!(ran.err, "", "{name}");
    }
}

#[tokio::test]
async fn an_address_in_use_is_an_error_with_exit_code_1() {
    let (_folder, url) = new_sqlite();
    let (mut system, web, worker) = System::start(&url).await;
    system.set("LISTEN_ADDR", &web.address.to_string());
    system.set("WORKER_LISTEN_ADDR", &worker.address.to_string());
    for (name, setting) in [(WEB, "LISTEN_ADDR"), (WORKER, "WORKER_LISTEN_ADDR")] {
        let ran = run(name, &[], &system.settings).await;
        assert_eq!(ran.code, Some(1), "{name}: {}", ran.err);
        assert!(ran.err.contains(setting), "{name}: {}", ran.err);
    }
    system.end().await;
}

#[tokio::test]
async fn logs_contain_no_escape_codes_outside_a_terminal() {
    let (_folder, url) = new_sqlite();
    let mut system = System::prepare(&url).await;
    for format in ["text", "json"] {
        system.set("LOG_FORMAT", format);
        let mut web = Program::start(WEB, &system.settings).await;
        assert_eq!(web.stop().await.code(), Some(0));
        for line in lines(web.log()) {
            assert!(!line.contains('\u{1b}'), "{line:?}");
            if format == "json" {
                let parsed = serde_json::from_str::<serde_json::Value>(&line);
                assert!(parsed.is_ok_and(|line| line["level"].is_string()), "{line}");
            }
        }
    }
}
