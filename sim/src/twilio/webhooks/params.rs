//! The parameters of webhooks and status callbacks.

use crate::{
    sim::Sim,
    twilio::model::{Message, Status},
};

fn pairs<const N: usize>(pairs: [(&str, &str); N]) -> Vec<(String, String)> {
    pairs
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .into()
}

/// Returns the parameters as captured from a real webhook: unknown geography is empty. One more
/// parameter is there because Twilio may add parameters without notice.
pub(super) fn inbound_params(sim: &Sim, message: &Message) -> Vec<(String, String)> {
    let account = &sim.config().twilio_account_sid;
    let mut params = pairs([
        ("ToCountry", "US"),
        ("ToState", ""),
        ("SmsMessageSid", &message.sid),
        ("NumMedia", &message.media.len().to_string()),
        ("ToCity", ""),
        ("FromZip", ""),
        ("SmsSid", &message.sid),
        ("FromState", ""),
        ("SmsStatus", "received"),
        ("FromCity", ""),
        ("Body", &message.body),
        ("FromCountry", "US"),
        ("To", &message.to),
        ("ToZip", ""),
        ("NumSegments", &message.num_segments.to_string()),
        ("MessageSid", &message.sid),
        ("AccountSid", account),
        ("From", &message.from),
        ("ApiVersion", "2010-04-01"),
        ("UnannouncedParameter", "a new one, without notice"),
    ]);
    for (number, media) in message.media.iter().enumerate() {
        let url = format!(
            "{}/2010-04-01/Accounts/{account}/Messages/{}/Media/{}",
            sim.url(),
            message.sid,
            media.sid
        );
        params.push((format!("MediaUrl{number}"), url));
        params.push((
            format!("MediaContentType{number}"),
            media.content_type.clone(),
        ));
    }
    params
}

pub(super) fn status_params(
    sim: &Sim,
    message: &Message,
    status: Status,
    error_code: Option<u32>,
) -> Vec<(String, String)> {
    let mut params = pairs([
        ("SmsSid", &message.sid),
        ("SmsStatus", status.as_str()),
        ("MessageStatus", status.as_str()),
        ("To", &message.to),
        ("MessageSid", &message.sid),
        ("AccountSid", &sim.config().twilio_account_sid),
        ("From", &message.from),
        ("ApiVersion", "2010-04-01"),
    ]);
    if let Some(service) = &message.messaging_service_sid {
        params.push(("MessagingServiceSid".to_owned(), service.clone()));
    }
    if let Some(code) = error_code {
        params.push(("ErrorCode".to_owned(), code.to_string()));
    }
    if matches!(status, Status::Delivered | Status::Undelivered) {
        let done = chrono::DateTime::from_timestamp_millis(sim.now().as_millis());
        let done = done.unwrap_or_default().format("%y%m%d%H%M").to_string();
        params.push(("RawDlrDoneDate".to_owned(), done));
    }
    params
}
