//! A reply: what it says, how it gets to the phone, and what Twilio reports of it.

mod by_hand;
mod compose;
mod delivery;
mod draft;
mod first_step;
mod link;
mod refusal;
mod sentence;
mod settle;
mod twilio_errors;

pub use by_hand::{HandReply, HandWritten};
pub use delivery::{Delivery, StatusUpdate, delivery_error, resend_after};
pub use draft::{AboutSignIn, NewReply, ReplyWriter, id_for_text};
pub use first_step::{Standing, Step, Throttle, first_step};
pub use link::around_link;
pub use sentence::{Sentence, Words};
pub use settle::{BLOCKED, Event, Policy, Progress, Settlement, UNINVITED, settle};
pub use twilio_errors::{TWILIO_ERRORS, TwilioBecomes, TwilioError, twilio_error};

use crate::words::words;

words! {
    /// The state of a reply.
    pub enum ReplyState {
        /// It will be sent.
        Queued = "queued",
        /// The call that sends it was announced in the ledger and may be under way.
        Sending = "sending",
        /// Twilio accepted it; its delivery state tells the rest.
        Sent = "sent",
        /// Birdcall gave up.
        Failed = "failed",
        /// It was sent to Twilio and the outcome is unknown. Birdcall is looking for it, or gave up looking.
        InDoubt = "in_doubt",
        /// It was not sent, because the recipient has opted out, or because an operator has blocked the number or taken it off the list of people.
        Suppressed = "suppressed",
    }
}

words! {
    /// What a reply is for. A text has at most one reply for each purpose.
    pub enum Purpose {
        /// It says how the text ended.
        Final = "final",
        /// It says that the text waits or is late.
        Notice = "notice",
        /// It asks the owner to sign in, because a text or command waits for that.
        SignIn = "sign_in",
        /// It asks the owner whether to post a text whose outcome is unknown again.
        Doubt = "doubt",
        /// It confirms `\STOP`. The number is forgotten once it is sent.
        Goodbye = "goodbye",
        /// It invites a number to sign up, because an operator asked for that.
        Invitation = "invitation",
        /// An operator wrote it.
        ByHand = "by_hand",
    }
}
