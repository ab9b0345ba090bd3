//! Erasing what is known of a number at an operator's word.

use crate::{phone::Phone, wording::counted};

/// How many digits of a number the operator types to confirm that it is erased.
const DIGITS_ASKED: usize = 4;

/// Whether `typed` confirms that this number is to be erased: its last four digits.
#[must_use]
pub fn confirms(phone: &Phone, typed: &str) -> bool {
    let typed = typed.trim();
    typed.len() == DIGITS_ASKED && phone.as_str().ends_with(typed)
}

/// What a request to erase a number did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Erasing {
    /// The number is unlinked, nothing more is done for it, and its rows go now.
    Begun(Erasure),
    /// It was begun before and is not over: its rows go now.
    UnderWay {
        /// Names the erasure.
        id: String,
    },
    /// Nothing was erased: the number is blocked, and a block has to know its number.
    Blocked,
    /// Nothing was erased: the ledger does not know the number.
    Unknown,
}

/// An erasure that has begun.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Erasure {
    /// Names it.
    pub id: String,
    /// Whether the number was linked: then X is asked to revoke its tokens.
    pub was_linked: bool,
    /// How many of its texts waited and will not be posted.
    pub waited: u64,
    /// How many of its texts a worker was posting right then: they may still appear on X.
    pub on_their_way: u64,
}

impl Erasing {
    /// The erasure that is to be carried on, if there is one.
    #[must_use]
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Begun(Erasure { id, .. }) | Self::UnderWay { id } => Some(id),
            Self::Blocked | Self::Unknown => None,
        }
    }

    /// What happened, in words that follow the number.
    #[must_use]
    pub fn words(&self) -> String {
        let Self::Begun(begun) = self else {
            return match self {
                Self::UnderWay { .. } => "was being erased already",
                Self::Blocked => {
                    "is blocked, and a block has to know its number: unblock it first, or leave it blocked; nothing was \
                     erased"
                }
                _ => "is not known here; nothing was erased",
            }
            .to_owned();
        };
        let mut words = match begun.was_linked {
            true => "is unlinked and erased; a worker has X revoke its tokens".to_owned(),
            false => "is erased; it was not linked".to_owned(),
        };
        if begun.waited > 0 {
            let texts = counted(begun.waited, "text that waited", "texts that waited");
            words = format!("{words}; {texts} will not be posted");
        }
        if begun.on_their_way > 0 {
            let texts = counted(begun.on_their_way, "text was", "texts were");
            words = format!("{words}; {texts} on the way to X and may still appear there");
        }
        words
    }
}

/// What is left of an erased number in the files of the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Remains {
    /// Nothing: deleted rows were overwritten, and the write-ahead log was emptied.
    Nothing,
    /// The write-ahead log could not be emptied, because somebody reads the database. A worker's sweep does it.
    InTheLog,
    /// The log was emptied. An earlier version of Birdcall wrote the file, and may have left copies of rows in it.
    Copies,
    /// PostgreSQL keeps the bytes of deleted rows until it writes over them.
    WithPostgres,
}

impl Remains {
    /// What is left, in one sentence.
    #[must_use]
    pub fn words(self) -> &'static str {
        match self {
            Self::Nothing => {
                "Nothing of it is left in the files of the database. Backups keep what they have."
            }
            Self::InTheLog => {
                "Something reads the database, so the write-ahead log may still hold it; a worker empties the log as soon \
                 as it can. Backups keep what they have."
            }
            Self::Copies => {
                "An earlier version of Birdcall wrote this file, and may have left copies of rows in it: `birdcall \
                 accounts erase --vacuum` writes the file again without them. Backups keep what they have."
            }
            Self::WithPostgres => {
                "PostgreSQL keeps the bytes of deleted rows until it writes over them: `VACUUM FULL` ends that. Backups \
                 and archived logs keep what they have."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn begun(was_linked: bool, waited: u64, on_their_way: u64) -> Erasing {
        Erasing::Begun(Erasure {
            id: "1".to_owned(),
            was_linked,
            waited,
            on_their_way,
        })
    }

    #[test]
    fn the_last_four_digits_confirm_and_nothing_else_does() {
        let phone: Phone = "+15551230001".parse().expect("a phone");
        for (typed, confirmed) in [
            ("0001", true),
            (" 0001 ", true),
            ("", false),
            ("1", false),
            ("001", false),
            ("30001", false),
            ("0002", false),
            ("+15551230001", false),
        ] {
            assert_eq!(confirms(&phone, typed), confirmed, "{typed}");
        }
    }

    #[test]
    fn the_words_say_what_happened() {
        let under_way = Erasing::UnderWay { id: "1".to_owned() };
        for (erasing, words) in [
            (
                begun(true, 0, 0),
                "is unlinked and erased; a worker has X revoke its tokens",
            ),
            (
                begun(true, 2, 1),
                "is unlinked and erased; a worker has X revoke its tokens; 2 texts that waited will not be posted; 1 \
                 text was on the way to X and may still appear there",
            ),
            (begun(false, 0, 0), "is erased; it was not linked"),
            (under_way, "was being erased already"),
            (Erasing::Unknown, "is not known here; nothing was erased"),
        ] {
            assert_eq!(erasing.words(), words);
        }
        assert!(Erasing::Blocked.words().contains("nothing was erased"));
        assert_eq!(Erasing::Blocked.id(), None);
        assert_eq!(begun(true, 0, 0).id(), Some("1"));
    }
}
