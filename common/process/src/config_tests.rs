use std::time::Duration;

use super::*;

fn settings() -> HashMap<String, String> {
    [
        ("PUBLIC_URL", "https://birdcall.example/app/"),
        ("TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcdef"),
        ("TWILIO_AUTH_TOKEN", "canary-auth-token"),
        ("TWILIO_FROM", "+15550009999"),
        ("X_CLIENT_ID", "client"),
        ("SECRET_KEY", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA="),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

fn with(name: &str, value: &str) -> Result<Config, ConfigError> {
    let mut settings = settings();
    settings.insert(name.to_owned(), value.to_owned());
    Config::from_settings(settings)
}

#[test]
fn defaults_are_the_documented_ones() {
    let config = Config::from_settings(settings()).unwrap();
    assert_eq!(
        format!("{:?}", config.database.url),
        "sqlite://data/birdcall.db"
    );
    assert_eq!(
        config.public_url.join("/twilio/message"),
        "https://birdcall.example/app/twilio/message"
    );
    assert_eq!(config.public_url.prefix(), "/app");
    assert_eq!(config.limits.backoff.max, Duration::from_secs(900));
    assert_eq!(
        config.limits.resolve_delays,
        [5, 30, 120].map(Duration::from_secs)
    );
    assert_eq!(
        config.sign_up,
        SignUpRule::Allowlist(Vec::new()),
        "sign-up fails closed"
    );
    assert_eq!(config.limits.worker_concurrency, 64);
}

#[test]
fn every_problem_is_one_line_that_names_the_setting() {
    let ConfigError(problems) = Config::from_settings(HashMap::new()).unwrap_err();
    let named: Vec<&str> = problems
        .iter()
        .map(|line| line.split(' ').next().unwrap())
        .collect();
    assert_eq!(
        named,
        [
            "PUBLIC_URL",
            "TWILIO_ACCOUNT_SID",
            "TWILIO_AUTH_TOKEN",
            "TWILIO_FROM",
            "X_CLIENT_ID",
            "SECRET_KEY"
        ]
    );
    for (name, value) in [
        ("DATABASE_URL", "mysql://x"),
        ("PUBLIC_URL", "birdcall.example"),
        ("PUBLIC_URL", "https://birdcall.example/?a=b"),
        ("LISTEN_ADDR", "8080"),
        ("TWILIO_ACCOUNT_SID", "AC123"),
        ("TWILIO_FROM", "15551230001"),
        ("SECRET_KEY", "c2hvcnQ="),
        ("SIGNUP", "everyone"),
        ("ALLOWED_NUMBERS", "+1555123, 0049"),
        ("RETRY_HORIZON", "24"),
        ("RESOLVE_DELAYS", "5s;30s"),
        ("WORKER_CONCURRENCY", "0"),
        ("CLAIMS_MAX", "0"),
        ("LEASE", "15s"),
        ("LOG_FORMAT", "xml"),
        ("X_API_URL", "api.x.com"),
    ] {
        let ConfigError(problems) = with(name, value).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].starts_with(&format!("{name} is malformed: it wants ")),
            "{}",
            problems[0]
        );
    }
}

#[test]
fn a_secret_can_come_from_a_file_and_is_never_printed() {
    let path = std::env::temp_dir().join(format!("birdcall-config-{}", std::process::id()));
    std::fs::write(&path, "canary-from-file\n").unwrap();
    let mut settings = settings();
    settings.remove("TWILIO_AUTH_TOKEN");
    settings.insert(
        "TWILIO_AUTH_TOKEN_FILE".to_owned(),
        path.display().to_string(),
    );
    let config = Config::from_settings(settings.clone()).unwrap();
    std::fs::remove_file(&path).unwrap();
    let printed = format!("{config:?}");
    assert!(
        !printed.contains("canary") && !printed.contains("AAAA"),
        "{printed}"
    );
    let ConfigError(problems) = Config::from_settings(settings).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].starts_with("TWILIO_AUTH_TOKEN_FILE: "),
        "{problems:?}"
    );
}

#[test]
fn durations() {
    for (text, millis) in [
        ("200ms", 200),
        ("5s", 5_000),
        ("15m", 900_000),
        ("24h", 86_400_000),
        ("30d", 2_592_000_000),
    ] {
        assert_eq!(parse_duration(text), Some(Duration::from_millis(millis)));
    }
    for bad in ["", "5", "s", "5 s", "-5s", "5w", "99999999999999999999s"] {
        assert_eq!(parse_duration(bad), None, "{bad}");
    }
}
