//! Blocking a number, as when a phone was stolen, and what it changed.

use crate::wording::counted;

/// What blocking a number did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Blocking {
    /// It is blocked now.
    Blocked {
        /// Whether it was linked: then X is asked to revoke its tokens.
        was_linked: bool,
        /// How many of its texts waited and will not be posted.
        texts: u64,
    },
    /// It was blocked before: nothing changed.
    AlreadyBlocked,
}

impl Blocking {
    /// What happened, in words that follow the number.
    #[must_use]
    pub fn words(self) -> String {
        let Self::Blocked { was_linked, texts } = self else {
            return "was blocked already".to_owned();
        };
        let account = match was_linked {
            true => "is unlinked and blocked; a worker has X revoke its tokens",
            false => "is blocked; it was not linked",
        };
        match texts {
            0 => account.to_owned(),
            texts => format!(
                "{account}; {} will not be posted",
                counted(texts, "text that waited", "texts that waited")
            ),
        }
    }

    /// Whether anything changed.
    #[must_use]
    pub fn changed(self) -> bool {
        self != Self::AlreadyBlocked
    }

    /// How many texts waited and will not be posted.
    #[must_use]
    pub fn texts(self) -> u64 {
        match self {
            Self::Blocked { texts, .. } => texts,
            Self::AlreadyBlocked => 0,
        }
    }
}

/// What unblocking a number did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unblocking {
    /// It is not blocked any more. Its owner has to sign in again.
    Unblocked,
    /// It was not blocked: nothing changed.
    NotBlocked,
}

impl Unblocking {
    /// What happened, in words that follow the number.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Unblocked => "is not blocked any more; it is not linked",
            Self::NotBlocked => "was not blocked",
        }
    }

    /// Whether anything changed.
    #[must_use]
    pub fn changed(self) -> bool {
        self == Self::Unblocked
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_say_what_happened() {
        for (was_linked, texts, words) in [
            (
                true,
                0,
                "is unlinked and blocked; a worker has X revoke its tokens",
            ),
            (
                true,
                1,
                "is unlinked and blocked; a worker has X revoke its tokens; 1 text that waited will not be posted",
            ),
            (false, 0, "is blocked; it was not linked"),
            (
                false,
                2,
                "is blocked; it was not linked; 2 texts that waited will not be posted",
            ),
        ] {
            let blocking = Blocking::Blocked { was_linked, texts };
            assert_eq!(blocking.words(), words);
            assert!(blocking.changed());
        }
        assert!(!Blocking::AlreadyBlocked.changed());
        assert!(Unblocking::Unblocked.changed());
        assert!(!Unblocking::NotBlocked.changed());
    }
}
