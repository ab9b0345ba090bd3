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

/// Twilio takes at most this many media with a message.
const MEDIA_MAX: u32 = 10;

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
        num_media: count_media(form),
        opt_out_type: opt_out_type.map(str::to_owned),
    })
}

/// Counts the media that are more than words. A phone or a network may send plain text as an MMS, with
/// a description of its layout; then `Body` has the words. If it is empty, they are in the media.
fn count_media(form: &Form) -> u32 {
    let media: u32 = form.get("NumMedia").parse().unwrap_or(0);
    if form.get("Body").trim().is_empty() {
        return media;
    }
    let is_words = |index: &u32| {
        let content_type = form.get(&format!("MediaContentType{index}"));
        let essence = content_type.split(';').next().unwrap_or_default().trim();
        ["text/plain", "application/smil"]
            .iter()
            .any(|words| essence.eq_ignore_ascii_case(words))
    };
    let words = (0..media.min(MEDIA_MAX)).filter(is_words).count();
    media.saturating_sub(u32::try_from(words).unwrap_or(0))
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
