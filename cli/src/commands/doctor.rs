//! `birdcall doctor`: check the installation, and print one line for each check.

use std::{convert::Infallible, sync::Arc, time::Duration};

use birdcall_common::config::Config;
use birdcall_domain::{account::RefreshFailure, clock::SystemClock, inbound::SignUpRule};
use birdcall_ledger::{Ledger, schema::SchemaState};
use birdcall_vendors::{
    http,
    twilio::{Sender, TwilioClient},
    x::XClient,
};

use crate::{
    environment::now,
    failure::{Done, Failure},
    output::line,
};

/// The largest difference from X's clock that is accepted. This machine's clock measures leases and the lifetimes of
/// tokens.
const SKEW_MAX: Duration = Duration::from_secs(5);

/// What a check found: what is in order, or what is wrong and what to do.
type Finding = Result<String, String>;

pub(crate) async fn run() -> Done {
    let config = Config::from_env()?;
    line("ok    settings: complete");
    let mut healthy = true;
    let mut report = |what: &str, finding: Finding| match finding {
        Ok(found) => line(format!("ok    {what}: {found}")),
        Err(problem) => {
            healthy = false;
            line(format!("WRONG {what}: {problem}"));
        }
    };
    report("database", database(&config).await);
    report("clock", clock(&config).await);
    report("PUBLIC_URL", public_url(&config).await);
    report("Twilio", twilio(&config).await);
    report("X", x(&config).await);
    report("sign-up", sign_up(&config));
    if healthy {
        Ok(())
    } else {
        Err(Failure::Refused("some checks failed".to_owned()))
    }
}

async fn database(config: &Config) -> Finding {
    let ledger = Ledger::open(&config.database)
        .await
        .map_err(|error| error.to_string())?;
    match ledger.schema_state().await {
        Ok(SchemaState::Current) => Ok(format!("{:?}, schema up to date", config.database)),
        Ok(SchemaState::Behind) => {
            Err("the schema is not up to date: run `birdcall migrate`, or start web".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

async fn clock(config: &Config) -> Finding {
    let client = http::client(config.limits.http);
    let (_, date) = http::status_and_date::<Infallible>(&client, config.x.api_url.as_str())
        .await
        .map_err(|error| format!("X did not answer when asked for the time: {error}"))?;
    let Some(date) = date else {
        return Ok("not checked, because X did not say the time".to_owned());
    };
    let now = now();
    let skew = now.since(date).max(date.since(now));
    if skew > SKEW_MAX {
        return Err(format!(
            "the clock of this machine is {} s off: synchronize it with NTP",
            skew.as_secs()
        ));
    }
    Ok(format!("within {} s of X's clock", SKEW_MAX.as_secs()))
}

async fn public_url(config: &Config) -> Finding {
    let url = config.public_url.join("/healthz");
    let client = http::client(config.limits.http);
    match http::status_and_date::<Infallible>(&client, &url).await {
        Ok((200, _)) => Ok(format!("{url} answers")),
        Ok((status, _)) => Err(format!(
            "{url} answers {status}: does the proxy pass requests to web?"
        )),
        Err(error) => Err(format!(
            "{url} does not answer ({error}): start web, and check DNS, TLS and the proxy"
        )),
    }
}

async fn twilio(config: &Config) -> Finding {
    let client = TwilioClient::new(&config.twilio, config.limits.http, Arc::new(SystemClock));
    let wanted = config.public_url.join("/twilio/message");
    let advice = format!("{wanted}#rc=5&rp=all");
    match (&config.twilio.from, client.webhook_urls().await) {
        (_, Err(error)) => Err(format!(
            "{error}: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
        )),
        (Sender::Service(_), Ok(_)) => Ok(format!(
            "the account answers. Make sure that the inbound URL of the messaging service is {advice}"
        )),
        (Sender::Number(_), Ok(None)) => {
            Err("TWILIO_FROM is not a number of this Twilio account".to_owned())
        }
        (Sender::Number(_), Ok(Some((url, _)))) => match url.split('#').next() {
            Some(bare) if bare == wanted && url.contains('#') => {
                Ok(format!("texts are sent to {url}"))
            }
            Some(bare) if bare == wanted => Ok(format!(
                "texts are sent to {url}. With {advice}, Twilio also tries again when web is down"
            )),
            _ => Err(format!(
                "texts are sent to '{url}': set the messaging webhook of the number to {advice}"
            )),
        },
    }
}

/// Presents a refresh token that does not exist. If X knows the client, it refuses the token;
/// otherwise it refuses the client.
async fn x(config: &Config) -> Finding {
    let clock = Arc::new(SystemClock);
    let client = XClient::new(&config.x, &config.public_url, config.limits.http, clock);
    let callback = client.redirect_uri().to_owned();
    match client.refresh(&"birdcall-doctor".to_owned().into()).await {
        Err(RefreshFailure::TokenInvalid) => Ok(format!(
            "X knows the client. Its callback URL must be exactly {callback}"
        )),
        Ok(_) => Err("X accepted a token that does not exist".to_owned()),
        Err(_) => Err(
            "X did not accept the client, or did not answer: check X_CLIENT_ID and \
             X_CLIENT_SECRET, and try again"
                .to_owned(),
        ),
    }
}

fn sign_up(config: &Config) -> Finding {
    match &config.sign_up {
        SignUpRule::Open => {
            Ok("anyone may sign up, and you pay X and Twilio for their posts".to_owned())
        }
        SignUpRule::Allowlist(numbers) if numbers.is_empty() => {
            Err("nobody may sign up: set ALLOWED_NUMBERS, or SIGNUP=open".to_owned())
        }
        SignUpRule::Allowlist(numbers) => Ok(format!("{} number(s) may sign up", numbers.len())),
    }
}
