//! People who may sign up because an operator said so, and their invitations.

use std::{fmt, str::FromStr, time::Duration};

use thiserror::Error;

use crate::{
    clock::Timestamp,
    sign_up::{Answered, DailyLimits},
};

/// The most characters of a note.
const NOTE_MAX: usize = 80;

/// What an operator writes about a person, such as a name. It may be empty.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Note(String);

/// A note that is too long, or has more than one line.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a note has at most {NOTE_MAX} characters, on one line")]
pub struct BadNote;

impl Note {
    /// As it is written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Note {
    type Err = BadNote;

    fn from_str(note: &str) -> Result<Self, BadNote> {
        let note = note.trim();
        if note.chars().count() > NOTE_MAX || note.chars().any(char::is_control) {
            return Err(BadNote);
        }
        Ok(Self(note.to_owned()))
    }
}

/// What allowing a number did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Allowing {
    /// It may sign up from now on.
    Allowed,
    /// It was on the list, and its note is a new one.
    NoteChanged,
    /// It was on the list: nothing changed.
    AlreadyAllowed,
    /// An operator has blocked it: nothing changed.
    Blocked,
}

impl Allowing {
    /// What happened, in words that follow the number.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Allowed => "may sign up from now on",
            Self::NoteChanged => "could sign up already; its note is changed",
            Self::AlreadyAllowed => "could sign up already",
            Self::Blocked => "is blocked, so it cannot be allowed; unblock it first",
        }
    }

    /// Whether anything changed.
    #[must_use]
    pub fn changed(self) -> bool {
        matches!(self, Self::Allowed | Self::NoteChanged)
    }
}

/// What taking a number off the list did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Removal {
    /// It is off the list. An invitation that was not sent yet is not sent, and its links end.
    Removed,
    /// It is off the list. It is linked, and stays linked.
    RemovedAndLinked,
    /// It was not on the list: nothing changed.
    NotListed,
}

impl Removal {
    /// What happened, in words that follow the number.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Removed => {
                "is off the list; it may sign up only if ALLOWED_NUMBERS or SIGNUP lets it"
            }
            Self::RemovedAndLinked => {
                "is off the list; it keeps its account until it is unlinked or blocked"
            }
            Self::NotListed => {
                "was not on the list; numbers in ALLOWED_NUMBERS are removed from that setting"
            }
        }
    }

    /// Whether anything changed.
    #[must_use]
    pub fn changed(self) -> bool {
        self != Self::NotListed
    }
}

/// What inviting a number did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Inviting {
    /// It may sign up, and the link is texted to it.
    Invited,
    /// It is linked already.
    Linked,
    /// An operator has blocked it.
    Blocked,
    /// It texted STOP to Twilio.
    OptedOut,
    /// It texted `\STOP`, and has not signed in since.
    Stopped,
    /// It was invited less than `INVITE_AGAIN_AFTER` ago.
    InvitedBefore,
    /// It got `LINKS_PER_DAY_MAX` texts about sign-ins within a day.
    TooManyLinks,
    /// `STRANGERS_PER_DAY_MAX` texts went to numbers that are not linked within a day.
    TooManyStrangers,
}

impl Inviting {
    /// What happened, in words that follow the number.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Invited => "may sign up, and the sign-in link is texted to it",
            Self::Linked => "is linked already, so it is not invited",
            Self::Blocked => "is blocked, so it cannot be invited; unblock it first",
            Self::OptedOut => "texted STOP, so nothing may be texted to it",
            Self::Stopped => "texted \\STOP, so it is not invited; it may text first",
            Self::InvitedBefore => {
                "was invited less than INVITE_AGAIN_AFTER ago, so it is not invited again yet"
            }
            Self::TooManyLinks => {
                "got as many texts about sign-ins today as LINKS_PER_DAY_MAX allows"
            }
            Self::TooManyStrangers => {
                "is not invited: as many texts as STRANGERS_PER_DAY_MAX allows went to strangers today"
            }
        }
    }

    /// Whether the number is invited.
    #[must_use]
    pub fn changed(self) -> bool {
        self == Self::Invited
    }
}

