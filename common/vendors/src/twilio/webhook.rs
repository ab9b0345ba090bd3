//! What Twilio's webhooks say. Unknown parameters come without notice and are let through.

use birdcall_domain::{inbound::InboundText, reply::StatusUpdate};
use thiserror::Error;

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

/// A form that is signed but is not what it should be.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the webhook lacks a well-formed {0}")]
pub struct Malformed(pub &'static str);

/// Reads an inbound message webhook.
///
/// # Errors
///
/// There is no well-formed `MessageSid`.
pub fn read_inbound(form: &Form) -> Result<InboundText, Malformed> {
    let sid = form
        .get("MessageSid")
        .parse()
        .map_err(|_| Malformed("MessageSid"))?;
    let opt_out_type = Some(form.get("OptOutType")).filter(|value| !value.is_empty());
    Ok(InboundText {
        sid,
        from: form.get("From").to_owned(),
        to: form.get("To").to_owned(),
        body: form.get("Body").to_owned(),
        num_media: form.get("NumMedia").parse().unwrap_or(0),
        opt_out_type: opt_out_type.map(str::to_owned),
    })
}

/// Reads a status callback.
///
/// # Errors
///
/// There is no `MessageSid` or `MessageStatus`.
pub fn read_status(form: &Form) -> Result<StatusUpdate, Malformed> {
    let named = |name: &'static str| match form.get(name) {
        "" => Err(Malformed(name)),
        value => Ok(value.to_owned()),
    };
    Ok(StatusUpdate {
        sid: named("MessageSid")?,
        status: named("MessageStatus")?,
        error_code: form.get("ErrorCode").parse().ok(),
    })
}
