//! `birdcall doctor`: check the installation, and print one line for each check.

mod finding;
mod twilio;
mod x;

use std::{convert::Infallible, time::Duration};

use birdcall_common::config::Config;
use birdcall_domain::{
    call::{CallError, Trouble},
    clock::Timestamp,
    sign_up::SignUpRule,
};
use birdcall_vendors::http;
use finding::{Check, Finding, unreachable};

use crate::{
    environment::{now, open_existing},
    failure::{Done, Failure},
    output,
};

/// The largest difference from the clocks of X and Twilio that is accepted. This machine's clock
/// measures leases and the lifetimes of tokens.
const SKEW_MAX: Duration = Duration::from_secs(5);

pub(crate) async fn run(json: bool) -> Done {
    let config = Config::from_env()?;
    let mut checks = Vec::new();
    let mut report = |name: &'static str, finding: Finding| {
        let check = Check::new(name, finding);
        if !json {
            output::line(check.line());
        }
        checks.push(check);
    };
    report("settings", Finding::Ok("complete".to_owned()));
    report("database", database(&config).await);
    report("clock", clock(&config).await);
    report("PUBLIC_URL", public_url(&config).await);
    report("Twilio", twilio::check(&config).await);
    report("X", x::check(&config).await);
    report("sign-up", sign_up(&config));
    if json {
        output::object(&checks);
    }
    match checks.iter().any(Check::is_wrong) {
        true => Err(Failure::Refused("some checks failed".to_owned())),
        false => Ok(()),
    }
}

async fn database(config: &Config) -> Finding {
    match open_existing(&config.database).await {
        Ok(_) => Finding::Ok(format!("{:?}, schema up to date", config.database.url)),
        Err(failure) => Finding::Wrong(failure.to_string()),
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

async fn public_url(config: &Config) -> Finding {
    let url = config.public_url.join("/healthz");
    let client = http::client(config.limits.http);
    match http::status_and_date::<Infallible>(&client, &url).await {
        Ok((200, _)) => Finding::Ok(format!("{url} answers")),
        Ok((status, _)) => Finding::Wrong(format!(
            "{url} answers HTTP {status}: does the proxy pass requests to web?"
        )),
        Err(error) => Finding::Wrong(format!(
            "{}: start web, and check DNS, TLS and the proxy",
            unreachable(&url, trouble(&error))
        )),
    }
}

/// Why no answer came. Sending has no other errors.
fn trouble(error: &CallError<Infallible>) -> Trouble {
    match error {
        CallError::NotSent(trouble) | CallError::InDoubt(trouble) => *trouble,
        _ => Trouble::Connect,
    }
}

fn sign_up(config: &Config) -> Finding {
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
        SignUpRule::Allowlist(numbers) if numbers.is_empty() => {
            Finding::Wrong("nobody may sign up: set ALLOWED_NUMBERS, or SIGNUP=open".to_owned())
        }
        SignUpRule::Allowlist(numbers) => {
            Finding::Ok(format!("{} number(s) may sign up", numbers.len()))
        }
    }
}
