//! Texts that come late. A webhook may be lost; then the text is found in Twilio's list, minutes or
//! days after it was texted. It takes the place that its own time gives it, and it never overrides
//! what its phone has texted since.

use crate::{
    clock::Timestamp,
    inbound::{Disposition, IgnoreReason},
    text::{Kind, MessageSid},
};

/// The place of a missed text among those of its phone, in microseconds. The times of webhooks and of
/// Twilio's list come from two clocks, and the list counts in seconds. So the order of the list
/// decides, and the time does so only where the list leaves room. `older` and `newer` are the places
/// of its neighbours.
#[must_use]
pub fn place(texted_at: Timestamp, older: Option<i64>, newer: Option<i64>) -> i64 {
    let at = texted_at.0.saturating_mul(1000);
    let at = older.map_or(at, |older| at.max(older + 1));
    newer.map_or(at, |newer| at.min(newer - 1))
}

/// A text of the same phone that was texted after the missed one and that the ledger has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Newer {
    /// A post that is on X, may get there, or was taken back by an `\UNDO` after it.
    Post,
    /// An `\UNDO` that was carried out, or has chosen the text that it is about.
    Undo,
    /// A `\STOP` that was carried out.
    Stopped,
    /// Another command, or the first text of a new number.
    Other,
    /// Nothing was done about it: it was ignored, or refused, or came too late itself.
    Nothing,
}

/// What the ledger knows of the time since a missed text was texted.
#[derive(Clone, Debug, Default)]
pub struct Since {
    /// What the phone has texted, oldest first.
    pub newer: Vec<Newer>,
    /// Whether the texts of that time were deleted by a `\STOP`.
    pub forgotten: bool,
    /// Whether the owner of the number signed in.
    pub signed_in: bool,
    /// Whether the number had posted or commanded before the missed text: it was linked then.
    pub was_linked: bool,
}

/// What is done with a missed text, apart from what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lateness {
    /// What any text of its kind gets, in its own place.
    InPlace,
    /// Nothing is done, and its sender is told to text it again.
    TooLate,
    /// Nothing is done, and nobody is told.
    Overtaken,
    /// Nothing is done, and nothing is kept of it but its sid: its number has left since.
    Forgotten,
}

/// Decides what is done with a missed text. `disposition` is what would be done if it came now.
///
/// A command is carried out only if nothing came after it: `\UNDO` and `\STOP` mean what was there
/// when they were texted. A post is posted, in its place among those that still wait, unless a later
/// `\UNDO` meant it. The first text of a new number is answered only if no later one was.
#[must_use]
pub fn lateness(disposition: Disposition, since: &Since) -> Lateness {
    if since.forgotten || since.newer.contains(&Newer::Stopped) {
        return Lateness::Forgotten;
    }
    let overtaken = since.newer.iter().any(|newer| *newer != Newer::Nothing);
    match disposition {
        Disposition::Command if overtaken || since.signed_in => Lateness::TooLate,
        Disposition::SignIn if overtaken => Lateness::Overtaken,
        // It was texted before the number was linked, and such texts are not posted.
        Disposition::Post if since.signed_in && !since.was_linked => Lateness::TooLate,
        Disposition::Post if is_taken_back(&since.newer) => Lateness::TooLate,
        _ => Lateness::InPlace,
    }
}

/// Whether an `\UNDO` among the later texts meant the missed post: each takes back the last post
/// before it that was not yet taken back.
fn is_taken_back(newer: &[Newer]) -> bool {
    let mut later_posts = 0_u32;
    for newer in newer {
        match newer {
            Newer::Post => later_posts += 1,
            Newer::Undo if later_posts == 0 => return true,
            Newer::Undo => later_posts -= 1,
            Newer::Stopped | Newer::Other | Newer::Nothing => {}
        }
    }
    false
}

impl Lateness {
    /// What is done with the text after all.
    #[must_use]
    pub fn applied_to(self, disposition: Disposition) -> Disposition {
        match self {
            Self::InPlace => disposition,
            Self::TooLate => Disposition::TooLate(disposition.kind()),
            Self::Overtaken | Self::Forgotten => Disposition::Ignore(IgnoreReason::Late),
        }
    }
}

/// A message of Twilio's list, as far as its place matters.
#[derive(Clone, Copy, Debug)]
pub struct Line<'a> {
    /// Its sid.
    pub sid: &'a str,
    /// Its sender.
    pub from: &'a str,
    /// Whether the ledger has it.
    pub known: bool,
    /// Whether a `\STOP` deleted what the ledger had of it.
    pub forgotten: bool,
    /// Whether it is taken in now, if the ledger does not have it.
    pub taken: bool,
}

/// What a list says around one of its messages. All of it is about the same phone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Neighbours {
    /// As in [`Missed`](crate::inbound::Missed).
    pub after: Option<MessageSid>,
    /// As in [`Missed`](crate::inbound::Missed).
    pub before: Option<MessageSid>,
    /// As in [`Missed`](crate::inbound::Missed).
    pub left: bool,
}

/// The neighbours of each message of a list, oldest first.
#[must_use]
pub fn neighbours(list: &[Line<'_>]) -> Vec<Neighbours> {
    use std::collections::{HashMap, HashSet};
    let sid = |line: Option<&&Line<'_>>| line.and_then(|line| line.sid.parse().ok());
    let mut last: HashMap<&str, &Line<'_>> = HashMap::new();
    let mut neighbours = Vec::with_capacity(list.len());
    for line in list {
        neighbours.push(Neighbours {
            after: sid(last.get(line.from)),
            ..Neighbours::default()
        });
        if line.known || line.taken {
            last.insert(line.from, line);
        }
    }
    let mut next: HashMap<&str, &Line<'_>> = HashMap::new();
    let mut left: HashSet<&str> = HashSet::new();
    for (line, around) in list.iter().zip(&mut neighbours).rev() {
        around.before = sid(next.get(line.from));
        around.left = left.contains(line.from);
        if line.known {
            next.insert(line.from, line);
        }
        if line.forgotten {
            left.insert(line.from);
        }
    }
    neighbours
}

/// What a text that the ledger has is to an older, missed one. `acted` says whether a command was
/// carried out or has chosen the text that it is about; `dead` whether a post never got to X and was
/// not taken back either.
#[must_use]
pub fn newer(
    kind: Kind,
    command: Option<crate::command::Command>,
    acted: bool,
    dead: bool,
) -> Newer {
    use crate::command::Command;
    match (kind, command) {
        (Kind::Ignored, _) => Newer::Nothing,
        (Kind::Post, _) if dead => Newer::Nothing,
        (Kind::Post, _) => Newer::Post,
        (Kind::Command, Some(Command::Undo)) if acted => Newer::Undo,
        (Kind::Command, Some(Command::Stop)) if acted => Newer::Stopped,
        (Kind::Command | Kind::SignIn, _) => Newer::Other,
    }
}

#[cfg(test)]
#[path = "lateness_tests.rs"]
mod tests;
