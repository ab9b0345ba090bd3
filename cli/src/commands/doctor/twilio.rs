//! The check of Twilio: do texts that Twilio receives come to web?

use std::sync::Arc;

use birdcall_common::config::Config;
use birdcall_domain::{clock::SystemClock, phone::Phone};
use birdcall_vendors::twilio::{NumberSetup, Sender, ServiceSetup, SetupError, TwilioClient};

use super::finding::{Finding, unreachable};

/// What makes Twilio try again while web is down, as a fragment of the webhook's URL.
const RETRIES: &str = "#rc=5&rp=all";

/// Where Twilio is to send texts, and how it tries again.
pub(super) fn wanted(config: &Config) -> String {
    format!("{}{RETRIES}", config.public_url.join("/twilio/message"))
}

pub(super) async fn check(config: &Config) -> Finding {
    let client = TwilioClient::new(&config.twilio, config.limits.http, Arc::new(SystemClock));
    let wanted = config.public_url.join("/twilio/message");
    let found = match &config.twilio.from {
        Sender::Number(number) => check_number(&client, number, &wanted).await,
        Sender::Service(sid) => check_service(&client, sid, &wanted).await,
    };
    match found {
        Ok(Finding::Ok(message)) if client.is_trial().await == Some(true) => {
            Finding::Ok(format!("{message}. {TRIAL}"))
        }
        Ok(found) => found,
        Err(error) => {
            let url = config.twilio.api_url.as_str().trim_end_matches('/');
            Finding::Wrong(told(error, url))
        }
    }
}

/// What a trial account cannot do.
const TRIAL: &str = "This is a trial account: it texts only the numbers that you have verified at Twilio, and \
     adds words of its own to each text. Upgrade it before others sign up";

async fn check_number(
    client: &TwilioClient,
    number: &Phone,
    wanted: &str,
) -> Result<Finding, SetupError> {
    let Some(setup) = client.number_setup(number).await? else {
        return Ok(Finding::Wrong(
            "TWILIO_FROM is not a number of this Twilio account: check TWILIO_FROM and \
             TWILIO_ACCOUNT_SID"
                .to_owned(),
        ));
    };
    if let Some(service) = service_of(client, number).await
        && !service.defers_to_numbers
    {
        let mut problems: Vec<String> = no_sms(&setup).into_iter().collect();
        problems.extend(problems_of_service(&service, wanted));
        return Ok(finding(problems, &service.inbound_request_url, wanted));
    }
    let problems = problems_of_number(&setup, wanted);
    Ok(finding(problems, &setup.sms_url, wanted))
}

/// The messaging service that has this number. If the services cannot be read, the number is judged
/// alone: not every account may read them.
pub(super) async fn service_of(client: &TwilioClient, number: &Phone) -> Option<ServiceSetup> {
    for service in client.service_setups().await.ok()? {
        let numbers = client.service_numbers(&service.sid).await;
        if numbers.is_ok_and(|numbers| numbers.iter().any(|one| one == number)) {
            return Some(service);
        }
    }
    None
}

async fn check_service(
    client: &TwilioClient,
    sid: &str,
    wanted: &str,
) -> Result<Finding, SetupError> {
    let Some(service) = client.service_setup(sid).await? else {
        return Ok(Finding::Wrong(
            "TWILIO_FROM is not a messaging service of this Twilio account: check TWILIO_FROM and \
             TWILIO_ACCOUNT_SID"
                .to_owned(),
        ));
    };
    let numbers = client.service_numbers(sid).await?;
    if numbers.is_empty() {
        return Ok(Finding::Wrong(
            "the messaging service has no number, so nobody can text it: add one to it in Twilio's \
             console"
                .to_owned(),
        ));
    }
    if !service.defers_to_numbers {
        let problems = problems_of_service(&service, wanted);
        return Ok(finding(problems, &service.inbound_request_url, wanted));
    }
    let (mut problems, mut url) = (Vec::new(), wanted.to_owned());
    for number in numbers {
        let Some(setup) = client.number_setup(&number).await? else {
            continue;
        };
        let found = problems_of_number(&setup, wanted).into_iter();
        problems.extend(found.map(|problem| format!("{}: {problem}", number.as_str())));
        url = setup.sms_url;
    }
    Ok(finding(problems, &url, wanted))
}

fn finding(problems: Vec<String>, url: &str, wanted: &str) -> Finding {
    if !problems.is_empty() {
        return Finding::Wrong(problems.join(". "));
    }
    match url.contains('#') {
        true => Finding::Ok(format!("texts are sent to {url}")),
        false => Finding::Ok(format!(
            "texts are sent to {url}. With {wanted}{RETRIES}, Twilio also tries again when web is \
             down"
        )),
    }
}

