//! What Twilio's webhooks say. Unknown parameters come without notice and are let through.

use thiserror::Error;

use crate::domain::text::MessageSid;

/// A form, decoded once; what is signed and what is read are the same pairs.
#[derive(Clone, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Decodes `application/x-www-form-urlencoded` (`+` is a space, then percent-decoding, UTF-8).
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// All pairs, in order.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The first value of `name`; empty when it is missing, as Twilio sends unknown facts.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }
}

/// An inbound text.
#[derive(Clone)]
pub struct InboundText {
    /// Twilio's sid: the text's identity.
    pub sid: MessageSid,
    /// Who sent it: usually E.164, but also short codes, names and other channels.
    pub from: String,
    /// Which of our numbers it was sent to.
    pub to: String,
    /// What it says, untrimmed.
    pub body: String,
    /// How many media came with it.
    pub num_media: u32,
    /// `OptOutType`, with Advanced Opt-Out only.
    pub opt_out_type: Option<String>,
}

/// A form that is signed but is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the webhook lacks a well-formed {0}")]
pub struct Malformed(pub &'static str);

impl InboundText {
    /// Reads an inbound message webhook.
    ///
    /// # Errors
    ///
    /// There is no well-formed `MessageSid`.
    pub fn read(form: &Form) -> Result<Self, Malformed> {
        let sid = form
            .get("MessageSid")
            .parse()
            .map_err(|_| Malformed("MessageSid"))?;
        let opt_out_type = Some(form.get("OptOutType")).filter(|value| !value.is_empty());
        Ok(Self {
            sid,
            from: form.get("From").to_owned(),
            to: form.get("To").to_owned(),
            body: form.get("Body").to_owned(),
            num_media: form.get("NumMedia").parse().unwrap_or(0),
            opt_out_type: opt_out_type.map(str::to_owned),
        })
    }
}

/// What became of one of our messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusUpdate {
    /// Twilio's sid of our message.
    pub sid: String,
    /// `queued`, `sent`, `delivered`, …
    pub status: String,
    /// Why it was not delivered.
    pub error_code: Option<u32>,
}

impl StatusUpdate {
    /// Reads a status callback.
    ///
    /// # Errors
    ///
    /// There is no `MessageSid` or `MessageStatus`.
    pub fn read(form: &Form) -> Result<Self, Malformed> {
        let named = |name: &'static str| match form.get(name) {
            "" => Err(Malformed(name)),
            value => Ok(value.to_owned()),
        };
        Ok(Self {
            sid: named("MessageSid")?,
            status: named("MessageStatus")?,
            error_code: form.get("ErrorCode").parse().ok(),
        })
    }
}
