//! Unlinking a number at an operator's word, and what it changed.

use crate::wording::counted;

/// What unlinking a number did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unlinking {
    /// It is not linked any more, and a worker has X revoke its tokens.
    Unlinked {
        /// How many of its texts waited and will not be posted.
        texts: u64,
    },
    /// It was not linked: nothing changed.
    NotLinked,
}

impl Unlinking {
    /// What happened, in words that follow the number.
    #[must_use]
    pub fn words(self) -> String {
        let unlinked = "is unlinked; a worker has X revoke its tokens";
        match self {
            Self::NotLinked => "is not linked".to_owned(),
            Self::Unlinked { texts: 0 } => unlinked.to_owned(),
            Self::Unlinked { texts } => format!(
                "{unlinked}; {} will not be posted",
                counted(texts, "text that waited", "texts that waited")
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_say_what_happened() {
        for (unlinking, words) in [
            (Unlinking::NotLinked, "is not linked"),
            (
                Unlinking::Unlinked { texts: 0 },
                "is unlinked; a worker has X revoke its tokens",
            ),
            (
                Unlinking::Unlinked { texts: 1 },
                "is unlinked; a worker has X revoke its tokens; 1 text that waited will not be posted",
            ),
            (
                Unlinking::Unlinked { texts: 1200 },
                "is unlinked; a worker has X revoke its tokens; 1,200 texts that waited will not be posted",
            ),
        ] {
            assert_eq!(unlinking.words(), words);
        }
    }
}
