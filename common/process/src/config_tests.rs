use std::{collections::BTreeSet, time::Duration};

use birdcall_domain::sign_up::SignUpRule;

use super::*;

/// The required settings and nothing else.
fn required() -> HashMap<String, String> {
    [
        ("PUBLIC_URL", "https://birdcall.example/app/"),
        ("TWILIO_ACCOUNT_SID", "AC0123456789abcdef0123456789abcdef"),
        ("TWILIO_AUTH_TOKEN", "canary-auth-token"),
        ("TWILIO_FROM", "+15550009999"),
        ("X_CLIENT_ID", "client"),
        ("SECRET_KEY", "QmlyZGNhbGwgdGVzdHMgc2VhbCB0b2tlbnMgd2l0aCE="),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value.to_owned()))
    .collect()
}

fn with(name: &str, value: &str) -> Result<Config, ConfigError> {
    let mut settings = required();
    settings.insert(name.to_owned(), value.to_owned());
    Config::from_settings(settings)
}

/// A file with this content, and the name under which tests find it.
fn file(name: &str, content: &str) -> String {
    let path = std::env::temp_dir().join(format!("birdcall-{name}-{}", std::process::id()));
    std::fs::write(&path, content).unwrap();
    path.display().to_string()
}

#[test]
fn settings_that_are_not_set_have_their_defaults() {
    let config = Config::from_settings(required()).unwrap();
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
        "nobody may sign up by default"
    );
    assert_eq!(config.limits.worker_concurrency, 64);
    assert!(config.x.client_secret.is_none() && config.admin_password.is_none());
}

#[test]
fn an_empty_value_counts_as_unset() {
    let config = with("LEASE", "").unwrap();
    assert_eq!(config.limits.lease, Duration::from_secs(30));
    let ConfigError(problems) = with("X_CLIENT_ID", "").unwrap_err();
    assert_eq!(
        problems,
        ["X_CLIENT_ID is missing: set it to the OAuth 2.0 client ID of your X app"]
    );
}

#[test]
fn several_settings_make_one_value() {
    let mut settings = required();
    let numbers = ["+15551230001", "+15551230002"];
    settings.insert("ALLOWED_NUMBERS".to_owned(), numbers.join(", "));
    let config = Config::from_settings(settings.clone()).unwrap();
    let numbers = numbers.map(|number| number.parse().unwrap());
    assert_eq!(config.sign_up, SignUpRule::Allowlist(numbers.into()));
    settings.insert("SIGNUP".to_owned(), "open".to_owned());
    for (countries, rule) in [
        ("", SignUpRule::OpenNearby),
        ("any", SignUpRule::Open),
        (
            "us, CA",
            SignUpRule::OpenIn(vec!["US".parse().unwrap(), "CA".parse().unwrap()]),
        ),
    ] {
        settings.insert("SIGNUP_COUNTRIES".to_owned(), countries.to_owned());
        let config = Config::from_settings(settings.clone()).unwrap();
        assert_eq!(config.sign_up, rule, "{countries}");
    }
}

#[test]
fn by_default_an_open_service_admits_its_own_country() {
    let mut settings = required();
    settings.insert("SIGNUP".to_owned(), "open".to_owned());
    let service = format!("MG{}", "0".repeat(32));
    for (from, number, may) in [
        ("+15551230009", "+15551230001", true),
        ("+15551230009", "+4915112345678", false),
        ("+4915112345670", "+4915112345678", true),
        (service.as_str(), "+4915112345678", true),
    ] {
        settings.insert("TWILIO_FROM".to_owned(), from.to_owned());
        let config = Config::from_settings(settings.clone()).unwrap();
        let phone = number.parse().unwrap();
        assert_eq!(config.may_sign_up(&phone), may, "{from} {number}");
    }
    settings.insert("TWILIO_FROM".to_owned(), "+882161234567".to_owned());
    let ConfigError(problems) = Config::from_settings(settings.clone()).unwrap_err();
    assert_eq!(
        problems,
        [
            "SIGNUP_COUNTRIES is malformed: it must be set with SIGNUP=open, because the country of \
             TWILIO_FROM is not known"
        ]
    );
    settings.insert("SIGNUP_COUNTRIES".to_owned(), "any".to_owned());
    assert!(Config::from_settings(settings).is_ok());
}

#[test]
fn the_operator_is_named_in_one_line() {
    let mut settings = required();
    for (name, contact, line) in [
        ("", "", ""),
        ("Example Org", "", "Example Org"),
        ("", "help@example.com", "help@example.com"),
        (
            " Example Org ",
            "help@example.com",
            "Example Org, help@example.com",
        ),
    ] {
        settings.insert("OPERATOR_NAME".to_owned(), name.to_owned());
        settings.insert("OPERATOR_CONTACT".to_owned(), contact.to_owned());
        let config = Config::from_settings(settings.clone()).unwrap();
        assert_eq!(config.operator.line(), line);
    }
}

