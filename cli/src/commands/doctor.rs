//! `birdcall doctor`: one line each: ok, or what is wrong and how to mend it.

use std::{convert::Infallible, time::Duration};

use birdcall_common::config::Config;
use birdcall_domain::{account::RefreshFailure, clock::SystemClock};
use birdcall_ledger::{Ledger, schema::SchemaState};
use birdcall_vendors::{
    http,
    twilio::{Sender, TwilioClient},
    x::XClient,
};

use super::now;
use crate::{
    Done,
    output::{Failure, line},
};

/// Leases and token lives are measured by this machine's clock.
const SKEW_MAX: Duration = Duration::from_secs(5);

/// What a check found.
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
        Err(Failure::Refused("something must be mended".to_owned()))
    }
}

async fn database(config: &Config) -> Finding {
    let ledger = Ledger::open(&config.database)
        .await
        .map_err(|error| error.to_string())?;
    match ledger.schema_state().await {
        Ok(SchemaState::Current) => Ok(format!("{:?}, schema up to date", config.database)),
        Ok(SchemaState::Behind) => {
            Err("the schema is not up: run `birdcall migrate`, or start web".to_owned())
        }
        Err(error) => Err(error.to_string()),
    }
}

async fn clock(config: &Config) -> Finding {
    let client = http::client(config.limits.http);
    let (_, date) = http::look::<Infallible>(&client, config.x.api_url.as_str())
        .await
        .map_err(|error| format!("X can't be asked for the time: {error}"))?;
    let Some(date) = date else {
        return Ok("X did not say the time; not checked".to_owned());
    };
    let now = now();
    let skew = now.since(date).max(date.since(now));
    if skew > SKEW_MAX {
        return Err(format!(
            "this machine is {} s off: set it by NTP",
            skew.as_secs()
        ));
    }
    Ok("within seconds of X's".to_owned())
}

async fn public_url(config: &Config) -> Finding {
    let url = config.public_url.join("/healthz");
    let client = http::client(config.limits.http);
    match http::look::<Infallible>(&client, &url).await {
        Ok((200, _)) => Ok(format!("{url} answers")),
        Ok((status, _)) => Err(format!(
            "{url} answers {status}: does the proxy pass requests to web?"
        )),
        Err(error) => Err(format!(
            "{url} does not answer ({error}): start web; check DNS, TLS and the proxy"
        )),
    }
}

async fn twilio(config: &Config) -> Finding {
    let client = TwilioClient::new(
        &config.twilio,
        config.limits.http,
        std::sync::Arc::new(SystemClock),
    );
    let wanted = config.public_url.join("/twilio/message");
    let advice = format!("{wanted}#rc=5&rp=all");
    match (&config.twilio.from, client.webhook_urls().await) {
        (_, Err(error)) => Err(format!(
            "{error}: check TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
        )),
        (Sender::Service(_), Ok(_)) => Ok(format!(
            "the account answers; see to it that the messaging service's inbound URL is {advice}"
        )),
        (Sender::Number(_), Ok(None)) => {
            Err("TWILIO_FROM is not a number of this account".to_owned())
        }
        (Sender::Number(_), Ok(Some((url, _)))) => match url.split('#').next() {
            Some(bare) if bare == wanted && url.contains('#') => Ok(format!("texts come to {url}")),
            Some(bare) if bare == wanted => Ok(format!(
                "texts come to {url}; {advice} would make Twilio try again when web is down"
            )),
            _ => Err(format!(
                "texts to the number go to '{url}': set the number's messaging webhook to {advice}"
            )),
        },
    }
}

/// A refresh token that nobody has: X refuses the token if it knows the client, and the client if
/// it does not.
async fn x(config: &Config) -> Finding {
    let clock = std::sync::Arc::new(SystemClock);
    let client = XClient::new(&config.x, &config.public_url, config.limits.http, clock);
    let callback = client.redirect_uri().to_owned();
    match client.refresh(&"birdcall-doctor".to_owned().into()).await {
        Err(RefreshFailure::TokenInvalid) => Ok(format!(
            "the client is known; its callback must be {callback} to the letter"
        )),
        Ok(_) => Err("X took a token that does not exist".to_owned()),
        Err(_) => {
            Err("X does not take the client: check X_CLIENT_ID and X_CLIENT_SECRET".to_owned())
        }
    }
}

fn sign_up(config: &Config) -> Finding {
    use birdcall_domain::inbound::SignUpRule;
    match &config.sign_up {
        SignUpRule::Open => {
            Ok("open to anyone: everyone's posts are on your X and Twilio bills".to_owned())
        }
        SignUpRule::Allowlist(numbers) if numbers.is_empty() => {
            Err("nobody may link a number: set ALLOWED_NUMBERS, or SIGNUP=open".to_owned())
        }
        SignUpRule::Allowlist(numbers) => {
            Ok(format!("{} number(s) may link themselves", numbers.len()))
        }
    }
}
