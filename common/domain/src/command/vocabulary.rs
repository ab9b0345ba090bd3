//! The words of commands: ours, and those that Twilio itself acts on.

/// A command to Birdcall, as opposed to a text to post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Revoke the tokens at X, delete the person's data, confirm.
    Stop,
    /// List the commands.
    Help,
    /// Say which account is linked and how many texts are pending.
    Status,
    /// Delete the last post.
    Undo,
    /// Post a text whose outcome stayed unknown again.
    Retry,
    /// A backslash, and a word that is not a command.
    Unknown,
}

impl Command {
    /// The commands that have a word.
    const ALL: [Self; 5] = [
        Self::Stop,
        Self::Help,
        Self::Status,
        Self::Undo,
        Self::Retry,
    ];

    /// Its word, without the backslash. It is empty for [`Command::Unknown`].
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Stop => "STOP",
            Self::Help => "HELP",
            Self::Status => "STATUS",
            Self::Undo => "UNDO",
            Self::Retry => "RETRY",
            Self::Unknown => "",
        }
    }
}

/// The meaning of a word that Twilio itself acts on (Twilio's documentation of STOP filtering and
/// Advanced Opt-Out).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// Twilio blocks our texts to this number from now on.
    OptOut,
    /// Twilio lets our texts through again.
    OptIn,
    /// Twilio answers with its own help text.
    Help,
}

/// The command of this name, in upper or lower case.
pub(super) fn own_word(word: &str) -> Option<Command> {
    let known = Command::ALL.iter();
    known
        .copied()
        .find(|command| command.word().eq_ignore_ascii_case(word))
}

/// The meaning of a word that Twilio reserves, in upper or lower case.
pub(super) fn reserved_word(word: &str) -> Option<Keyword> {
    match word.to_ascii_uppercase().as_str() {
        "STOP" | "STOPALL" | "UNSUBSCRIBE" | "END" | "QUIT" | "CANCEL" | "REVOKE" | "OPTOUT" => {
            Some(Keyword::OptOut)
        }
        "START" | "YES" | "UNSTOP" => Some(Keyword::OptIn),
        "HELP" | "INFO" => Some(Keyword::Help),
        _ => None,
    }
}

/// Whether a keyboard adds `c` to a word by itself, or a person out of habit.
pub(super) fn ends_a_sentence(c: char) -> bool {
    matches!(c, '.' | '!' | ',')
}
