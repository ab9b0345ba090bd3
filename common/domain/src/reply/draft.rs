//! The one writer of replies: from a sentence to the row that a worker sends.

use std::time::Duration;

use super::{Purpose, Sentence, Words, link::hide_link};
use crate::{clock::Timestamp, phone::Phone, sign_up::DailyLimits, sms::Sms, text::MessageSid};

/// A reply that is not in the ledger yet.
#[derive(Clone)]
pub struct NewReply {
    /// Names what it answers. A second reply with the same id is the same reply.
    pub id: String,
    /// The text that it answers, if it answers one.
    pub text_sid: Option<MessageSid>,
    /// The recipient.
    pub phone: Phone,
    /// What it is for.
    pub purpose: Purpose,
    /// What it says, and its cost. The number and the token of a sign-in link are hidden.
    pub sms: Sms,
    /// What it has to do with a sign-in, if anything: the number of such replies in a day is limited.
    pub sign_in: Option<AboutSignIn>,
    /// The limits of a day.
    pub daily: DailyLimits,
    /// After this it is given up.
    pub deadline_at: Timestamp,
}

/// What a reply has to do with a sign-in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AboutSignIn {
    /// It holds a link that was issued at this moment.
    Link(Timestamp),
    /// It says that a sign-in failed.
    Failure,
}

/// Writes replies within the limits of the settings.
#[derive(Clone, Copy, Debug)]
pub struct ReplyWriter {
    /// `REPLY_SEGMENTS_MAX`: SMS segments of one reply.
    pub segments_max: u32,
    /// `RETRY_HORIZON`: how long a reply is tried.
    pub horizon: Duration,
    /// `LINKS_PER_DAY_MAX`, `STRANGERS_PER_DAY_MAX`.
    pub daily: DailyLimits,
}

impl ReplyWriter {
    /// The reply that says `sentence` to `phone`. `id` names what it answers; `text_sid` is the text
    /// that it answers, if there is one. A link among the `words` was issued at `now`.
    #[must_use]
    pub fn write(
        &self,
        id: String,
        text_sid: Option<&MessageSid>,
        phone: &Phone,
        sentence: &Sentence,
        words: Words<'_>,
        now: Timestamp,
    ) -> NewReply {
        let mut sms = sentence.compose(words, self.segments_max);
        let sign_in = match (hide_link(&sms.body, words.link), sentence) {
            (Some(hidden), _) => {
                sms.body = hidden;
                Some(AboutSignIn::Link(now.whole_second()))
            }
            (None, Sentence::SignInFailed(_)) => Some(AboutSignIn::Failure),
            (None, _) => None,
        };
        NewReply {
            id,
            text_sid: text_sid.cloned(),
            phone: phone.clone(),
            purpose: sentence.purpose(),
            sms,
            sign_in,
            daily: self.daily,
            deadline_at: now + self.horizon,
        }
    }
}

/// The id of a text's reply: one for each purpose, and new ones for every round. `rounds` counts how
/// often the text was set going again: by a replay, by `\RETRY`, or by a sign-in that it waited for.
/// What happens to it then is news that its sender has not been told.
#[must_use]
pub fn id_for_text(sid: &MessageSid, purpose: Purpose, rounds: u32) -> String {
    match rounds {
        0 => format!("{sid}:{purpose}"),
        n => format!("{sid}:{purpose}:{n}"),
    }
}
