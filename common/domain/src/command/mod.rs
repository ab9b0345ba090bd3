//! Commands: texts that begin with a backslash, and Twilio's reserved words.

mod opt_out;
mod unclear;
mod vocabulary;

pub use opt_out::OptOutWords;
use unclear::unclear_command;
pub use vocabulary::{Command, Keyword};
use vocabulary::{ends_a_sentence, own_word, reserved_word};

/// The meaning of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Intent {
    /// A word that Twilio acts on.
    Keyword(Keyword),
    /// A command to Birdcall.
    Command(Command),
    /// What may be this command, or may be a post. It is neither carried out nor posted.
    Unclear(Command),
    /// A text to post, as it is written here.
    Post(String),
}

/// Reads a body. A phone without a backslash can write `/` before a command's word, if the text has
/// nothing else. `opt_out_type` is Twilio's `OptOutType`, which comes with Advanced Opt-Out only.
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
        // `\\text` posts `\text`.
        Some(escaped) if escaped.starts_with('\\') => Intent::Post(escaped.to_owned()),
        Some(rest) => Intent::Command(command(rest)),
        None => match trimmed.strip_prefix('/').and_then(own_word) {
            Some(command) => Intent::Command(command),
            None => match unclear_command(trimmed) {
                Some(command) => Intent::Unclear(command),
                None => Intent::Post(trimmed.to_owned()),
            },
        },
    }
}

fn command(rest: &str) -> Command {
    let word = rest.split_whitespace().next().unwrap_or_default();
    own_word(word.trim_end_matches(ends_a_sentence)).unwrap_or(Command::Unknown)
}

fn advanced_opt_out(value: &str) -> Option<Keyword> {
    match value.to_ascii_uppercase().as_str() {
        "STOP" => Some(Keyword::OptOut),
        "START" => Some(Keyword::OptIn),
        "HELP" => Some(Keyword::Help),
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
            (r"\undo.", Intent::Command(Command::Undo)),
            ("/UNDO", Intent::Command(Command::Undo)),
            (" /stop ", Intent::Command(Command::Stop)),
            ("/", post("/")),
            ("/udno", post("/udno")),
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
