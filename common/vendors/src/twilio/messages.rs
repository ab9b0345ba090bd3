//! Messages: send one, look whether one was sent, list what came in.

use std::time::Duration;

use birdcall_domain::{
    call::{CallError, Trouble},
    clock::Timestamp,
    phone::Phone,
    rejection::TwilioRejection,
};
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;

use super::{TwilioClient, answers::judge};
use crate::{http::send, twilio::Sender};

/// A message to send.
#[derive(Clone, Copy, Debug)]
pub struct Outgoing<'a> {
    /// The phone.
    pub to: &'a Phone,
    /// At most 1,600 characters.
    pub body: &'a str,
    /// Where Twilio reports what becomes of it.
    pub status_callback: &'a str,
    /// How long Twilio may hold it back, 1 second to 10 hours.
    pub validity: Duration,
}

/// A message as Twilio lists it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// Twilio's sid.
    pub sid: String,
    /// `inbound`, `outbound-api`, `outbound-reply`…
    pub direction: String,
    /// The other side, or we.
    pub from: String,
    /// We, or the other side.
    pub to: String,
    /// The text.
    pub body: String,
    /// When Twilio made it.
    pub created_at: Option<Timestamp>,
    /// Media that came with it.
    pub num_media: u32,
    /// The messaging service that it came through; empty when there is none.
    pub service_sid: String,
}

/// Messages asked for in one list request. Twilio gives up to 1000; an answer must be small enough
/// to be read whole.
const PAGE_SIZE: usize = 200;
/// Of what we sent to one phone since a day, the newest so many are looked through.
const SENT_MAX: usize = 2000;
/// Twilio's longest `ValidityPeriod`, seconds.
const VALIDITY_SECONDS_MAX: u64 = 36_000;

type TwilioResult<T> = Result<T, CallError<TwilioRejection>>;

impl TwilioClient {
    /// `POST …/Messages.json`. There is no idempotency key: an unclear answer must be resolved by
    /// [`TwilioClient::sent_to`] before another try.
    ///
    /// # Errors
    ///
    /// See [`CallError`]; only [`CallError::InDoubt`] leaves open whether the message exists.
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
        let answer = send(request).await?;
        let body = judge(&answer, self.clock.now())?;
        match body["sid"].as_str() {
            Some(sid) if !sid.is_empty() => Ok(sid.to_owned()),
            _ => Err(CallError::InDoubt(Trouble::Unreadable)),
        }
    }

    /// What we sent to `phone` since the day of `since` (UTC), newest first.
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    pub async fn sent_to(&self, phone: &Phone, since: Timestamp) -> TwilioResult<Vec<Listed>> {
        let mut filters = vec![("To", phone.as_str().to_owned())];
        if let Sender::Number(number) = &self.from {
            filters.push(("From", number.as_str().to_owned()));
        }
        let (listed, _) = self.list(filters, since, SENT_MAX).await?;
        Ok(listed
            .into_iter()
            .filter(|message| message.direction == "outbound-api")
            .collect())
    }

    /// What came in since the day of `since` (UTC), newest first, and whether that is all: of a
    /// longer list the newest `max` and the rest of their page are read.
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
        let (mut listed, all) = self.list(filters, since, max).await?;
        listed.retain(|message| message.direction == "inbound" && self.is_ours(message));
        Ok((listed, all))
    }

    /// Texts to other numbers of the account are somebody else's.
    fn is_ours(&self, message: &Listed) -> bool {
        match &self.from {
            Sender::Number(number) => message.to == number.as_str(),
            Sender::Service(sid) => &message.service_sid == sid,
        }
    }

    /// Where Twilio sends texts to our number: `sms_url` and `sms_fallback_url`; `None` when the
    /// number is not this account's, or texts are sent by a messaging service.
    ///
    /// # Errors
    ///
    /// See [`CallError`].
    pub async fn webhook_urls(&self) -> TwilioResult<Option<(String, String)>> {
        let Sender::Number(number) = &self.from else {
            return Ok(None);
        };
        let request = self.http.get(self.endpoint("IncomingPhoneNumbers.json"));
        let request = self
            .authorized(request)
            .query(&[("PhoneNumber", number.as_str())]);
        let answer = send(request).await?;
        let body = judge(&answer, self.clock.now())?;
        let number = &body["incoming_phone_numbers"][0];
        let text = |name: &str| number[name].as_str().unwrap_or_default().to_owned();
        Ok(number
            .is_object()
            .then(|| (text("sms_url"), text("sms_fallback_url"))))
    }

    async fn list(
        &self,
        mut query: Vec<(&str, String)>,
        since: Timestamp,
        max: usize,
    ) -> TwilioResult<(Vec<Listed>, bool)> {
        query.push(("DateSent>", since.utc_day()));
        query.push(("PageSize", PAGE_SIZE.min(max).to_string()));
        let mut messages: Vec<Listed> = Vec::new();
        let mut request = self.http.get(self.endpoint("Messages.json")).query(&query);
        loop {
            let answer = send(self.authorized(request)).await?;
            let body = judge(&answer, self.clock.now())?;
            messages.extend(
                body["messages"]
                    .as_array()
                    .into_iter()
                    .flatten()
                    .filter_map(listed),
            );
            let Some(next) = body["next_page_uri"]
                .as_str()
                .filter(|next| next.starts_with('/'))
            else {
                return Ok((messages, true));
            };
            let oldest = messages.last().and_then(|message| message.created_at);
            if oldest.is_some_and(|oldest| oldest < since) {
                return Ok((messages, true));
            }
            if messages.len() >= max {
                return Ok((messages, false));
            }
            let base = self.api_url.as_str().trim_end_matches('/');
            request = self.http.get(format!("{base}{next}"));
        }
    }

    fn authorized(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let token: &SecretString = &self.auth_token;
        request.basic_auth(&self.account_sid, Some(token.expose_secret()))
    }
}

fn listed(message: &Value) -> Option<Listed> {
    let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
    Some(Listed {
        sid: message["sid"].as_str()?.to_owned(),
        direction: text("direction"),
        from: text("from"),
        to: text("to"),
        body: text("body"),
        created_at: Timestamp::from_rfc2822(message["date_created"].as_str().unwrap_or_default()),
        num_media: text("num_media").parse().unwrap_or(0),
        service_sid: text("messaging_service_sid"),
    })
}
