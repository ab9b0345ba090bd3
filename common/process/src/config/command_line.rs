//! What the command line says of the settings. It goes before the environment and the file.

use std::{collections::HashMap, path::PathBuf, sync::OnceLock};

use secrecy::{ExposeSecret as _, SecretString};

use super::env_file::ENV_FILE;

/// What the command line says of the settings.
#[derive(Clone, Debug, Default)]
pub struct CommandLine {
    /// The value of `DATABASE_URL`. It may hold a password.
    pub database: Option<SecretString>,
    /// The file of settings.
    pub env_file: Option<PathBuf>,
}

static SAID: OnceLock<CommandLine> = OnceLock::new();

/// Lets the command line decide for the whole process. Only the first call counts.
pub fn prefer(said: CommandLine) {
    let _ = SAID.set(said);
}

/// Names the file, before it is read.
pub(super) fn name_file(environment: &mut HashMap<String, String>) {
    let file = SAID.get().and_then(|said| said.env_file.as_ref());
    if let Some(file) = file {
        environment.insert(ENV_FILE.to_owned(), file.display().to_string());
    }
}

/// Replaces what the environment and the file say.
pub(super) fn replace(environment: &mut HashMap<String, String>) {
    let database = SAID.get().and_then(|said| said.database.as_ref());
    if let Some(database) = database {
        let url = database.expose_secret().to_owned();
        environment.insert("DATABASE_URL".to_owned(), url);
    }
}
