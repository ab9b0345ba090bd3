//! The part of the state that a trial keeps between two starts, as a JSON file: people, posts, sign-ins
//! and messages. Files of messages, uploads and counted requests are not kept.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
    path::Path,
};

use serde::{Deserialize, Serialize};

use crate::{
    settings::Settings,
    sim::Sim,
    state::SimState,
    twilio::{model::Message, webhooks::model::Queued},
    x::model::{AccessToken, Grant, Post, RefreshToken, User},
};

/// What is kept.
#[derive(Serialize, Deserialize)]
struct Saved {
    settings: Settings,
    users: Vec<User>,
    posts: Vec<Post>,
    grants: Vec<Grant>,
    access_tokens: BTreeMap<String, AccessToken>,
    refresh_tokens: BTreeMap<String, RefreshToken>,
    messages: Vec<Message>,
    opted_out: BTreeSet<String>,
    queue: Vec<Queued>,
}

impl Sim {
    /// Continues where another simulator stopped that saved its state to `file`. A file that does not
    /// exist changes nothing.
    ///
    /// # Errors
    ///
    /// The file cannot be read, or a simulator of another version wrote it.
    pub fn load(&self, file: &Path) -> io::Result<()> {
        let bytes = match std::fs::read(file) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            read => read?,
        };
        let saved: Saved = serde_json::from_slice(&bytes)?;
        self.with(|state| restore(state, saved));
        self.wake();
        Ok(())
    }

    /// Saves the state to `file`, which nobody but the user of this process may read. The file is replaced as a
    /// whole, so that it is complete at any moment.
    ///
    /// # Errors
    ///
    /// The file cannot be written.
    pub fn save(&self, file: &Path) -> io::Result<()> {
        let bytes = self.with(|state| serde_json::to_vec(&keep(state)))?;
        if std::fs::read(file).is_ok_and(|saved| saved == bytes) {
            return Ok(());
        }
        let next = file.with_extension("next");
        write_privately(&next, &bytes)?;
        std::fs::rename(next, file)
    }
}

fn keep(state: &SimState) -> Saved {
    Saved {
        settings: state.settings.clone(),
        users: state.x.users.values().cloned().collect(),
        posts: state.x.posts.clone(),
        grants: state.x.grants.clone(),
        access_tokens: state.x.access_tokens.clone().into_iter().collect(),
        refresh_tokens: state.x.refresh_tokens.clone().into_iter().collect(),
        messages: state.twilio.messages.clone(),
        opted_out: state.twilio.opted_out.iter().cloned().collect(),
        queue: state.twilio.queue.iter().cloned().collect(),
    }
}

fn restore(state: &mut SimState, saved: Saved) {
    state.settings = saved.settings;
    for user in saved.users {
        state.x.users.insert(user.username.to_lowercase(), user);
    }
    for post in saved.posts {
        state.x.add_post(post);
    }
    state.x.grants = saved.grants;
    state.x.access_tokens = saved.access_tokens.into_iter().collect();
    state.x.refresh_tokens = saved.refresh_tokens.into_iter().collect();
    for message in saved.messages {
        state.twilio.add(message);
    }
    state.twilio.opted_out = saved.opted_out.into_iter().collect();
    state.twilio.queue = saved.queue.into();
}

#[cfg(unix)]
fn write_privately(file: &Path, bytes: &[u8]) -> io::Result<()> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true).mode(0o600);
    options.open(file)?.write_all(bytes)
}

#[cfg(not(unix))]
fn write_privately(file: &Path, bytes: &[u8]) -> io::Result<()> {
    std::fs::write(file, bytes)
}
