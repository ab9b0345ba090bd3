//! `birdcall doctor`: one line each, and how to mend it.

use crate::{engines::on_both_engines, program::Ran, system::System};

on_both_engines!(
    all_is_well,
    what_is_wrong_is_said_with_how_to_mend_it,
    a_database_without_a_schema_is_wrong,
);

/// What is looked at, in order.
const CHECKS: [&str; 7] = [
    "settings",
    "database",
    "clock",
    "PUBLIC_URL",
    "Twilio",
    "X",
    "sign-up",
];

async fn all_is_well(database_url: String) {
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

async fn what_is_wrong_is_said_with_how_to_mend_it(database_url: String) {
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

async fn a_database_without_a_schema_is_wrong(database_url: String) {
    let system = System::prepare(&database_url).await;
    let ran = system.birdcall(&["doctor"]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    let verdicts = verdicts(&ran);
    assert!(verdicts.contains(&("WRONG", "database")), "{}", ran.out);
    assert!(ran.out.contains("birdcall migrate"), "{}", ran.out);
}

/// Each line's verdict and what it is about.
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

/// The one line that says that something is wrong, with `what`.
fn wrong(ran: &Ran, what: &str) -> String {
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    let wrong: Vec<&str> = ran
        .out
        .lines()
        .filter(|line| line.starts_with("WRONG"))
        .collect();
    assert_eq!(wrong.len(), 1, "{}", ran.out);
    let expected = CHECKS.map(|check| (if check == what { "WRONG" } else { "ok" }, check));
    assert_eq!(verdicts(ran), expected, "{}", ran.out);
    wrong[0].to_owned()
}
