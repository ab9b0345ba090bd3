//! Who runs this command, for the audit.

use birdcall_common::config;
use birdcall_ledger::audit::By;

use crate::parse;

/// Who runs this command, and why.
pub(crate) struct Who {
    name: String,
    why: String,
}

impl Who {
    /// From `--as` and `--why`.
    pub(crate) fn new(name: Option<String>, why: Option<String>) -> Self {
        Self {
            name: operator_name(name),
            why: why.unwrap_or_default(),
        }
    }

    /// For the entry of the audit with this id.
    pub(crate) fn by<'a>(&'a self, audit_id: &'a str) -> By<'a> {
        By {
            actor: &self.name,
            reason: &self.why,
            audit_id,
        }
    }
}

/// The operator's name: what `--as` says, or the environment, or the user and the machine as the
/// operating system knows them.
fn operator_name(given: Option<String>) -> String {
    given
        .or_else(|| parse::operator_name(&config::operator_name()?).ok())
        .unwrap_or_else(user_and_machine)
}

/// A user without a name, as in a container: `uid 65532 on 4f1c2a9d7e10`.
#[cfg(unix)]
fn user_and_machine() -> String {
    let uid = rustix::process::getuid().as_raw();
    let system = rustix::system::uname();
    format!("uid {uid} on {}", system.nodename().to_string_lossy())
}

#[cfg(not(unix))]
fn user_and_machine() -> String {
    "an unnamed user".to_owned()
}
