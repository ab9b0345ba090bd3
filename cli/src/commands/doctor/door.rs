//! The checks of the way to web: does the public address lead there, and does a webhook arrive as it was
//! signed?

use std::convert::Infallible;

use birdcall_common::config::Config;
use birdcall_domain::call::{CallError, Trouble};
use birdcall_vendors::{http, twilio::knock};

use super::finding::{Finding, unreachable};

/// Whether web answers at `PUBLIC_URL`.
pub(super) async fn public_url(config: &Config) -> Finding {
    if config.public_url.host().contains('_') {
        return Finding::Wrong(
            "the host's name has an underscore, which no certificate may have and some browsers and \
             vendors refuse: use a name of letters, digits and hyphens"
                .to_owned(),
        );
    }
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

/// Whether web takes a webhook that is signed with these settings. The webhook is about no message, so
/// nothing comes of it.
pub(super) async fn webhook(config: &Config, public_url: &Finding) -> Finding {
    if !matches!(public_url, Finding::Ok(_)) {
        return Finding::Skipped("PUBLIC_URL has to work first".to_owned());
    }
    let url = config.public_url.join("/twilio/status");
    let client = http::client(config.limits.http);
    match knock(&client, &config.twilio, &url).await {
        // It was signed well, and it names no message.
        Ok(400) => Finding::Ok(format!("web accepts what is signed for {url}")),
        Ok(403) => Finding::Wrong(format!(
            "web refuses what is signed for {url} (HTTP 403): it runs with another PUBLIC_URL, \
             TWILIO_AUTH_TOKEN or TWILIO_ACCOUNT_SID than these, or the proxy changes the path or the body"
        )),
        Ok(503) => Finding::Wrong(
            "web answers webhooks with HTTP 503: it cannot use its database, or is still starting"
                .to_owned(),
        ),
        Ok(status @ (301..=308)) => Finding::Wrong(format!(
            "{url} redirects (HTTP {status}), and Twilio's webhook would be lost: set PUBLIC_URL to the \
             address that it redirects to, and give the same to Twilio and X"
        )),
        Ok(status) => Finding::Wrong(format!(
            "{url} answers HTTP {status}: does the proxy pass POST requests to web, with their path?"
        )),
        Err(error) => Finding::Wrong(unreachable(&url, trouble(&error))),
    }
}

/// Why no answer came. Sending has no other errors.
fn trouble(error: &CallError<Infallible>) -> Trouble {
    match error {
        CallError::NotSent(trouble) | CallError::InDoubt(trouble) => *trouble,
        _ => Trouble::Connect,
    }
}
