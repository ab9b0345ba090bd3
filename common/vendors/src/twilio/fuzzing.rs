//! Opens the readers of Twilio's answers to the fuzz targets in `fuzz/`. No program has this module.

use birdcall_domain::clock::Timestamp;
use serde_json::Value;

use super::{answers::read_answer, client::TwilioResult};
use crate::http::Answer;

/// The body of the answer to a call that succeeded.
///
/// # Errors
///
/// As for [`create_message`](super::TwilioClient::create_message).
pub fn body(answer: &Answer, now: Timestamp) -> TwilioResult<Value> {
    read_answer(answer, now)
}
