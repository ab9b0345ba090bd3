//! `birdcall doctor`: each check is one line that says `ok`, or what is wrong and what to do.

use birdcall_sim::{Fault, NumberSettings, ServiceSettings};
use serde_json::{Value, json};

use crate::{prelude::*, program::Ran};

on_both_engines!(
    every_check_passes_in_a_working_installation,
    each_problem_is_reported_with_what_to_do,
    a_wrong_webhook_is_set_through_twilios_api,
    what_keeps_texts_from_web_is_said_as_what_it_is,
    each_trouble_of_x_and_twilio_has_its_own_advice,
    a_database_without_a_schema_is_reported,
    a_key_that_does_not_open_the_stored_tokens_is_reported,
);

/// The checks, in order.
const CHECKS: [&str; 9] = [
    "settings",
    "database",
    "clock",
    "PUBLIC_URL",
    "webhook",
    "Twilio",
    "X",
    "tokens",
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
    let ran = system.birdcall(&["doctor"]).await;
    for check in ["webhook", "Twilio"] {
        let line = line_of(&ran, check);
        assert!(line.starts_with("WRONG"), "{}", ran.out);
        assert!(line.contains("TWILIO_AUTH_TOKEN"), "{line}");
    }
    system.set("TWILIO_AUTH_TOKEN", &token);

    system.set("SIGNUP", "allowlist");
    let line = wrong(&system.birdcall(&["doctor"]).await, "sign-up");
    assert!(line.contains("ALLOWED_NUMBERS"), "{line}");
    system.birdcall(&["people", "allow", ALICE]).await;
    let line = line_of(&system.birdcall(&["doctor"]).await, "sign-up");
    assert!(line.contains("1 number by an operator's word"), "{line}");
    system.set("SIGNUP", "open");

    // Web was started with another address than the one that Twilio is told.
    let url = system.settings["PUBLIC_URL"].clone();
    system.set("PUBLIC_URL", &url.replace("127.0.0.1", "localhost"));
    let ran = system.birdcall(&["doctor"]).await;
    let line = line_of(&ran, "webhook");
    assert!(
        line.starts_with("WRONG") && line.contains("another PUBLIC_URL"),
        "{line}"
    );
    system.set("PUBLIC_URL", "https://bird_call.example");
    let line = line_of(&system.birdcall(&["doctor"]).await, "PUBLIC_URL");
    assert!(line.contains("underscore"), "{line}");
    system.set("PUBLIC_URL", &url);

    system
        .sim
        .configure(|settings| settings.number.is_trial = true);
    let ran = system.birdcall(&["doctor"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    assert!(
        line_of(&ran, "Twilio").contains("trial account"),
        "{}",
        ran.out
    );

    let client = system.settings.remove("X_CLIENT_ID").expect("it is set");
    let ran = system.birdcall(&["doctor"]).await;
    assert_eq!(ran.code, Some(78), "{}", ran.out);
    assert!(ran.err.contains("X_CLIENT_ID"), "{}", ran.err);
    let verdict = |check| line_of(&ran, check)[..5].to_owned();
    let verdicts = ["settings", "database", "Twilio"].map(verdict);
    assert_eq!(verdicts, ["WRONG", "ok   ", "SKIP "]);
    system.set("X_CLIENT_ID", &client);

    assert_eq!(web.stop().await.code(), Some(0));
    let ran = system.birdcall(&["doctor"]).await;
    let line = line_of(&ran, "PUBLIC_URL");
    assert!(line.contains("start web"), "{line}");
    assert!(line_of(&ran, "webhook").starts_with("SKIP"), "{}", ran.out);
}

async fn a_wrong_webhook_is_set_through_twilios_api(database_url: String) {
    let (system, _web, _worker) = System::start(&database_url).await;
    let wanted = format!("{}/twilio/message", system.settings["PUBLIC_URL"]);
    system.sim.set_webhook_url("https://elsewhere.example/sms");
    system.sim.configure(|settings| {
        settings.number.sms_method = "GET".to_owned();
        settings.number.sms_application_sid = Some("AP00000000000000000000000000000001".to_owned());
    });
    // Nobody is there to be asked.
    let ran = system.birdcall(&["doctor", "--fix"]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(ran.err.contains("add --yes"), "{}", ran.err);
    let line = wrong(&system.birdcall(&["doctor"]).await, "Twilio");
    assert!(line.contains("TwiML app"), "{line}");

    let ran = system.birdcall(&["doctor", "--fix", "--yes"]).await;
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(line_of(&ran, "fix").contains(&wanted), "{}", ran.out);
    assert!(
        line_of(&ran, "Twilio").contains("#rc=5&rp=all"),
        "{}",
        ran.out
    );
    // The texts arrive, and a second time nothing changes.
    let sid = system.sim.text(ALICE, "hello").await;
    system.text_once_told(&sid).await;
    let ran = system.birdcall(&["doctor", "--fix"]).await;
    assert_eq!(ran.code, Some(0), "{}{}", ran.out, ran.err);
    assert!(
        line_of(&ran, "fix").contains("needs no change"),
        "{}",
        ran.out
    );

    system.sim.set_webhook_url("https://elsewhere.example/sms");
    system.sim.fault(Fault::new(
        "twilio.update_number",
        birdcall_sim::FaultAction::DropBefore,
    ));
    let ran = system.birdcall(&["doctor", "--fix", "--yes"]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.out);
    assert!(line_of(&ran, "fix").starts_with("WRONG"), "{}", ran.out);
    system.sim.clear_faults();
    system.end().await;
}

async fn what_keeps_texts_from_web_is_said_as_what_it_is(database_url: String) {
    const SERVICE: &str = "MG0123456789abcdef0123456789abcdef";
    let (mut system, _web, _worker) = System::start(&database_url).await;
    let wanted = format!("{}/twilio/message", system.settings["PUBLIC_URL"]);
    let service = |url: Option<&str>| ServiceSettings {
        sid: SERVICE.to_owned(),
        inbound_request_url: url.map(str::to_owned),
        inbound_method: "POST".to_owned(),
        use_inbound_webhook_on_number: false,
    };
    for (number, service, words) in [
        (
            NumberSettings {
                sms_method: "GET".to_owned(),
                ..NumberSettings::default()
            },
            None,
            &["HTTP GET", "HTTP POST"][..],
        ),
        (
            NumberSettings {
                sms_application_sid: Some("AP0123456789abcdef0123456789abcdef".to_owned()),
                ..NumberSettings::default()
            },
            None,
            &["TwiML app AP0123456789abcdef0123456789abcdef", &wanted],
        ),
        (
            NumberSettings {
                sms_capable: false,
                ..NumberSettings::default()
            },
            None,
            &["cannot receive SMS", "TWILIO_FROM"],
        ),
        // The number is in a messaging service, whose settings decide.
        (
            NumberSettings::default(),
            Some(service(Some("https://elsewhere.example/sms"))),
            &[SERVICE, "https://elsewhere.example/sms", &wanted],
        ),
        (
            NumberSettings::default(),
            Some(service(None)),
            &[SERVICE, "drops", &wanted],
        ),
        (
            NumberSettings::default(),
            Some(ServiceSettings {
                inbound_method: "GET".to_owned(),
                ..service(Some(&wanted))
            }),
            &[SERVICE, "HTTP GET", "HTTP POST"],
        ),
    ] {
        system.sim.configure(|settings| {
            settings.number = number;
            settings.messaging_service = service;
        });
        let line = wrong(&system.birdcall(&["doctor"]).await, "Twilio");
        for word in words {
            assert!(line.contains(word), "{word}: {line}");
        }
        assert!(!line.contains("TWILIO_AUTH_TOKEN"), "{line}");
    }

    // With TWILIO_FROM=MG…, the same is said of the service.
    system.set("TWILIO_FROM", SERVICE);
    let line = wrong(&system.birdcall(&["doctor"]).await, "Twilio");
    assert!(line.contains("HTTP GET"), "{line}");
    system
        .sim
        .configure(|settings| settings.messaging_service = Some(service(Some(&wanted))));
    let ran = system.birdcall(&["doctor"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    system.sim.configure(|settings| {
        settings.number.sms_method = "GET".to_owned();
        settings.messaging_service = Some(ServiceSettings {
            use_inbound_webhook_on_number: true,
            ..service(None)
        });
    });
    let line = wrong(&system.birdcall(&["doctor"]).await, "Twilio");
    assert!(
        line.contains("+15550009999: texts are sent with HTTP GET"),
        "{line}"
    );
    system
        .sim
        .configure(|settings| settings.messaging_service = None);
    let line = wrong(&system.birdcall(&["doctor"]).await, "Twilio");
    assert!(
        line.contains("not a messaging service of this Twilio account"),
        "{line}"
    );

    system.set("TWILIO_FROM", "+15550008888");
    let line = wrong(&system.birdcall(&["doctor"]).await, "Twilio");
    assert!(
        line.contains("not a number of this Twilio account"),
        "{line}"
    );
    // Twilio also lists the numbers that only contain the one that was asked for.
    system.set("TWILIO_FROM", "+1555000999");
    let line = wrong(&system.birdcall(&["doctor"]).await, "Twilio");
    assert!(
        line.contains("not a number of this Twilio account"),
        "{line}"
    );
    system.end().await;
}

async fn each_trouble_of_x_and_twilio_has_its_own_advice(database_url: String) {
    let (mut system, _web, _worker) = System::start(&database_url).await;
    let twilio = |code: u32, status: u16| json!({"code": code, "message": "m", "status": status});
    for (endpoint, check, status, body, words, not) in [
        (
            "x.token",
            "X",
            503,
            json!(null),
            "in trouble (HTTP 503",
            "X_CLIENT",
        ),
        ("x.token", "X", 429, json!(null), "HTTP 429", "X_CLIENT"),
        (
            "x.token",
            "X",
            403,
            json!({"title": "Forbidden"}),
            "suspended",
            "X_CLIENT",
        ),
        (
            "x.token",
            "X",
            401,
            json!({"error": "invalid_client"}),
            "X_CLIENT_ID",
            "X_API_URL",
        ),
        (
            "x.token",
            "X",
            200,
            json!("<html>"),
            "X_API_URL",
            "X_CLIENT",
        ),
        (
            "twilio.numbers",
            "Twilio",
            401,
            twilio(20003, 401),
            "TWILIO_AUTH_TOKEN",
            "URL",
        ),
        (
            "twilio.numbers",
            "Twilio",
            404,
            twilio(20404, 404),
            "TWILIO_ACCOUNT_SID",
            "TOKEN",
        ),
        (
            "twilio.numbers",
            "Twilio",
            403,
            twilio(20005, 403),
            "not active",
            "TOKEN",
        ),
        (
            "twilio.numbers",
            "Twilio",
            403,
            twilio(20008, 403),
            "test credentials",
            "URL",
        ),
        (
            "twilio.numbers",
            "Twilio",
            403,
            twilio(20403, 403),
            "errors/20403",
            "TOKEN",
        ),
        (
            "twilio.numbers",
            "Twilio",
            429,
            twilio(20429, 429),
            "HTTP 429",
            "TOKEN",
        ),
        (
            "twilio.numbers",
            "Twilio",
            500,
            twilio(20500, 500),
            "status.twilio.com",
            "TOKEN",
        ),
        (
            "twilio.numbers",
            "Twilio",
            200,
            json!("<html>"),
            "TWILIO_API_URL",
            "TOKEN",
        ),
    ] {
        system.sim.fault(Fault::answer(endpoint, status, body));
        let line = wrong(&system.birdcall(&["doctor"]).await, check);
        assert!(line.contains(words), "{status}: {line}");
        assert!(!line.contains(not), "{status}: {line}");
        system.sim.clear_faults();
    }

    // Nobody listens there.
    let nowhere = "http://127.0.0.1:9";
    for (setting, check, not) in [
        ("X_API_URL", "X", "X_CLIENT"),
        ("TWILIO_API_URL", "Twilio", "TOKEN"),
    ] {
        let url = system.settings[setting].clone();
        system.set(setting, nowhere);
        let line = wrong(&system.birdcall(&["doctor"]).await, check);
        assert!(
            line.contains("no connection could be made to http://127.0.0.1:9"),
            "{line}"
        );
        assert!(line.contains(setting) && !line.contains(not), "{line}");
        system.set(setting, &url);
    }

    // As JSON, each check is an object.
    system.set("SIGNUP", "allowlist");
    let ran = system.birdcall(&["doctor", "--json"]).await;
    assert_eq!(ran.code, Some(1));
    let checks: Vec<Value> = serde_json::from_str(&ran.out).expect("an array");
    let names: Vec<&str> = checks
        .iter()
        .filter_map(|check| check["check"].as_str())
        .collect();
    assert_eq!(names, CHECKS);
    assert_eq!(checks[6]["status"], "ok");
    assert_eq!(checks[8]["status"], "wrong");
    assert!(
        checks[8]["message"]
            .as_str()
            .is_some_and(|words| words.contains("ALLOWED_NUMBERS"))
    );
    system.end().await;
}

async fn a_key_that_does_not_open_the_stored_tokens_is_reported(database_url: String) {
    let (mut system, _web, _worker) = linked(&database_url).await;
    let ran = system.birdcall(&["doctor"]).await;
    let line = line_of(&ran, "tokens");
    assert!(line.contains("opens those of the newest 1"), "{line}");
    let old = system.settings["SECRET_KEY"].clone();
    let new = "QW5vdGhlciBrZXkgc2VhbHMgYWxsIHRva2VucyBub3c=";
    system.set("SECRET_KEY", new);
    let line = wrong(&system.birdcall(&["doctor"]).await, "tokens");
    assert!(line.contains("1 of the newest 1 linked numbers"), "{line}");
    assert!(!line.contains(new), "{line}");
    system.set("SECRET_KEY", &format!("{new},{old}"));
    let ran = system.birdcall(&["doctor"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.out);
    system.set("SECRET_KEY", &old);
    system.end().await;
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

/// The line of this check.
fn line_of(ran: &Ran, check: &str) -> String {
    let named = format!(" {check}: ");
    let line = ran.out.lines().find(|line| line.contains(&named));
    line.unwrap_or_else(|| panic!("{check} is not in {}", ran.out))
        .to_owned()
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
