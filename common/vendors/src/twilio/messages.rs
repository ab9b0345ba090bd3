//! Messages: send one, and list those that were sent or received.

use std::time::Duration;

use birdcall_domain::{
    call::{CallError, Trouble},
    clock::Timestamp,
    phone::Phone,
    rejection::TwilioRejection,
};
use serde_json::Value;

use super::{
    answers::read_answer,
    client::{TwilioClient, TwilioResult},
    config::Sender,
};
use crate::{http::send, look::Look, measure::Endpoint};

/// A message to send.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The phone that receives the message.
    pub to: &'a Phone,
    /// What the message says. Twilio accepts 1,600 characters.
    pub body: &'a str,
    /// The URL to which Twilio reports what becomes of the message.
    pub status_callback: &'a str,
    /// How long Twilio may hold the message back before it gives up. Twilio accepts 1 second to
    /// 10 hours; other values are moved into that range.
    pub validity: Duration,
}

/// A message in Twilio's list. A value that Twilio need not give is empty.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Twilio's sid of the message.
    pub sid: String,
    /// Twilio's `direction`: `inbound`, `outbound-api`, `outbound-reply` or `outbound-call`.
    pub direction: String,
    /// The sender: the person if the message is inbound, and otherwise Birdcall.
    pub from: String,
    /// The recipient: Birdcall if the message is inbound, and otherwise the person.
    pub to: String,
    /// What the message says.
    pub body: String,
    /// When Twilio created the message, if Twilio gives a time that can be read.
    pub created_at: Option<Timestamp>,
    /// How many media came with the message.
    pub num_media: u32,
    /// The sid of the messaging service that handled the message, if one did.
    pub service_sid: String,
}

/// How many messages one request asks for. Twilio allows 1,000, but their answer could be larger
/// than [`send`] reads.
const PAGE_SIZE: usize = 200;
/// How many messages to one phone are looked through at most, newest first.
const SENT_MAX: usize = 2000;
/// Twilio's longest `ValidityPeriod`, in seconds.
const VALIDITY_SECONDS_MAX: u64 = 36_000;

impl TwilioClient {
    /// Sends a message (`POST …/Messages.json`) and returns its sid. Twilio offers no idempotency
    /// key, so after an unclear answer, look for the message with [`TwilioClient::sent_to`] before
    /// another try.
    ///
    /// # Errors
    ///
    /// See [`CallError`]. Only [`CallError::InDoubt`] leaves open whether the message exists.
    pub async fn create_message(&self, message: Outgoing<'_>) -> TwilioResult<String> {
        let validity = message
            .validity
            .as_secs()
            .clamp(1, VALIDITY_SECONDS_MAX)
            .to_string();
        let (from_name, from) = match &self.from {
            Sender::Number(phone) => ("From", phone.as_str()),
            Sender::Service(sid) => ("MessagingServiceSid", sid.as_str()),
        };
        let form = [
            ("To", message.to.as_str()),
            (from_name, from),
            ("Body", message.body),
            ("StatusCallback", message.status_callback),
            ("ValidityPeriod", &validity),
        ];
        let request = self
            .authorized(self.http.post(self.endpoint("Messages.json")))
            .form(&form);
        let answer = send(&self.seen, request, Endpoint::CREATE_MESSAGE).await?;
        let body = read_answer(&answer, self.now())?;
        match body["sid"].as_str() {
            Some(sid) if !sid.is_empty() => Ok(sid.to_owned()),
            _ => Err(CallError::InDoubt(Trouble::Unreadable)),
        }
    }

    /// Lists what we sent to `phone` since the start of the day of `since` (UTC), newest first.
    pub async fn sent_to(&self, phone: &Phone, since: Timestamp) -> Look<Listed, TwilioRejection> {
        let mut filters = vec![("To", phone.as_str().to_owned())];
        if let Sender::Number(number) = &self.from {
            filters.push(("From", number.as_str().to_owned()));
        }
        let mut look = Look::new();
        let trouble = match self.list(filters, since, SENT_MAX, &mut look.seen).await {
            Ok(List::Complete) => None,
            Ok(List::CutShort | List::WithGaps) => Some(UNREADABLE),
            Err(error) => Some(error),
        };
        look.seen
            .retain(|message| message.direction == "outbound-api");
        look.trouble = trouble;
        look
    }

    /// Lists what we received since the start of the day of `since` (UTC), newest first, and says
    /// whether the list is complete. Of a longer list, the newest `max` messages and the rest of
    /// their page are read.
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    pub async fn received(
        &self,
        since: Timestamp,
        max: usize,
    ) -> TwilioResult<(Vec<Listed>, bool)> {
        let mut filters = Vec::new();
        if let Sender::Number(number) = &self.from {
            filters.push(("To", number.as_str().to_owned()));
        }
        let mut listed = Vec::new();
        let end = self.list(filters, since, max, &mut listed).await?;
        listed.retain(|message| message.direction == "inbound" && self.is_ours(message));
        // A message that cannot be read today cannot be read tomorrow, and must not hide the others.
        Ok((listed, end != List::CutShort))
    }

    /// Whether a received message is for Birdcall. The account may have other numbers.
    fn is_ours(&self, message: &Listed) -> bool {
        match &self.from {
            Sender::Number(number) => message.to == number.as_str(),
            Sender::Service(sid) => &message.service_sid == sid,
        }
    }

    /// Reads pages into `messages` until they reach back beyond `since` or hold `max` messages.
    async fn list(
        &self,
        mut query: Vec<(&str, String)>,
        since: Timestamp,
        max: usize,
        messages: &mut Vec<Listed>,
    ) -> TwilioResult<List> {
        query.push(("DateSent>", since.utc_day()));
        query.push(("PageSize", PAGE_SIZE.min(max).to_string()));
        let mut request = self.http.get(self.endpoint("Messages.json")).query(&query);
        let mut end = List::Complete;
        loop {
            let answer = send(
                &self.seen,
                self.authorized(request),
                Endpoint::LIST_MESSAGES,
            )
            .await?;
            let body = read_answer(&answer, self.now())?;
            let rows = body["messages"].as_array().ok_or(UNREADABLE)?;
            let known = messages.len();
            messages.extend(rows.iter().filter_map(read_listed));
            if messages.len() - known < rows.len() {
                end = List::WithGaps;
            }
            let next = match &body["next_page_uri"] {
                Value::Null => return Ok(end),
                Value::String(next) if next.starts_with('/') => next,
                _ => return Err(UNREADABLE),
            };
            let oldest = messages.last().and_then(|message| message.created_at);
            if oldest.is_some_and(|oldest| oldest < since) {
                return Ok(end);
            }
            if messages.len() >= max {
                return Ok(List::CutShort);
            }
            request = self.http.get(self.url(next));
        }
    }
}

const UNREADABLE: CallError<TwilioRejection> = CallError::NotSent(Trouble::Unreadable);

/// How much of Twilio's list was read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum List {
    /// All of it.
    Complete,
    /// All of it, but some messages could not be understood.
    WithGaps,
    /// The newest messages only.
    CutShort,
}

fn read_listed(message: &Value) -> Option<Listed> {
    let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
    Some(Listed {
        sid: message["sid"].as_str()?.to_owned(),
        direction: message["direction"].as_str()?.to_owned(),
        from: text("from"),
        to: text("to"),
        body: message["body"].as_str()?.to_owned(),
        created_at: Timestamp::from_rfc2822(message["date_created"].as_str().unwrap_or_default()),
        num_media: text("num_media").parse().unwrap_or(0),
        service_sid: text("messaging_service_sid"),
    })
}