/// What the ledger knows of a number that is to be invited.
#[derive(Clone, Copy, Debug)]
pub struct Known {
    /// Whether an operator has blocked it.
    pub is_blocked: bool,
    /// Whether it is linked.
    pub is_linked: bool,
    /// Whether it has opted out by Twilio's STOP.
    pub has_opted_out: bool,
    /// Whether it texted `\STOP` and has not signed in since.
    pub has_stopped: bool,
    /// When the last invitation was written that was, or may be, texted.
    pub invited_at: Option<Timestamp>,
    /// What was answered within the last day.
    pub answered: Answered,
}

/// Decides whether a number is invited. `again_after` is `INVITE_AGAIN_AFTER`.
#[must_use]
pub fn invite(
    known: Known,
    limits: DailyLimits,
    again_after: Duration,
    now: Timestamp,
) -> Inviting {
    if known.is_blocked {
        Inviting::Blocked
    } else if known.is_linked {
        Inviting::Linked
    } else if known.has_opted_out {
        Inviting::OptedOut
    } else if known.has_stopped {
        Inviting::Stopped
    } else if known.invited_at.is_some_and(|at| now < at + again_after) {
        Inviting::InvitedBefore
    } else if known.answered.links >= limits.links_max {
        Inviting::TooManyLinks
    } else if known.answered.strangers >= limits.strangers_max {
        Inviting::TooManyStrangers
    } else {
        Inviting::Invited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_one_short_line() {
        assert_eq!("  Ada L. ".parse(), Ok(Note("Ada L.".to_owned())));
        assert_eq!("".parse(), Ok(Note::default()));
        assert_eq!(
            "x".repeat(80).parse::<Note>().map(|note| note.0.len()),
            Ok(80)
        );
        for bad in ["x".repeat(81), "two\nlines".to_owned()] {
            assert_eq!(bad.parse::<Note>(), Err(BadNote), "{bad}");
        }
    }

    #[test]
    fn a_number_is_invited_unless_something_is_against_it() {
        const HOUR: Duration = Duration::from_secs(3600);
        let now = Timestamp(1_795_366_800_000);
        let limits = DailyLimits {
            links_max: 5,
            strangers_max: 200,
        };
        let plain = Known {
            is_blocked: false,
            is_linked: false,
            has_opted_out: false,
            has_stopped: false,
            invited_at: None,
            answered: Answered {
                links: 4,
                strangers: 199,
            },
        };
        let answered = |links, strangers| Answered { links, strangers };
        for (known, expected) in [
            (plain, Inviting::Invited),
            (
                Known {
                    is_blocked: true,
                    is_linked: true,
                    ..plain
                },
                Inviting::Blocked,
            ),
            (
                Known {
                    is_linked: true,
                    has_opted_out: true,
                    ..plain
                },
                Inviting::Linked,
            ),
            (
                Known {
                    has_opted_out: true,
                    has_stopped: true,
                    ..plain
                },
                Inviting::OptedOut,
            ),
            (
                Known {
                    has_stopped: true,
                    invited_at: Some(now),
                    ..plain
                },
                Inviting::Stopped,
            ),
            (
                Known {
                    invited_at: Some(now - HOUR + Duration::from_millis(1)),
                    answered: answered(5, 200),
                    ..plain
                },
                Inviting::InvitedBefore,
            ),
            (
                Known {
                    invited_at: Some(now - HOUR),
                    ..plain
                },
                Inviting::Invited,
            ),
            (
                Known {
                    answered: answered(5, 200),
                    ..plain
                },
                Inviting::TooManyLinks,
            ),
            (
                Known {
                    answered: answered(0, 200),
                    ..plain
                },
                Inviting::TooManyStrangers,
            ),
        ] {
            assert_eq!(invite(known, limits, HOUR, now), expected, "{known:?}");
        }
    }
}
