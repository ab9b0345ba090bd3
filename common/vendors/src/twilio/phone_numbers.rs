//! Where Twilio sends the texts that it receives for us: the settings of phone numbers and of
//! messaging services. Only `birdcall doctor` asks for them.

use birdcall_domain::{
    call::{CallError, Trouble},
    phone::Phone,
};
use serde_json::Value;
use thiserror::Error;

use super::client::TwilioClient;
use crate::{http::send, measure::Endpoint};

/// How many messaging services are looked at, and how many numbers of each: Twilio's largest page.
const PAGE: &str = "100";

/// A number of the account, as far as inbound texts are concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NumberSetup {
    /// `PN…`.
    pub sid: String,
    /// The number, in E.164.
    pub phone_number: String,
    /// Where Twilio sends texts, unless an application or a messaging service says otherwise.
    pub sms_url: String,
    /// The HTTP method of `sms_url`.
    pub sms_method: String,
    /// The TwiML app that decides instead of `sms_url`; empty if there is none.
    pub sms_application_sid: String,
    /// Whether the number can receive SMS.
    pub receives_sms: bool,
}

/// A messaging service of the account, as far as inbound texts are concerned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceSetup {
    /// `MG…`.
    pub sid: String,
    /// Where Twilio sends texts to the service's numbers; empty: it drops them.
    pub inbound_request_url: String,
    /// The HTTP method of `inbound_request_url`.
    pub inbound_method: String,
    /// Whether each number's own settings decide instead.
    pub defers_to_numbers: bool,
}

/// Why Twilio did not say how something is set up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum SetupError {
    /// No answer came.
    #[error("{0}")]
    Unreachable(Trouble),
    /// Twilio refused, with its error code, or with 0 if it gave none.
    #[error("HTTP {status}, Twilio's error {code}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// Twilio's error code.
        code: u64,
    },
    /// What answered does not speak Twilio's language.
    #[error("HTTP {0} without the JSON of Twilio")]
    Unreadable(u16),
}

impl TwilioClient {
    /// How this number of the account is set up. `None`: the account has no such number.
    ///
    /// # Errors
    ///
    /// See [`SetupError`].
    pub async fn number_setup(&self, number: &Phone) -> Result<Option<NumberSetup>, SetupError> {
        let url = self.endpoint("IncomingPhoneNumbers.json");
        let body = self.look(&url, &[("PhoneNumber", number.as_str())]).await?;
        // Twilio lists every number that contains the one that was asked for.
        let found = rows(&body, "incoming_phone_numbers")?.iter();
        let mut found = found.map(read_number);
        Ok(found.find(|found| found.phone_number == number.as_str()))
    }

    /// Has Twilio send the texts to this number (`PN…`) to `url`, by POST, and to no TwiML app. It may be repeated.
    ///
    /// # Errors
    ///
    /// See [`SetupError`]. After [`SetupError::Unreachable`], it may have been done.
    pub async fn set_webhook(&self, sid: &str, url: &str) -> Result<(), SetupError> {
        let number = self.endpoint(&format!("IncomingPhoneNumbers/{sid}.json"));
        let form = [
            ("SmsUrl", url),
            ("SmsMethod", "POST"),
            ("SmsApplicationSid", ""),
        ];
        let request = self.authorized(self.http.post(&number)).form(&form);
        self.ask(request, Endpoint::SET_WEBHOOK).await.map(|_| ())
    }

    /// Whether this is a trial account, which texts only the numbers that its owner has verified. `None`:
    /// Twilio did not say.
    pub async fn is_trial(&self) -> Option<bool> {
        let body = self.look(&self.account_url(), &[]).await.ok()?;
        Some(body["type"].as_str()? == "Trial")
    }

    /// How this messaging service is set up. `None`: the account has no such service.
    ///
    /// # Errors
    ///
    /// See [`SetupError`].
    pub async fn service_setup(&self, sid: &str) -> Result<Option<ServiceSetup>, SetupError> {
        let url = self.messaging_url(&format!("/v1/Services/{sid}"));
        match self.look(&url, &[]).await {
            Ok(body) => Ok(Some(read_service(&body))),
            Err(SetupError::Refused { status: 404, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The messaging services of the account: the first 100.
    ///
    /// # Errors
    ///
    /// See [`SetupError`].
    pub async fn service_setups(&self) -> Result<Vec<ServiceSetup>, SetupError> {
        let url = self.messaging_url("/v1/Services");
        let body = self.look(&url, &[("PageSize", PAGE)]).await?;
        Ok(rows(&body, "services")?.iter().map(read_service).collect())
    }

    /// The numbers of a messaging service, without short codes: the first 100.
    ///
    /// # Errors
    ///
    /// See [`SetupError`].
    pub async fn service_numbers(&self, sid: &str) -> Result<Vec<Phone>, SetupError> {
        let url = self.messaging_url(&format!("/v1/Services/{sid}/PhoneNumbers"));
        let body = self.look(&url, &[("PageSize", PAGE)]).await?;
        let rows = rows(&body, "phone_numbers")?.iter();
        // A short code is not a number in E.164.
        Ok(rows
            .filter_map(|row| text(row, "phone_number").parse().ok())
            .collect())
    }

    async fn look(&self, url: &str, query: &[(&str, &str)]) -> Result<Value, SetupError> {
        let request = self.authorized(self.http.get(url)).query(query);
        self.ask(request, Endpoint::NUMBER_SETUP).await
    }

    async fn ask(
        &self,
        request: reqwest::RequestBuilder,
        endpoint: Endpoint,
    ) -> Result<Value, SetupError> {
        let answer =
            send::<()>(&self.seen, request, endpoint)
                .await
                .map_err(|error| match error {
                    CallError::NotSent(trouble) | CallError::InDoubt(trouble) => {
                        SetupError::Unreachable(trouble)
                    }
                    // Sending has no other errors.
                    _ => SetupError::Unreachable(Trouble::Connect),
                })?;
        match (answer.status, answer.json()) {
            (200..=299, Some(body)) => Ok(body),
            (status @ 200..=399, _) => Err(SetupError::Unreadable(status)),
            (status, body) => Err(SetupError::Refused {
                status,
                code: body.and_then(|body| body["code"].as_u64()).unwrap_or(0),
            }),
        }
    }
}

/// The rows of a list.
fn rows<'a>(body: &'a Value, name: &str) -> Result<&'a Vec<Value>, SetupError> {
    body[name].as_array().ok_or(SetupError::Unreadable(200))
}

fn read_number(row: &Value) -> NumberSetup {
    NumberSetup {
        sid: text(row, "sid"),
        phone_number: text(row, "phone_number"),
        sms_url: text(row, "sms_url"),
        sms_method: text(row, "sms_method"),
        sms_application_sid: text(row, "sms_application_sid"),
        // What Twilio does not mention is not held against the number.
        receives_sms: row["capabilities"]["sms"].as_bool().unwrap_or(true),
    }
}

fn read_service(row: &Value) -> ServiceSetup {
    ServiceSetup {
        sid: text(row, "sid"),
        inbound_request_url: text(row, "inbound_request_url"),
        inbound_method: text(row, "inbound_method"),
        defers_to_numbers: row["use_inbound_webhook_on_number"]
            .as_bool()
            .unwrap_or(false),
    }
}

/// A field that holds text; empty if it is missing or null.
fn text(row: &Value, name: &str) -> String {
    row[name].as_str().unwrap_or_default().to_owned()
}
