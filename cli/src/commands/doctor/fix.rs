//! `birdcall doctor --fix`: sets the webhook of the number through Twilio's API, after a question.

use std::sync::Arc;

use birdcall_common::config::Config;
use birdcall_domain::clock::SystemClock;
use birdcall_vendors::twilio::{NumberSetup, Sender, SetupError, TwilioClient};

use super::{finding::Finding, twilio};
use crate::{answer::answer, failure::Failure};

/// Sets the webhook if it is wrong and the operator wants that. `Ok` says that there is nothing more to do here.
pub(super) async fn webhook(config: &Config, yes: bool) -> Result<Finding, Failure> {
    let client = TwilioClient::new(&config.twilio, config.limits.http, Arc::new(SystemClock));
    let wanted = twilio::wanted(config);
    let Sender::Number(number) = &config.twilio.from else {
        return Ok(Finding::Skipped(
            "TWILIO_FROM is a messaging service: set its webhook in Twilio's console".to_owned(),
        ));
    };
    let setup = match client.number_setup(number).await {
        Ok(Some(setup)) => setup,
        // The check of Twilio says what is wrong.
        Ok(None) | Err(_) => return Ok(Finding::Skipped("see Twilio below".to_owned())),
    };
    if is_right(&setup, &wanted) {
        return Ok(Finding::Ok(
            "the number's webhook needs no change".to_owned(),
        ));
    }
    if twilio::service_of(&client, number)
        .await
        .is_some_and(|service| !service.defers_to_numbers)
    {
        return Ok(Finding::Skipped(
            "a messaging service decides where the number's texts go: set its webhook in Twilio's console".to_owned(),
        ));
    }
    if !yes && !wants(&setup, &wanted)? {
        return Ok(Finding::Skipped("nothing was changed at Twilio".to_owned()));
    }
    Ok(match client.set_webhook(&setup.sid, &wanted).await {
        Ok(()) => Finding::Ok(format!(
            "Twilio sends the number's texts to {wanted} from now on"
        )),
        Err(error) => Finding::Wrong(refused(error)),
    })
}

/// Whether Twilio sends texts there already, apart from how often it tries.
fn is_right(setup: &NumberSetup, wanted: &str) -> bool {
    let bare = |url: &str| url.split('#').next().unwrap_or_default().to_owned();
    setup.sms_application_sid.is_empty()
        && bare(&setup.sms_url) == bare(wanted)
        && (setup.sms_method.is_empty() || setup.sms_method.eq_ignore_ascii_case("POST"))
}

fn wants(setup: &NumberSetup, wanted: &str) -> Result<bool, Failure> {
    let now = match setup.sms_application_sid.as_str() {
        "" => format!("to '{}' by HTTP {}", setup.sms_url, setup.sms_method),
        app => format!("to the TwiML app {app}"),
    };
    let question = format!("Twilio sends the texts to {} {now}.", setup.phone_number);
    match answer(&format!(
        "{question}\nSend them to {wanted} by HTTP POST? [y/N]"
    ))? {
        Some(given) => Ok(matches!(given.to_lowercase().as_str(), "y" | "yes")),
        None => Err(Failure::Refused(format!(
            "{question} Nobody is there to confirm a change: run the command in a terminal, or add --yes"
        ))),
    }
}

fn refused(error: SetupError) -> String {
    format!(
        "Twilio did not change the webhook ({error}): set it in Twilio's console, or run this again"
    )
}
