//! The reasons for which Twilio refuses to send a text.

use axum::response::Response;
use url::Url;

use super::errors;
use crate::{request::Form, sim::Sim};

const BODY_CHARACTERS_MAX: usize = 1600;
const VALIDITY_SECONDS_MAX: u32 = 36_000;

const PARAMETERS: [&str; 25] = [
    "To",
    "StatusCallback",
    "ApplicationSid",
    "MaxPrice",
    "ProvideFeedback",
    "Attempt",
    "ValidityPeriod",
    "ForceDelivery",
    "ContentRetention",
    "AddressRetention",
    "SmartEncoded",
    "PersistentAction",
    "TrafficType",
    "ShortenUrls",
    "ScheduleType",
    "SendAt",
    "SendAsMms",
    "ContentVariables",
    "RiskCheck",
    "From",
    "FallbackFrom",
    "MessagingServiceSid",
    "Body",
    "MediaUrl",
    "ContentSid",
];

/// Checks everything that does not depend on the state.
pub(super) fn check(sim: &Sim, form: &Form) -> Result<(), Response> {
    if let Some(name) = form.unknown(&PARAMETERS) {
        return Err(errors::bad(20001, &format!("Unknown parameter {name}")));
    }
    let Some(to) = form.filled("To") else {
        return Err(errors::bad(21604, "A 'To' phone number is required."));
    };
    if !is_e164(to) {
        return Err(errors::bad(
            21211,
            &format!("Invalid 'To' Phone Number: {to}"),
        ));
    }
    let number = &sim.config().twilio_number;
    match (form.filled("From"), form.filled("MessagingServiceSid")) {
        (None, None) => {
            return Err(errors::bad(21603, "A 'From' phone number is required."));
        }
        (_, Some(service)) if !is_sid(service, "MG") => {
            return Err(errors::bad(
                21705,
                &format!("The Messaging Service Sid {service} is invalid."),
            ));
        }
        (Some(from), _) if !is_e164(from) => {
            return Err(errors::bad(
                21212,
                &format!("Invalid From Number (caller ID): {from}"),
            ));
        }
        (Some(from), _) if from != number => {
            return Err(errors::bad(
                21606,
                &format!(
                    "The 'From' phone number provided ({from}) is not a valid message-capable Twilio phone number for this destination/account."
                ),
            ));
        }
        _ => {}
    }
    if to == number {
        return Err(errors::bad(
            21266,
            "'To' and 'From' number cannot be the same.",
        ));
    }
    let body = form.get("Body").unwrap_or_default();
    if body.is_empty() && form.filled("MediaUrl").is_none() && form.filled("ContentSid").is_none() {
        return Err(errors::bad(21602, "Message body is required."));
    }
    if body.chars().map(char::len_utf16).sum::<usize>() > BODY_CHARACTERS_MAX {
        return Err(errors::bad(
            21617,
            "The concatenated message body exceeds the 1600 character limit.",
        ));
    }
    if let Some(callback) = form.filled("StatusCallback")
        && !is_callback(callback)
    {
        return Err(errors::bad(
            21609,
            &format!("The StatusCallback URL {callback} is not a valid URL."),
        ));
    }
    if let Some(period) = form.filled("ValidityPeriod") {
        let seconds = period.parse::<u32>().ok();
        if !seconds.is_some_and(|seconds| (1..=VALIDITY_SECONDS_MAX).contains(&seconds)) {
            return Err(errors::bad(
                20001,
                "ValidityPeriod must be between 1 and 36000",
            ));
        }
    }
    Ok(())
}

fn is_e164(number: &str) -> bool {
    number.strip_prefix('+').is_some_and(|digits| {
        (7..=15).contains(&digits.len())
            && !digits.starts_with('0')
            && digits.bytes().all(|byte| byte.is_ascii_digit())
    })
}

fn is_sid(sid: &str, prefix: &str) -> bool {
    sid.strip_prefix(prefix)
        .is_some_and(|hex| hex.len() == 32 && hex.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

fn is_callback(url: &str) -> bool {
    Url::parse(url).is_ok_and(|url| {
        matches!(url.scheme(), "http" | "https")
            && url.host_str().is_some_and(|host| !host.contains('_'))
    })
}
