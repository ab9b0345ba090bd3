//! `birdcall doctor`: check the installation, and print one line for each check.

mod door;
mod files;
mod finding;
mod fix;
mod tokens;
mod twilio;
mod x;

use std::{convert::Infallible, time::Duration};

use birdcall_common::config::{Config, ConfigError, database_from_env};
use birdcall_domain::{clock::Timestamp, sign_up::SignUpRule, wording::counted};
use birdcall_ledger::{
    Ledger,
    database::{Database, DatabaseUrl},
};
use birdcall_vendors::http;
use finding::{Check, Finding};

use crate::{
    args::DoctorOptions,
    environment::{now, open_existing},
    failure::{Done, Failure},
    output,
};

/// The largest difference from the clocks of X and Twilio that is accepted. This machine's clock
/// measures leases and the lifetimes of tokens.
const SKEW_MAX: Duration = Duration::from_secs(5);

pub(crate) async fn run(options: DoctorOptions, json: bool) -> Done {
    let mut report = Report {
        checks: Vec::new(),
        json,
    };
    let config = match Config::from_env() {
        Ok(config) => config,
        Err(problems) => {
            report.add("settings", Finding::Wrong(count_of(&problems)));
            check_what_is_set(&mut report).await;
            let _ = report.end();
            return Err(Failure::Config(problems));
        }
    };
    report.add("settings", Finding::Ok("complete".to_owned()));
    let ledger = open_existing(&config.database).await;
    report.add("database", database(&config.database, &ledger));
    report.add("clock", clock(&config).await);
    let public_url = door::public_url(&config).await;
    let webhook = door::webhook(&config, &public_url).await;
    report.add("PUBLIC_URL", public_url);
    report.add("webhook", webhook);
    if options.fix {
        report.add("fix", fix::webhook(&config, options.yes).await?);
    }
    report.add("Twilio", twilio::check(&config).await);
    report.add("X", x::check(&config).await);
    report.add("tokens", tokens::check(&config, ledger.as_ref().ok()).await);
    let allowed = people(ledger.as_ref().ok()).await;
    report.add("sign-up", sign_up(&config, allowed));
    report.end()
}

/// The checks so far. People see each at once, scripts all of them at the end.
struct Report {
    checks: Vec<Check>,
    json: bool,
}

impl Report {
    fn add(&mut self, name: &'static str, finding: Finding) {
        let check = Check::new(name, finding);
        if !self.json {
            check.print();
        }
        self.checks.push(check);
    }

    fn end(self) -> Done {
        if self.json {
            output::object(&self.checks);
        }
        match self.checks.iter().any(Check::is_wrong) {
            true => Err(Failure::Refused("some checks failed".to_owned())),
            false => Ok(()),
        }
    }
}

/// How many settings are wrong. Each has its own line on standard error.
fn count_of(problems: &ConfigError) -> String {
    match problems.0.len() {
        1 => "one setting is missing or malformed: see below".to_owned(),
        count => format!("{count} settings are missing or malformed: see below"),
    }
}

/// Checks the database even if other settings are missing.
async fn check_what_is_set(report: &mut Report) {
    let finding = match database_from_env() {
        Ok(place) => database(&place, &open_existing(&place).await),
        Err(_) => Finding::Skipped("its settings have to be right first".to_owned()),
    };
    report.add("database", finding);
    for name in [
        "clock",
        "PUBLIC_URL",
        "webhook",
        "Twilio",
        "X",
        "tokens",
        "sign-up",
    ] {
        report.add(
            name,
            Finding::Skipped("the settings have to be complete first".to_owned()),
        );
    }
}

fn database(database: &Database, opened: &Result<Ledger, Failure>) -> Finding {
    if let Err(failure) = opened {
        return Finding::Wrong(failure.to_string());
    }
    let problems = match &database.url {
        DatabaseUrl::Sqlite(path) => files::problems(path),
        DatabaseUrl::Postgres(_) => Vec::new(),
    };
    match problems.is_empty() {
        true => Finding::Ok(format!("{:?}, schema up to date", database.url)),
        false => Finding::Wrong(problems.join(". ")),
    }
}

/// Compares this machine's clock with that of X, or else with that of Twilio. Whether they can be
/// reached is another check's matter.
async fn clock(config: &Config) -> Finding {
    let client = http::client(config.limits.http);
    for (name, url) in [("X", &config.x.api_url), ("Twilio", &config.twilio.api_url)] {
        let answered = http::status_and_date::<Infallible>(&client, url.as_str()).await;
        if let Ok((_, Some(date))) = answered {
            return skew(name, date, now());
        }
    }
    Finding::Skipped("neither X nor Twilio said the time".to_owned())
}

fn skew(name: &str, date: Timestamp, now: Timestamp) -> Finding {
    let skew = now.since(date).max(date.since(now));
    if skew > SKEW_MAX {
        return Finding::Wrong(format!(
            "the clock of this machine is {} s off: synchronize it with NTP",
            skew.as_secs()
        ));
    }
    Finding::Ok(format!("within {} s of {name}'s clock", SKEW_MAX.as_secs()))
}

/// How many numbers operators have allowed. None if the ledger cannot be read, which is another check's matter.
async fn people(ledger: Option<&Ledger>) -> u64 {
    match ledger {
        Some(ledger) => ledger.people_total().await.map_or(0, |total| total.count),
        None => 0,
    }
}

fn sign_up(config: &Config, allowed: u64) -> Finding {
    match &config.sign_up {
        SignUpRule::Open => {
            Finding::Ok("anyone may sign up, and you pay X and Twilio for their posts".to_owned())
        }
        SignUpRule::OpenIn(countries) => {
            let countries: Vec<&str> = countries.iter().map(|country| country.as_str()).collect();
            Finding::Ok(format!(
                "anyone with a number of {} may sign up, and you pay X and Twilio for their posts",
                countries.join(", ")
            ))
        }
        SignUpRule::OpenNearby => Finding::Ok(
            "anyone with a number of the service's own country may sign up, and you pay X and Twilio for their \
             posts"
                .to_owned(),
        ),
        SignUpRule::Allowlist(numbers) if numbers.is_empty() && allowed == 0 => Finding::Wrong(
            "nobody may sign up: run `birdcall people allow PHONE`, or set ALLOWED_NUMBERS or SIGNUP=open".to_owned(),
        ),
        SignUpRule::Allowlist(numbers) => {
            let listed = u64::try_from(numbers.len()).unwrap_or(u64::MAX);
            Finding::Ok(format!(
                "{} may sign up by ALLOWED_NUMBERS, and {} by an operator's word",
                counted(listed, "number", "numbers"),
                counted(allowed, "number", "numbers")
            ))
        }
    }
}
