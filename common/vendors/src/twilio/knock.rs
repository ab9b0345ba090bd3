//! A webhook of our own to our own web, which shows whether what Twilio signs would be accepted.

use birdcall_domain::call::CallError;

use super::{config::TwilioConfig, signature::sign};
use crate::http::exchange;

/// No message has this sid, and no sid looks like it.
const NO_MESSAGE: &str = "birdcall-doctor";

/// Posts a delivery report to `url` that is signed as Twilio signs, and returns the status of the answer.
/// It names no message: 400 means that the signature was accepted, and 403 that it was not.
///
/// # Errors
///
/// No answer came.
pub async fn knock<R>(
    client: &reqwest::Client,
    config: &TwilioConfig,
    url: &str,
) -> Result<u16, CallError<R>> {
    let pairs = [
        ("AccountSid", config.account_sid.as_str()),
        ("MessageSid", NO_MESSAGE),
        ("MessageStatus", "sent"),
    ]
    .map(|(name, value)| (name.to_owned(), value.to_owned()));
    let signature = sign(&config.auth_token, url, &pairs);
    let request = client.post(url).header("X-Twilio-Signature", signature);
    let answer = exchange(request.form(&pairs)).await?;
    Ok(answer.status)
}
