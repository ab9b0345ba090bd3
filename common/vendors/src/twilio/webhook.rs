//! What Twilio's webhooks say. Twilio adds parameters without notice, and unknown ones are ignored.

use birdcall_domain::{inbound::InboundText, reply::StatusUpdate};
use thiserror::Error;

use super::config::{Sender, TwilioConfig, is_sid};

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

    /// The value of the parameter `name`. It is empty if the parameter is missing, as Twilio also
    /// sends an empty value for what it does not know.
    ///
    /// # Errors
    ///
    /// The parameter is there more than once. Which of its values Twilio means is unknown: Twilio
    /// signs the values of one name in the order of their bytes, so their order proves nothing.
    fn one(&self, name: &'static str) -> Result<&str, Refused> {
        self.value(name).ok_or(Refused::Repeated(name))
    }

    /// The value of the parameter `name`, or `None` if it is there more than once.
    fn value(&self, name: &str) -> Option<&str> {
        let mut values = self.0.iter().filter(|(key, _)| key == name);
        let value = values.next().map_or("", |(_, value)| value);
        values.next().is_none().then_some(value)
    }

    /// The value of the parameter `name` if it has the shape that `is_well_formed` describes, or
    /// nothing if it is missing or empty.
    fn shaped(
        &self,
        name: &'static str,
        is_well_formed: fn(&str) -> bool,
    ) -> Result<Option<&str>, Refused> {
        match self.one(name)? {
            "" => Ok(None),
            value if is_well_formed(value) => Ok(Some(value)),
            _ => Err(Refused::Malformed(name)),
        }
    }

    /// The number that the parameter `name` holds, or nothing if it is missing or empty.
    fn number(&self, name: &'static str) -> Result<Option<u32>, Refused> {
        let is_number = |value: &str| value.bytes().all(|b| b.is_ascii_digit());
        match self.shaped(name, is_number)?.map(str::parse) {
            None => Ok(None),
            Some(Ok(number)) => Ok(Some(number)),
            Some(Err(_)) => Err(Refused::Malformed(name)),
        }
    }
}

/// Twilio takes at most this many media with a message.
const MEDIA_MAX: u32 = 10;

/// Why a signed form is not taken. Each variant names the parameter or the setting that decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum Refused {
    /// A parameter is missing, or does not have the shape that Twilio documents.
    #[error("the webhook lacks a well-formed {0}")]
    Malformed(&'static str),
    /// A parameter that Twilio sends once is there more than once.
    #[error("the webhook has more than one {0}")]
    Repeated(&'static str),
    /// The webhook is about another account with the same auth token, such as a closed one.
    #[error("the webhook's AccountSid is not TWILIO_ACCOUNT_SID")]
    OtherAccount,
    /// The text was sent to another number or messaging service of the account.
    #[error("the text was not sent to TWILIO_FROM")]
    OtherRecipient,
}

impl Refused {
    /// The word for it in metrics.
    #[must_use]
    pub fn reason(self) -> &'static str {
        match self {
            Self::Malformed(_) => "malformed",
            Self::Repeated(_) => "repeated",
            Self::OtherAccount => "other_account",
            Self::OtherRecipient => "other_recipient",
        }
    }

    /// Whether Twilio sent the webhook to the wrong Birdcall, as opposed to something that is no
    /// webhook of Twilio's.
    #[must_use]
    pub fn is_misdirected(self) -> bool {
        matches!(self, Self::OtherAccount | Self::OtherRecipient)
    }
}

/// Reads the webhook of an inbound message to the account and the sender of `config`.
///
/// # Errors
///
/// See [`Refused`]: it is not for us, or it is not what Twilio documents.
pub fn read_inbound(form: &Form, config: &TwilioConfig) -> Result<InboundText, Refused> {
    check_account(form, config)?;
    let sid = form.one("MessageSid")?;
    let sid = sid.parse().map_err(|_| Refused::Malformed("MessageSid"))?;
    let to = form.shaped("To", is_address)?;
    let is_ours = match &config.from {
        Sender::Number(number) => without_channel(to.unwrap_or_default()) == number.as_str(),
        Sender::Service(service) => form.one("MessagingServiceSid")? == service,
    };
    if !is_ours {
        return Err(Refused::OtherRecipient);
    }
    Ok(InboundText {
        sid,
        from: owned(form.shaped("From", is_address)?),
        to: owned(to),
        body: form.one("Body")?.to_owned(),
        num_media: count_media(form)?,
        opt_out_type: form.shaped("OptOutType", is_word)?.map(str::to_owned),
        missed: None,
    })
}

/// Counts the media that are more than words. A phone or a network may send plain text as an MMS, with
/// a description of its layout; then `Body` has the words. If it is empty, they are in the media.
fn count_media(form: &Form) -> Result<u32, Refused> {
    let media = form.number("NumMedia")?.unwrap_or(0);
    if form.one("Body")?.trim().is_empty() {
        return Ok(media);
    }
    let is_words = |index: &u32| {
        let content_type = form.value(&format!("MediaContentType{index}"));
        let essence = content_type.unwrap_or_default().split(';').next();
        let essence = essence.unwrap_or_default().trim();
        ["text/plain", "application/smil"]
            .iter()
            .any(|words| essence.eq_ignore_ascii_case(words))
    };
    let words = (0..media.min(MEDIA_MAX)).filter(is_words).count();
    Ok(media.saturating_sub(u32::try_from(words).unwrap_or(0)))
}

/// Reads a status callback: what became of one of our messages.
///
/// # Errors
///
/// See [`Refused`]: it is not for our account, or it is not what Twilio documents.
pub fn read_status(form: &Form, config: &TwilioConfig) -> Result<StatusUpdate, Refused> {
    check_account(form, config)?;
    let needed = |name, is_well_formed| {
        let value = form.shaped(name, is_well_formed)?;
        value.map(str::to_owned).ok_or(Refused::Malformed(name))
    };
    Ok(StatusUpdate {
        sid: needed("MessageSid", |sid| is_sid(sid, "SM") || is_sid(sid, "MM"))?,
        status: needed("MessageStatus", is_word)?,
        error_code: form.number("ErrorCode")?,
    })
}

/// Refuses another account. Twilio always names the account; a form that does not is as good as its
/// signature, which only the holder of our auth token can make.
fn check_account(form: &Form, config: &TwilioConfig) -> Result<(), Refused> {
    match form.one("AccountSid")? {
        "" => Ok(()),
        account if account == config.account_sid => Ok(()),
        _ => Err(Refused::OtherAccount),
    }
}

fn owned(value: Option<&str>) -> String {
    value.unwrap_or_default().to_owned()
}

/// Whether `value` can be the address of a sender or a recipient: a number in E.164, a short code, a
/// name, or an address of another channel such as `whatsapp:+15551230001`.
fn is_address(value: &str) -> bool {
    const CHARACTERS_MAX: usize = 255;
    value.chars().count() <= CHARACTERS_MAX && !value.chars().any(char::is_control)
}

/// Whether `value` can be one of Twilio's words, such as `partially_delivered`, also one that Twilio
/// has added since.
fn is_word(value: &str) -> bool {
    const LETTERS_MAX: usize = 40;
    let is_letter = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b == b'-';
    value.len() <= LETTERS_MAX && value.bytes().all(is_letter)
}

/// The address without the channel before it: `+15551230001` of `whatsapp:+15551230001`.
fn without_channel(address: &str) -> &str {
    address.split_once(':').map_or(address, |(_, rest)| rest)
}

#[cfg(test)]
#[path = "webhook_tests.rs"]
mod tests;
