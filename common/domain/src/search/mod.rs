//! The one box that finds: what a query may be, and the place where a list goes on.

mod place;
mod reading;

pub use place::{BadPlace, Place};
pub use reading::{Reading, readings, sender};

use crate::words::words;

words! {
    /// What a query was found to be.
    pub enum Sought {
        /// Nothing was asked for, so it is every text.
        All = "all",
        /// Twilio's MessageSid of a text, or its beginning.
        MessageSid = "message_sid",
        /// Twilio's sid of a reply, or its beginning.
        ReplySid = "reply_sid",
        /// X's id of a post, or the post's address.
        Post = "post",
        /// The id of a reply.
        Reply = "reply",
        /// The id of a job.
        Job = "job",
        /// The number of a sender.
        Phone = "phone",
        /// Words of a text.
        Words = "words",
    }
}
