//! Commands: texts that begin with a backslash, and Twilio's reserved words.

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

/// The meaning of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// A word that Twilio acts on.
    Keyword(Keyword),
    /// A command to Birdcall.
    Command(Command),
    /// A text to post, as it is written here.
    Post(String),
}

/// Reads a body. `opt_out_type` is Twilio's `OptOutType`, which comes with Advanced Opt-Out only.
/// Without it, Twilio's words are recognised here, as single words in upper or lower case.
#[must_use]
pub fn intent(body: &str, opt_out_type: Option<&str>) -> Intent {
    if let Some(keyword) = opt_out_type.and_then(advanced_opt_out) {
        return Intent::Keyword(keyword);
    }
    let trimmed = body.trim();
    if let Some(keyword) = reserved_word(trimmed) {
        return Intent::Keyword(keyword);
    }
    match trimmed.strip_prefix('\\') {
        None => Intent::Post(trimmed.to_owned()),
        // `\\text` posts `\text`.
        Some(escaped) if escaped.starts_with('\\') => Intent::Post(escaped.to_owned()),
        Some(rest) => Intent::Command(command(rest)),
    }
}

fn command(rest: &str) -> Command {
    let word = rest
        .split_whitespace()
        .next()
        .unwrap_or_default()
        .to_ascii_uppercase();
    match word.as_str() {
        "STOP" => Command::Stop,
        "HELP" => Command::Help,
        "STATUS" => Command::Status,
        "UNDO" => Command::Undo,
        "RETRY" => Command::Retry,
        _ => Command::Unknown,
    }
}

fn advanced_opt_out(value: &str) -> Option<Keyword> {
    match value.to_ascii_uppercase().as_str() {
        "STOP" => Some(Keyword::OptOut),
        "START" => Some(Keyword::OptIn),
        "HELP" => Some(Keyword::Help),
        _ => None,
    }
}

fn reserved_word(word: &str) -> Option<Keyword> {
    match word.to_ascii_uppercase().as_str() {
        "STOP" | "STOPALL" | "UNSUBSCRIBE" | "END" | "QUIT" | "CANCEL" | "REVOKE" | "OPTOUT" => {
            Some(Keyword::OptOut)
        }
        "START" | "YES" | "UNSTOP" => Some(Keyword::OptIn),
        "HELP" | "INFO" => Some(Keyword::Help),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_are_posts_commands_or_twilios_words() {
        let post = |text: &str| Intent::Post(text.to_owned());
        for (body, expected) in [
            ("hello", post("hello")),
            ("  hello \n", post("hello")),
            ("stop the war", post("stop the war")),
            (r"\\o/ hello", post(r"\o/ hello")),
            (r"\stop", Intent::Command(Command::Stop)),
            (r"\STOP please", Intent::Command(Command::Stop)),
            (r" \Help", Intent::Command(Command::Help)),
            (r"\status", Intent::Command(Command::Status)),
            (r"\undo", Intent::Command(Command::Undo)),
            (r"\retry", Intent::Command(Command::Retry)),
            (r"\udno", Intent::Command(Command::Unknown)),
            (r"\", Intent::Command(Command::Unknown)),
            (r"\ help", Intent::Command(Command::Help)),
            ("STOP", Intent::Keyword(Keyword::OptOut)),
            ("Stop ", Intent::Keyword(Keyword::OptOut)),
            ("revoke", Intent::Keyword(Keyword::OptOut)),
            ("OptOut", Intent::Keyword(Keyword::OptOut)),
            ("yes", Intent::Keyword(Keyword::OptIn)),
            ("UNSTOP", Intent::Keyword(Keyword::OptIn)),
            ("info", Intent::Keyword(Keyword::Help)),
            ("", post("")),
        ] {
            assert_eq!(intent(body, None), expected, "{body:?}");
        }
    }

    #[test]
    fn advanced_opt_out_decides_whatever_the_words_are() {
        assert_eq!(
            intent("arret", Some("STOP")),
            Intent::Keyword(Keyword::OptOut)
        );
        assert_eq!(intent("hello", Some("")), Intent::Post("hello".to_owned()));
    }
}
