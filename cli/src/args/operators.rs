//! Commands of `birdcall operators`.

use birdcall_domain::operator::{OperatorName, Role};
use clap::Subcommand;

use crate::parse;

/// Commands of `birdcall operators`.
#[derive(Debug, Subcommand)]
pub enum OperatorsCommand {
    /// List the operators.
    List,
    /// Add an operator, and print the password.
    Add {
        /// The name to sign in with.
        name: OperatorName,
        /// What the operator may do.
        #[arg(long, value_parser = parse::role(), ignore_case = true)]
        role: Role,
    },
    /// Change what an operator may do, and end the sessions.
    Role {
        /// The operator's name.
        name: OperatorName,
        /// What the operator may do.
        #[arg(value_parser = parse::role(), ignore_case = true)]
        role: Role,
    },
    /// Make and print a new password, and end the sessions.
    Password {
        /// The operator's name.
        name: OperatorName,
    },
    /// Remove an operator, and end the sessions.
    Remove {
        /// The operator's name.
        name: OperatorName,
    },
}
