//! What Twilio's webhooks say. Twilio adds parameters without notice, and unknown ones are ignored.

use birdcall_domain::{inbound::InboundText, reply::StatusUpdate};
use thiserror::Error;

/// A form. It is decoded once, so the parameters that are read are the ones whose signature was
/// checked.
#[derive(Clone, Default)]
pub struct Form(Vec<(String, String)>);

impl Form {
    /// Decodes a body of type `application/x-www-form-urlencoded`, in UTF-8.
    #[must_use]
    pub fn parse(body: &[u8]) -> Self {
        Self(form_urlencoded::parse(body).into_owned().collect())
    }

    /// The parameters and their values, in the order in which Twilio sent them.
    #[must_use]
    pub fn pairs(&self) -> &[(String, String)] {
        &self.0
    }

    /// The first value of the parameter `name`. It is empty if the parameter is missing, as Twilio
    /// also sends an empty value for what it does not know.
    #[must_use]
    pub fn get(&self, name: &str) -> &str {
        self.0
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value)
    }
}

/// The named parameter of a signed form is missing or malformed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("the webhook lacks a well-formed {0}")]
pub struct Malformed(pub &'static str);

/// Reads the webhook of an inbound message.
///
/// # Errors
///
/// [`Malformed`] if there is no well-formed `MessageSid`.
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

/// Reads a status callback: what became of one of our messages.
///
/// # Errors
///
/// [`Malformed`] if there is no `MessageSid` or no `MessageStatus`.
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