#[test]
fn every_missing_setting_is_reported_in_a_line_of_its_own() {
    let ConfigError(problems) = Config::from_settings(HashMap::new()).unwrap_err();
    let named: Vec<&str> = problems
        .iter()
        .map(|line| line.split_once(" is missing: set it to ").unwrap().0)
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
}

#[test]
fn a_malformed_setting_is_reported_in_one_line_that_names_it() {
    for (name, value) in [
        ("DATABASE_URL", "mysql://x"),
        ("DATABASE_TIMEOUT", "0s"),
        ("PUBLIC_URL", "birdcall.example"),
        ("PUBLIC_URL", "https://birdcall.example/?a=b"),
        ("LISTEN_ADDR", "8080"),
        ("TWILIO_ACCOUNT_SID", "AC123"),
        ("TWILIO_FROM", "15551230001"),
        ("SECRET_KEY", "c2hvcnQ="),
        ("SIGNUP", "everyone"),
        ("ALLOWED_NUMBERS", "+1555123, 0049"),
        ("SIGNUP_COUNTRIES", "USA"),
        ("SIGNUP_COUNTRIES", "US,any"),
        ("OPERATOR_NAME", "two\nlines"),
        (
            "OPERATOR_CONTACT",
            "a contact of far more than the sixty characters that fit into one text",
        ),
        ("PRIVACY_URL", "javascript:alert(1)"),
        ("PRIVACY_URL", "privacy.html"),
        ("LINKS_PER_DAY_MAX", "0"),
        ("STRANGERS_PER_DAY_MAX", "many"),
        ("RETRY_HORIZON", "24"),
        ("RETRY_HORIZON", "24h,48h"),
        ("RESOLVE_DELAYS", "5s;30s"),
        ("WORKER_CONCURRENCY", "0"),
        ("CLAIMS_MAX", "0"),
        ("LEASE", "15s"),
        ("LEASE", "0s"),
        ("LOG_FORMAT", "xml"),
        ("RUST_LOG", "birdcall=loud"),
        ("X_API_URL", "api.x.com"),
        ("FAIL_POINT", "anywhere"),
    ] {
        let ConfigError(problems) = with(name, value).unwrap_err();
        assert_eq!(problems.len(), 1, "{problems:?}");
        assert!(
            problems[0].starts_with(&format!("{name} is malformed: it must be ")),
            "{}",
            problems[0]
        );
    }
}

#[test]
fn a_rule_about_two_settings_is_checked_beside_other_problems() {
    let mut settings = required();
    settings.remove("X_CLIENT_ID");
    settings.insert("CALL_TIMEOUT".to_owned(), "16s".to_owned());
    let ConfigError(problems) = Config::from_settings(settings).unwrap_err();
    assert_eq!(problems.len(), 2, "{problems:?}");
    assert_eq!(
        problems[1],
        "LEASE is malformed: it must be at least twice CALL_TIMEOUT, so that no call outlives its claim"
    );
}

#[test]
fn every_setting_can_be_read_from_a_file() {
    let path = file("every-setting", "canary\n");
    for Setting { name, .. } in settings() {
        let read_as = |name: &str, value: &str| {
            let mut settings = required();
            settings.remove(name.trim_end_matches("_FILE"));
            settings.insert(name.to_owned(), value.to_owned());
            Config::from_settings(settings).map_err(|ConfigError(problems)| problems)
        };
        let from_file = read_as(&format!("{name}_FILE"), &path);
        let from_environment = read_as(name, "canary");
        assert_eq!(
            format!("{from_file:?}"),
            format!("{from_environment:?}"),
            "{name}"
        );
    }
    std::fs::remove_file(&path).unwrap();
}

#[test]
fn a_file_that_cannot_be_read_is_reported_without_its_path() {
    let mut settings = required();
    settings.remove("TWILIO_AUTH_TOKEN");
    settings.insert(
        "TWILIO_AUTH_TOKEN_FILE".to_owned(),
        "canary-in-the-wrong-place".to_owned(),
    );
    let ConfigError(problems) = Config::from_settings(settings).unwrap_err();
    assert_eq!(problems.len(), 1, "{problems:?}");
    assert!(
        problems[0].starts_with("TWILIO_AUTH_TOKEN_FILE: the file cannot be read: "),
        "{problems:?}"
    );
    assert!(!problems[0].contains("canary"), "{problems:?}");
}

