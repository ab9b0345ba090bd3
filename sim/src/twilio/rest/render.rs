//! Messages and moments as the REST API shows them.

use birdcall_domain::clock::Timestamp;
use chrono::DateTime;
use serde_json::{Value, json};

use crate::twilio::model::{Message, Status};

/// Formats a moment like `Thu, 24 Aug 2023 05:01:45 +0000`.
pub(super) fn rfc_2822(moment: Timestamp) -> String {
    DateTime::from_timestamp_millis(moment.as_millis())
        .unwrap_or_default()
        .format("%a, %d %b %Y %H:%M:%S +0000")
        .to_string()
}

/// Returns the JSON resource of a message.
pub(super) fn render(account: &str, message: &Message) -> Value {
    // A messaging service picks the sender and counts the segments only when it sends.
    let undecided = message.status == Status::Accepted;
    let uri = format!("/2010-04-01/Accounts/{account}/Messages/{}", message.sid);
    json!({
        "account_sid": account,
        "api_version": "2010-04-01",
        "body": message.body,
        "date_created": rfc_2822(message.created_at),
        "date_sent": rfc_2822(message.created_at),
        "date_updated": rfc_2822(message.updated_at),
        "direction": message.direction,
        "error_code": message.error_code,
        "error_message": null,
        "from": (!undecided).then_some(&message.from),
        "messaging_service_sid": message.messaging_service_sid,
        "num_media": message.media.len().to_string(),
        "num_segments": if undecided { "0".to_owned() } else { message.num_segments.to_string() },
        "price": null,
        "price_unit": "USD",
        "sid": message.sid,
        "status": message.status,
        "subresource_uris": {"media": format!("{uri}/Media.json")},
        "to": message.to,
        "uri": format!("{uri}.json"),
    })
}
