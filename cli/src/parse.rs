//! Arguments, parsed once into typed values, before anything else is done. A malformed one is a
//! usage error that names what is right.

use std::{convert::Infallible, time::Duration};

use birdcall_common::config::parse_duration;
pub(crate) use birdcall_common::moment::Moment;
use birdcall_domain::{
    operator::Role,
    people::Note,
    phone::Phone,
    reply::ReplyState,
    text::{Reason, TextState},
};
use birdcall_ledger::queue::{JobState, Queue};
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use secrecy::SecretString;

pub(crate) fn duration(value: &str) -> Result<Duration, &'static str> {
    parse_duration(value).ok_or("write a duration as in 15m, 24h or 30d")
}

/// A moment: a date, or how long ago it was.
pub(crate) fn moment(value: &str) -> Result<Moment, &'static str> {
    value.parse()
}

pub(crate) fn text_reason() -> impl TypedValueParser<Value = Reason> {
    one_of(Reason::ALL, Reason::as_str, Reason::meaning)
}

pub(crate) fn phone(value: &str) -> Result<Phone, String> {
    value
        .parse()
        .map_err(|error: birdcall_domain::phone::InvalidPhone| error.to_string())
}

pub(crate) fn note(value: &str) -> Result<Note, String> {
    value
        .parse()
        .map_err(|error: birdcall_domain::people::BadNote| error.to_string())
}

/// A value that is not repeated in an error.
pub(crate) fn secret(value: &str) -> Result<SecretString, Infallible> {
    Ok(value.to_owned().into())
}

/// The largest number of characters in an operator's name.
const NAME_MAX: usize = 64;

/// The most characters of a reason.
const REASON_MAX: usize = 500;

/// The name of an operator, for the audit. `phone` is the audit's name for a number that texted
/// `\STOP`.
pub(crate) fn operator_name(value: &str) -> Result<String, &'static str> {
    let name = value.trim();
    let fits = (1..=NAME_MAX).contains(&name.chars().count());
    if !fits || name.chars().any(char::is_control) || name == "phone" {
        return Err("write a name of at most 64 characters that is not `phone`");
    }
    Ok(name.to_owned())
}

/// Why an operator does something, for the audit.
pub(crate) fn reason(value: &str) -> Result<String, &'static str> {
    let reason = value.trim();
    if reason.chars().count() > REASON_MAX || reason.chars().any(char::is_control) {
        return Err("write a reason of at most 500 characters, on one line");
    }
    Ok(reason.to_owned())
}

pub(crate) fn text_state() -> impl TypedValueParser<Value = TextState> {
    one_of(TextState::ALL, TextState::as_str, TextState::meaning)
}

pub(crate) fn role() -> impl TypedValueParser<Value = Role> {
    one_of(Role::ALL, Role::as_str, Role::meaning)
}

pub(crate) fn reply_state() -> impl TypedValueParser<Value = ReplyState> {
    one_of(ReplyState::ALL, ReplyState::as_str, ReplyState::meaning)
}

pub(crate) fn job_state() -> impl TypedValueParser<Value = JobState> {
    one_of(JobState::ALL, JobState::as_str, JobState::meaning)
}

pub(crate) fn queue() -> impl TypedValueParser<Value = Queue> {
    one_of(Queue::ALL, Queue::as_str, Queue::meaning)
}

/// A queue that can be paused.
pub(crate) fn pausable_queue() -> impl TypedValueParser<Value = Queue> {
    one_of(Queue::PAUSABLE, Queue::as_str, Queue::meaning)
}

/// One of these words. `--help` lists them with their meanings, and a usage error lists them too.
fn one_of<T: Copy + Send + Sync + 'static>(
    all: &'static [T],
    word: fn(T) -> &'static str,
    meaning: fn(T) -> &'static str,
) -> impl TypedValueParser<Value = T> {
    let words = all
        .iter()
        .map(move |value| PossibleValue::new(word(*value)).help(meaning(*value)));
    PossibleValuesParser::new(words).try_map(move |given| {
        let mut all = all.iter();
        all.find(|value| word(**value).eq_ignore_ascii_case(&given))
            .copied()
            .ok_or("it is not one of the possible values")
    })
}