#[test]
fn an_empty_file_counts_as_unset() {
    let path = file("empty", "\n");
    let mut settings = required();
    settings.remove("TWILIO_AUTH_TOKEN");
    settings.insert("TWILIO_AUTH_TOKEN_FILE".to_owned(), path.clone());
    let ConfigError(problems) = Config::from_settings(settings).unwrap_err();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(
        problems,
        ["TWILIO_AUTH_TOKEN is missing: set it to the account's primary auth token"]
    );
}

#[test]
fn no_secret_is_printed() {
    let secrets = settings().into_iter().filter(|setting| setting.secret);
    for Setting { name, .. } in secrets {
        let value = match name {
            "DATABASE_URL" => "postgres://birdcall:canary@host/birdcall",
            "SECRET_KEY" => "Y2FuYXJ5LWNhbmFyeS1jYW5hcnktY2FuYXJ5LWNhbmE=",
            _ => "canary",
        };
        let printed = format!("{:?}", with(name, value).unwrap());
        assert!(
            !printed.contains("canary") && !printed.contains("Y2Fu"),
            "{name}: {printed}"
        );
    }
}

#[test]
fn no_malformed_value_is_repeated() {
    for Setting { name, .. } in settings() {
        if let Err(ConfigError(problems)) = with(name, "canary") {
            assert!(!problems.concat().contains("canary"), "{problems:?}");
        }
    }
}

#[test]
fn secrets_are_sent_to_vendors_over_tls_or_within_this_machine() {
    for name in ["TWILIO_API_URL", "X_API_URL", "X_AUTHORIZE_URL"] {
        for good in [
            "https://vendor.example",
            "https://vendor.example:8443/base/",
            "http://127.0.0.1:9000",
            "http://127.8.0.1/base",
            "http://localhost:9000",
            "http://[::1]:9000",
            "http://[::ffff:127.0.0.1]:9000",
        ] {
            assert!(with(name, good).is_ok(), "{name}={good}");
        }
        for bad in [
            "http://vendor.example",
            "HTTP://vendor.example",
            "http://192.168.0.1:9000",
            "http://0.0.0.0:9000",
            "http://[::]:9000",
            "http://localhost.vendor.example",
            "http://127.0.0.1.vendor.example",
            "http://localhost@vendor.example",
            "https://user:canary@vendor.example",
            "ftp://127.0.0.1",
            "vendor.example",
            "https://vendor.example/#part",
        ] {
            let ConfigError(problems) = with(name, bad).unwrap_err();
            assert_eq!(problems.len(), 1, "{bad}: {problems:?}");
            let begin = format!("{name} is malformed: it must be an https:// URL");
            assert!(problems[0].starts_with(&begin), "{bad}: {problems:?}");
        }
    }
    assert!(with("X_API_URL", "https://vendor.example/?a=b").is_err());
    assert!(with("X_AUTHORIZE_URL", "https://vendor.example/?a=b").is_ok());
}

#[test]
fn a_key_that_protects_nothing_is_refused() {
    let one = "QmlyZGNhbGwgdGVzdHMgc2VhbCB0b2tlbnMgd2l0aCE=";
    let two = "Y2FuYXJ5LXNlY3JldC1rZXktY2FuYXJ5LXNlY3JldC0=";
    let zero = "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=";
    for good in [
        one.to_owned(),
        format!("{one},{two}"),
        format!("{one} , {two}"),
    ] {
        assert!(with("SECRET_KEY", &good).is_ok(), "{good}");
    }
    for bad in [
        zero.to_owned(),
        format!("{one},{zero}"),
        format!("{zero},{one}"),
        format!("{one},{one}"),
        format!("{one}, {two} ,{one}"),
        format!("{one},"),
        "c2hvcnQ=".to_owned(),
    ] {
        let ConfigError(problems) = with("SECRET_KEY", &bad).unwrap_err();
        assert_eq!(
            problems,
            [
                "SECRET_KEY is malformed: it must be 32 random bytes in base64 (openssl rand -base64 32), \
                 or several such keys separated by commas, each of them once"
            ],
            "{bad}"
        );
    }
}

#[test]
fn every_setting_is_described_in_sentences() {
    let mut names = BTreeSet::new();
    for Setting {
        name,
        wanted,
        meaning,
        default,
        ..
    } in settings()
    {
        assert!(names.insert(name), "{name} is in the table twice");
        let is_name = |c: char| c.is_ascii_uppercase() || c == '_';
        assert!(name.chars().all(is_name), "{name}");
        assert!(meaning.ends_with('.') && !meaning.contains("  "), "{name}");
        assert!(meaning.starts_with(char::is_uppercase), "{name}");
        assert!(!wanted.is_empty() && !wanted.ends_with('.'), "{name}");
        assert_eq!(default.is_none(), required().contains_key(name), "{name}");
    }
}

#[test]
fn a_duration_is_a_whole_number_and_a_unit() {
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