/// Everything that keeps the texts to a number from web, with what to do about each.
fn problems_of_number(setup: &NumberSetup, wanted: &str) -> Vec<String> {
    let mut problems: Vec<String> = no_sms(setup).into_iter().collect();
    if !setup.sms_application_sid.is_empty() {
        problems.push(format!(
            "the number's texts go to the TwiML app {}, and Twilio ignores the number's webhook: \
             choose \"Webhook\" instead of \"TwiML App\" for the number's messaging in Twilio's \
             console, with the URL {wanted}{RETRIES} and HTTP POST",
            setup.sms_application_sid
        ));
        return problems;
    }
    problems.extend(wrong_address(
        &setup.sms_url,
        wanted,
        "the messaging webhook of the number",
    ));
    problems.extend(wrong_method(
        &setup.sms_method,
        "the messaging webhook of the number",
    ));
    problems
}

fn problems_of_service(service: &ServiceSetup, wanted: &str) -> Vec<String> {
    let what = format!(
        "the inbound webhook of the messaging service {}",
        service.sid
    );
    if service.inbound_request_url.is_empty() {
        return vec![format!(
            "the messaging service {} drops the texts to its numbers: choose \"Send a webhook\" \
             under \"Integration\" in Twilio's console, with the URL {wanted}{RETRIES} and HTTP \
             POST",
            service.sid
        )];
    }
    let address = wrong_address(&service.inbound_request_url, wanted, &what);
    let method = wrong_method(&service.inbound_method, &what);
    address.into_iter().chain(method).collect()
}

fn no_sms(setup: &NumberSetup) -> Option<String> {
    (!setup.receives_sms).then(|| {
        "the number cannot receive SMS: set TWILIO_FROM to a number with the capability SMS"
            .to_owned()
    })
}

fn wrong_address(url: &str, wanted: &str, what: &str) -> Option<String> {
    // Twilio does not send the fragment.
    let bare = url.split('#').next().unwrap_or_default();
    (bare != wanted).then(|| format!("texts are sent to '{url}': set {what} to {wanted}{RETRIES}"))
}

fn wrong_method(method: &str, what: &str) -> Option<String> {
    // Twilio's default is POST.
    let is_post = method.is_empty() || method.eq_ignore_ascii_case("POST");
    (!is_post).then(|| {
        format!(
            "texts are sent with HTTP {method}, and web accepts POST alone: set the method of \
             {what} to HTTP POST"
        )
    })
}

/// What an error of Twilio's means here (<https://www.twilio.com/docs/api/errors>), and what to do.
fn told(error: SetupError, url: &str) -> String {
    match error {
        SetupError::Unreachable(trouble) => format!(
            "{}: check this machine's network, DNS, firewall and proxy, and TWILIO_API_URL if it \
             is set",
            unreachable(url, trouble)
        ),
        SetupError::Refused { code: 20005, .. } => {
            "the Twilio account is not active (20005): look \
             in Twilio's console whether it is suspended or closed"
                .to_owned()
        }
        SetupError::Refused { code: 20008, .. } => "these are Twilio's test credentials (20008), \
             which receive no texts: set TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN to the live ones"
            .to_owned(),
        SetupError::Refused { status: 401, .. } => "Twilio does not accept the credentials (HTTP \
             401): check TWILIO_AUTH_TOKEN, which must be the primary auth token of the account in \
             TWILIO_ACCOUNT_SID"
            .to_owned(),
        SetupError::Refused { status: 404, .. } => {
            "Twilio knows no such account (HTTP 404): check \
             TWILIO_ACCOUNT_SID, and TWILIO_API_URL if it is set"
                .to_owned()
        }
        SetupError::Refused { status: 429, .. } => "Twilio was asked too often (HTTP 429), so \
             nothing was checked: wait a minute, and run this again"
            .to_owned(),
        SetupError::Refused { status, .. } if status >= 500 => format!(
            "Twilio is in trouble (HTTP {status} from {url}): see https://status.twilio.com, and \
             run this again"
        ),
        SetupError::Refused { status: 403, code } => format!(
            "Twilio does not let these credentials read the account (HTTP 403, error {code}): see \
             https://www.twilio.com/docs/errors/{code}"
        ),
        SetupError::Refused { status, code } => format!(
            "Twilio refused the question (HTTP {status}, error {code}): see \
             https://www.twilio.com/docs/errors/{code}"
        ),
        SetupError::Unreadable(status) => format!(
            "what answers at {url} with HTTP {status} does not speak Twilio's language: check \
             TWILIO_API_URL and the proxy"
        ),
    }
}
