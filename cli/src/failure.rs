//! How a command fails, and the exit code that says so.

use std::{fmt, process::ExitCode};

use birdcall_common::config::{ConfigError, EXIT_CONFIG};
use birdcall_ledger::{LedgerError, schema::SchemaError};

/// The result of every command. A command prints its own output.
pub(crate) type Done = Result<(), Failure>;

/// Why a command did not succeed.
#[derive(Debug)]
pub(crate) enum Failure {
    /// The command was refused, or it failed: exit code 1.
    Refused(String),
    /// An argument is malformed: exit code 2.
    Usage(String),
    /// A setting is missing or malformed: exit code 78.
    Config(ConfigError),
}

impl Failure {
    /// A usage error for a `word` that is not one of the `known` ones. `what` names the kind of
    /// word, with its article.
    pub(crate) fn unknown(what: &str, word: &str, known: &[impl fmt::Display]) -> Self {
        let known: Vec<String> = known.iter().map(ToString::to_string).collect();
        Self::Usage(format!(
            "'{word}' is not {what}. Choose one of: {}",
            known.join(", ")
        ))
    }

    pub(crate) fn exit_code(&self) -> ExitCode {
        match self {
            Self::Refused(_) => ExitCode::FAILURE,
            Self::Usage(_) => ExitCode::from(2),
            Self::Config(_) => ExitCode::from(EXIT_CONFIG),
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) | Self::Usage(why) => f.write_str(why),
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
