//! The forms that the value of a setting can have: its default, and how it is checked and read.

use std::{str::FromStr, time::Duration};

use birdcall_domain::replay_run::Pace;
use secrecy::SecretString;

use super::values::{parse_duration, parsed, secret};

/// One setting as its row in the table declares it.
pub(super) struct Form<T> {
    pub(super) name: &'static str,
    /// The value of a setting that is not set. `None` marks a required setting.
    pub(super) default: Option<&'static str>,
    /// The value of a required setting in `.env.example`. If it is left there, the program should
    /// refuse to start: empty, where every text would pass for a value.
    pub(super) placeholder: &'static str,
    /// What the value must be. It completes "NAME must be" and "set NAME to".
    pub(super) wanted: &'static str,
    pub(super) secret: bool,
    /// Reads the value. `None` means that the value is malformed.
    pub(super) parse: fn(&str) -> Option<T>,
}

impl<T> Form<T> {
    /// Marks a setting that holds a password, a key or a token.
    pub(super) fn secret(self) -> Self {
        Self {
            secret: true,
            ..self
        }
    }
}

/// A setting without a default.
pub(super) fn required<T>(
    name: &'static str,
    placeholder: &'static str,
    wanted: &'static str,
    parse: fn(&str) -> Option<T>,
) -> Form<T> {
    Form {
        name,
        default: None,
        placeholder,
        wanted,
        secret: false,
        parse,
    }
}

/// A setting with a default. An empty default stands for "nothing".
pub(super) fn or<T>(
    name: &'static str,
    default: &'static str,
    wanted: &'static str,
    parse: fn(&str) -> Option<T>,
) -> Form<T> {
    Form {
        name,
        default: Some(default),
        placeholder: "",
        wanted,
        secret: false,
        parse,
    }
}

/// A secret that need not be set.
pub(super) fn optional_secret(name: &'static str) -> Form<Option<SecretString>> {
    or(name, "", "a secret, or nothing", |value| {
        Some(secret(value).filter(|_| !value.is_empty()))
    })
    .secret()
}

/// A whole number above 0.
pub(super) fn positive<T: FromStr + PartialEq + Default>(
    name: &'static str,
    default: &'static str,
) -> Form<T> {
    or(name, default, "a whole number above 0", |value| {
        parsed(value).filter(|number| *number != T::default())
    })
}

/// A whole number, which may be 0.
pub(super) fn number<T: FromStr>(name: &'static str, default: &'static str) -> Form<T> {
    or(name, default, "a whole number, or 0", parsed)
}

/// A duration, which may be 0.
pub(super) fn duration(name: &'static str, default: &'static str) -> Form<Duration> {
    let wanted = "a duration such as 200ms, 5s, 15m, 24h or 30d";
    or(name, default, wanted, parse_duration)
}

/// A duration above 0.
pub(super) fn positive_duration(name: &'static str, default: &'static str) -> Form<Duration> {
    let wanted = "a duration above 0, such as 200ms, 5s, 15m, 24h or 30d";
    or(name, default, wanted, |value| {
        parse_duration(value).filter(|duration| !duration.is_zero())
    })
}

/// How long something is kept. `None`: without an end.
pub(super) fn kept(name: &'static str) -> Form<Option<Duration>> {
    let wanted = "a duration above 0 such as 90d, or always";
    or(name, "always", wanted, |value| match value.trim() {
        "always" => Some(None),
        value => parse_duration(value)
            .filter(|duration| !duration.is_zero())
            .map(Some),
    })
}

/// One duration or more, separated by commas.
pub(super) fn durations(name: &'static str, default: &'static str) -> Form<Vec<Duration>> {
    let wanted = "durations separated by commas, such as 5s,30s,2m";
    or(name, default, wanted, |value| {
        value.split(',').map(parse_duration).collect()
    })
}

/// A number of texts per minute.
pub(super) fn pace(name: &'static str, default: &'static str) -> Form<Pace> {
    let wanted = "a number of texts per minute, from 1 to 60000";
    or(name, default, wanted, parsed::<Pace>)
}
