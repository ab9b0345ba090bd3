//! `birdcall doctor`: each check is one line that says `ok`, or what is wrong and what to do.

use crate::{prelude::*, program::Ran};

on_both_engines!(
    every_check_passes_in_a_working_installation,
    each_problem_is_reported_with_what_to_do,
    a_database_without_a_schema_is_reported,
);

/// The checks, in order.
const CHECKS: [&str; 7] = [
    "settings",
    "database",
    "clock",
    "PUBLIC_URL",
    "Twilio",
    "X",
    "sign-up",
];

async fn every_check_passes_in_a_working_installation(database_url: String) {
    let (system, _web, _worker) = System::start(&database_url).await;
    let ran = system.birdcall(&["doctor"]).await;
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert_eq!(
        verdicts(&ran),
        CHECKS.map(|check| ("ok", check)),
        "{}",
        ran.out
    );
    for name in ["TWILIO_AUTH_TOKEN", "X_CLIENT_SECRET", "SECRET_KEY"] {
        let secret = system.settings[name].as_str();
        assert!(!ran.out.contains(secret), "{name} is in: {}", ran.out);
    }
    system.end().await;
}

async fn each_problem_is_reported_with_what_to_do(database_url: String) {
    let (mut system, mut web, _worker) = System::start(&database_url).await;
    let wanted = format!("{}/twilio/message", system.settings["PUBLIC_URL"]);

    system.sim.set_webhook_url("https://elsewhere.example/sms");
    let line = wrong(&system.birdcall(&["doctor"]).await, "Twilio");
    assert!(line.contains("https://elsewhere.example/sms"), "{line}");
    assert!(line.contains(&wanted), "{line}");
    system.sim.set_webhook_url(format!("{wanted}#rc=5&rp=all"));

    let secret = system.settings["X_CLIENT_SECRET"].clone();
    system.set("X_CLIENT_SECRET", "another");
    let line = wrong(&system.birdcall(&["doctor"]).await, "X");
    assert!(line.contains("X_CLIENT_SECRET"), "{line}");
    system.set("X_CLIENT_SECRET", &secret);

    let token = system.settings["TWILIO_AUTH_TOKEN"].clone();
    system.set("TWILIO_AUTH_TOKEN", "another");
    let line = wrong(&system.birdcall(&["doctor"]).await, "Twilio");
    assert!(line.contains("TWILIO_AUTH_TOKEN"), "{line}");
    system.set("TWILIO_AUTH_TOKEN", &token);

    system.set("SIGNUP", "allowlist");
    let line = wrong(&system.birdcall(&["doctor"]).await, "sign-up");
    assert!(line.contains("ALLOWED_NUMBERS"), "{line}");
    system.set("SIGNUP", "open");

    assert_eq!(web.stop().await.code(), Some(0));
    let line = wrong(&system.birdcall(&["doctor"]).await, "PUBLIC_URL");
    assert!(line.contains("start web"), "{line}");
}

async fn a_database_without_a_schema_is_reported(database_url: String) {
    let system = System::prepare(&database_url).await;
    let ran = system.birdcall(&["doctor"]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    let verdicts = verdicts(&ran);
    assert!(verdicts.contains(&("WRONG", "database")), "{}", ran.out);
    assert!(ran.out.contains("birdcall migrate"), "{}", ran.out);
}

/// The verdict of each line, and the check that it is about.
fn verdicts(ran: &Ran) -> Vec<(&str, &str)> {
    ran.out
        .lines()
        .map(|line| {
            let (head, _) = line.split_once(": ").unwrap_or((line, ""));
            head.split_once(char::is_whitespace)
                .map_or((head, ""), |(verdict, what)| (verdict, what.trim()))
        })
        .collect()
}

/// The line of the only check that fails, which must be `failing`.
fn wrong(ran: &Ran, failing: &str) -> String {
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    let wrong: Vec<&str> = ran
        .out
        .lines()
        .filter(|line| line.starts_with("WRONG"))
        .collect();
    assert_eq!(wrong.len(), 1, "{}", ran.out);
    let expected = CHECKS.map(|check| (if check == failing { "WRONG" } else { "ok" }, check));
    assert_eq!(verdicts(ran), expected, "{}", ran.out);
    wrong[0].to_owned()
}
