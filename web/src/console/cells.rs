//! Values as the console shows them: numbers and words masked until an operator reveals them, times
//! with their distance, states with a mark.

use birdcall_domain::{
    clock::Timestamp,
    phone::Party,
    reply::{Delivery, ReplyState},
    text::{Reason, TextState},
    wording,
};

use super::tone::Tone;

/// A value in a table or a list of facts.
#[derive(Default)]
pub(super) struct Cell {
    pub(super) words: String,
    pub(super) href: Option<String>,
    pub(super) tone: Tone,
    /// Numbers are aligned to the right.
    pub(super) is_number: bool,
    /// Ids are set in a typeface of one width.
    pub(super) is_id: bool,
    /// A moment, in RFC 3339.
    pub(super) time: Option<String>,
    /// A bar: how much is done, of how much. The words say it, too.
    pub(super) bar: Option<(u64, u64)>,
}

impl Cell {
    pub(super) fn text(words: impl Into<String>) -> Self {
        Self {
            words: words.into(),
            ..Self::default()
        }
    }

    pub(super) fn id(words: impl Into<String>) -> Self {
        Self {
            is_id: true,
            ..Self::text(words)
        }
    }

    pub(super) fn number(value: i64) -> Self {
        Self::count(u64::try_from(value).unwrap_or(0))
    }

    pub(super) fn count(value: u64) -> Self {
        Self {
            is_number: true,
            ..Self::text(wording::number(value))
        }
    }

    /// A moment with its distance from now.
    pub(super) fn moment(at: Timestamp, now: Timestamp) -> Self {
        Self {
            time: Some(at.to_rfc3339()),
            ..Self::text(wording::moment(at, now))
        }
    }

    /// How long ago a moment was.
    pub(super) fn age(at: Timestamp, now: Timestamp) -> Self {
        Self {
            time: Some(at.to_rfc3339()),
            ..Self::text(wording::age(at, now))
        }
    }

    pub(super) fn toned(self, tone: Tone) -> Self {
        Self { tone, ..self }
    }

    pub(super) fn link(self, href: String) -> Self {
        Self {
            href: Some(href),
            ..self
        }
    }
}

/// A sender or a recipient.
pub(super) fn party(party: &Party, reveal: bool) -> Cell {
    match party {
        Party::Forgotten => Cell::text("forgotten").toned(Tone::Quiet),
        Party::Phone(phone) if !reveal => Cell::id(phone.masked()),
        known => Cell::id(known.as_str()),
    }
}

/// The words of a text, or how many there are.
pub(super) fn words(body: &str, reveal: bool) -> String {
    match (body.is_empty(), reveal) {
        (true, _) => "(no words)".to_owned(),
        (false, true) => body.to_owned(),
        (false, false) => {
            let length = u64::try_from(body.chars().count()).unwrap_or(u64::MAX);
            wording::counted(length, "character", "characters")
        }
    }
}

/// The state of a text, with its reason.
pub(super) fn state(state: TextState, reason: Option<Reason>) -> Cell {
    let words = match reason {
        Some(reason) => format!("{state} ({reason})"),
        None => state.to_string(),
    };
    Cell::text(words).toned(birdcall_domain::tone::Tone::of_text(state, reason).into())
}

pub(super) fn tone_of(state: TextState) -> Tone {
    birdcall_domain::tone::Tone::of_text(state, None).into()
}

pub(super) fn tone_of_reply(state: ReplyState) -> Tone {
    birdcall_domain::tone::Tone::of_reply(state).into()
}

/// What Twilio reports of a message.
pub(super) fn tone_of_delivery(delivery: &str) -> Tone {
    match Delivery::parse(delivery) {
        Some(Delivery::Delivered | Delivery::Read) => Tone::Good,
        Some(Delivery::Undelivered | Delivery::Failed | Delivery::Canceled) => Tone::Bad,
        _ => Tone::Waiting,
    }
}
