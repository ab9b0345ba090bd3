//! Arguments, parsed once into typed values. A malformed one is a usage error.

use std::time::Duration;

use birdcall_common::config::parse_duration;
use birdcall_domain::{phone::Phone, text::TextState};
use birdcall_ledger::queue::{JobState, Queue};

use crate::failure::Failure;

pub(crate) fn duration(value: &str) -> Result<Duration, Failure> {
    parse_duration(value).ok_or_else(|| {
        Failure::Usage(format!(
            "'{value}' is not a duration: write it as in 15m, 24h or 30d"
        ))
    })
}

pub(crate) fn phone(value: &str) -> Result<Phone, Failure> {
    value
        .parse()
        .map_err(|error| Failure::Usage(format!("'{value}': {error}")))
}

pub(crate) fn text_state(word: &str) -> Result<TextState, Failure> {
    TextState::parse(word)
        .ok_or_else(|| Failure::unknown("the state of a text", word, TextState::ALL))
}

pub(crate) fn job_state(word: &str) -> Result<JobState, Failure> {
    JobState::parse(word).ok_or_else(|| Failure::unknown("the state of a job", word, JobState::ALL))
}

pub(crate) fn queue(name: &str) -> Result<Queue, Failure> {
    Queue::parse(name).ok_or_else(|| Failure::unknown("a queue", name, Queue::ALL))
}

/// A queue that can be paused: `tweet` or `reply`. A pause of sign-in links or of token refreshes
/// would help nobody.
pub(crate) fn pausable_queue(name: &str) -> Result<Queue, Failure> {
    match queue(name)? {
        queue @ (Queue::Tweet | Queue::Reply) => Ok(queue),
        _ => Err(Failure::Usage(
            "only the queues tweet and reply can be paused".to_owned(),
        )),
    }
}
