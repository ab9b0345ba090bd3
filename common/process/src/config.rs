//! Settings: the only reader of the environment.
//!
//! Every setting has one row in one table (`config/table.rs`, or `config/limits.rs` for a limit):
//! its name, default, form and meaning. The struct, the reader, `.env.example` and
//! `docs/settings.md` are made from the table.

mod command_line;
mod env_file;
mod form;
mod keys;
mod limits;
mod macros;
mod people;
mod reader;
mod setting;
mod table;
mod values;

use std::collections::HashMap;

use birdcall_domain::sign_up::SignUpRule;
use birdcall_ledger::database::Database;
pub use command_line::{CommandLine, prefer};
pub use limits::Limits;
use macros::FromSettings;
pub use people::Operator;
use reader::Reader;
pub use setting::{Group, Setting};
pub use table::Config;
use thiserror::Error;
pub use values::{ConsoleAddress, LogFormat, LogLevels, parse_duration};

use crate::vault::SecretKeys;

/// Exit code for a missing or malformed setting (`EX_CONFIG` of sysexits.h).
pub const EXIT_CONFIG: u8 = 78;

/// What is wrong with the settings: one line for each that is missing or malformed. No line repeats
/// a value.
#[derive(Debug, Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads the settings from the environment and from the file of settings, which is `.env` in the
    /// working folder unless `ENV_FILE` names another. The environment wins.
    ///
    /// # Errors
    ///
    /// A setting is missing or malformed, or the file of settings cannot be read.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_settings(environment()?)
    }

    /// Reads the settings from a map of names to values.
    ///
    /// # Errors
    ///
    /// A setting is missing or malformed.
    pub fn from_settings(settings: HashMap<String, String>) -> Result<Self, ConfigError> {
        read(settings)
    }
}

/// Reads the database's settings alone, for commands that need nothing else.
///
/// # Errors
///
/// One of them is malformed, or the file of settings cannot be read.
pub fn database_from_env() -> Result<Database, ConfigError> {
    read(environment()?)
}

/// Reads the limits alone, for commands that need no more of the settings.
///
/// # Errors
///
/// One of them is malformed, or the file of settings cannot be read.
pub fn limits_from_env() -> Result<Limits, ConfigError> {
    read(environment()?)
}

/// Reads who may sign up, for a command that lists these numbers.
///
/// # Errors
///
/// One of the settings is malformed, or the file of settings cannot be read.
pub fn sign_up_from_env() -> Result<SignUpRule, ConfigError> {
    read(environment()?)
}

/// Reads the keys alone, for commands that need no more of the settings.
///
/// # Errors
///
/// They are missing or malformed, or the file of settings cannot be read.
pub fn secret_keys_from_env() -> Result<SecretKeys, ConfigError> {
    read(environment()?)
}

/// Reads the log levels alone, for a program that takes its other settings from elsewhere.
///
/// # Errors
///
/// They are malformed, or the file of settings cannot be read.
pub fn log_levels_from_env() -> Result<LogLevels, ConfigError> {
    read(environment()?)
}

/// Every setting, in the order of the tables.
#[must_use]
pub fn settings() -> Vec<Setting> {
    let mut list = Vec::new();
    Config::describe(&mut list);
    list
}

/// The operator's name, for the audit: `BIRDCALL_OPERATOR`, or the operating system's user.
/// `None`: the environment names nobody, as in most containers.
#[must_use]
pub fn operator_name() -> Option<String> {
    let environment = environment().unwrap_or_default();
    let names = ["BIRDCALL_OPERATOR", "SUDO_USER", "USER", "LOGNAME"];
    let mut names = names.iter().filter_map(|name| environment.get(*name));
    names.find(|name| !name.trim().is_empty()).cloned()
}

/// The width of the terminal, if `COLUMNS` says it.
#[must_use]
pub fn terminal_columns() -> Option<usize> {
    let columns = environment().ok()?.get("COLUMNS")?.parse().ok()?;
    (columns > 0).then_some(columns)
}

fn read<T: FromSettings>(settings: HashMap<String, String>) -> Result<T, ConfigError> {
    let mut reader = Reader::new(settings);
    match T::read(&mut reader) {
        Some(value) if reader.problems.is_empty() => Ok(value),
        _ => Err(ConfigError(reader.problems)),
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "this is the one place where settings are read"
)]
fn environment() -> Result<HashMap<String, String>, ConfigError> {
    // A variable that is not Unicode is none of ours.
    let mut environment = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect();
    command_line::name_file(&mut environment);
    env_file::add_to(&mut environment).map_err(|problem| ConfigError(vec![problem]))?;
    command_line::replace(&mut environment);
    Ok(environment)
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
