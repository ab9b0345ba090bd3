//! How a command fails, and the exit code that says so.

use std::{fmt, process::ExitCode};

use birdcall_common::config::{ConfigError, EXIT_CONFIG};
use birdcall_ledger::{LedgerError, schema::SchemaError};

use crate::output;

/// The result of every command. A command prints its own output.
pub(crate) type Done = Result<(), Failure>;

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command was refused, or it failed: exit code 1.
    Refused(String),
    /// The output has said already what is wrong: exit code 1.
    Told,
    /// An argument is malformed: exit code 2.
    Usage(String),
    /// A setting is missing or malformed: exit code 78.
    Config(ConfigError),
}

impl Failure {
    /// What clap says of an argument, without its hints.
    pub(crate) fn of_usage(error: &clap::Error) -> Self {
        let said = error.render().to_string();
        let said = said.strip_prefix("error: ").unwrap_or(&said);
        let until_hints = said.split("\n\n").next().unwrap_or(said);
        Self::Usage(until_hints.trim().to_owned())
    }

    /// Prints the failure on standard error, and returns its exit code.
    pub(crate) fn tell(&self, json: bool) -> ExitCode {
        let (kind, code) = match self {
            Self::Told => return ExitCode::FAILURE,
            Self::Refused(_) => ("refused", 1),
            Self::Usage(_) => ("usage", 2),
            Self::Config(_) => ("configuration", EXIT_CONFIG),
        };
        if json {
            let error = serde_json::json!({"error": {
                "kind": kind, "exit_code": code, "message": self.to_string(),
            }});
            output::note(output::ascii(&error.to_string()));
        } else {
            output::note(format!("birdcall: {self}"));
        }
        ExitCode::from(code)
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) | Self::Usage(why) => f.write_str(why),
            Self::Told => Ok(()),
            Self::Config(problems) => problems.fmt(f),
        }
    }
}

impl From<LedgerError> for Failure {
    fn from(error: LedgerError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<SchemaError> for Failure {
    fn from(error: SchemaError) -> Self {
        Self::Refused(error.to_string())
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::Config(error)
    }
}

impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::Refused(error.to_string())
    }
}
