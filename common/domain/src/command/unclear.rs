//! Bodies that may be a command, but are not one for certain. Their sender is asked, because a
//! command that is posted by mistake is public.
//!
//! A backslash gets lost or changed on its way: it is two characters in GSM-7 (an escape and `/`), some
//! networks replace it with a space or a question mark, keyboards of Japan and Korea have a wide one,
//! and text that is copied brings invisible characters along.

use unicode_normalization::UnicodeNormalization as _;

use super::vocabulary::{Command, Keyword, ends_a_sentence, own_word, reserved_word};
use crate::visible::{is_invisible, visible_chars};

/// A command is looked for in this many visible characters: a text that has more is not a lone word.
const VISIBLE_MAX: usize = 64;

/// The command that `body` may be. The caller has read the certain ones already: Twilio's words, a
/// backslash at the beginning, and `/` with a command's word.
pub(super) fn unclear_command(body: &str) -> Option<Command> {
    let visible: String = visible_chars(body).take(VISIBLE_MAX).nfkc().collect();
    let visible = visible.trim();
    if let Some(rest) = visible.strip_prefix('\\') {
        let shown = body.trim_start_matches(|c: char| c.is_whitespace() || is_invisible(c));
        // Invisible characters before a real backslash. A wide backslash also begins faces, such as \(^o^)/.
        let real = shown.starts_with('\\');
        return first_word(rest)
            .or_else(|| (real || is_one_word(rest)).then_some(Command::Unknown));
    }
    if let Some(rest) = visible.strip_prefix(is_like_a_backslash) {
        return first_word(rest);
    }
    // A keyboard ends a sentence with a full stop by itself. An exclamation is what a person means.
    let word = visible
        .trim_start_matches(may_replace_a_backslash)
        .trim_end_matches('.');
    own_word(word).or_else(|| twilios_word_in_disguise(visible))
}

/// The command that a text begins with, after its backslash.
fn first_word(rest: &str) -> Option<Command> {
    let word = rest.split_whitespace().next().unwrap_or_default();
    own_word(word.trim_end_matches(ends_a_sentence))
}

fn is_one_word(rest: &str) -> bool {
    !rest.is_empty() && rest.chars().all(|c| c.is_ascii_alphabetic())
}

/// A word that Twilio would have acted on, if it had been written without invisible or wide characters.
fn twilios_word_in_disguise(visible: &str) -> Option<Command> {
    reserved_word(visible).map(|keyword| match keyword {
        Keyword::OptOut => Command::Stop,
        Keyword::OptIn | Keyword::Help => Command::Help,
    })
}

/// Whether `c` is drawn like a backslash or a slash, or has the place of the backslash on a keyboard or
/// in a character set.
fn is_like_a_backslash(c: char) -> bool {
    matches!(
        c,
        '/' | '\u{2044}'
            | '\u{2215}'
            | '\u{2216}'
            | '\u{29F5}'
            | '\u{29F8}'
            | '\u{29F9}'
            | '\u{27CB}'
            | '\u{27CD}'
            | '\u{2571}'
            | '\u{2572}'
            | '¥'
            | '₩'
            | '|'
    )
}

/// Whether a network or a keyboard may have put `c` where the backslash was. `#`, `@` and `$` make a
/// word of X's.
fn may_replace_a_backslash(c: char) -> bool {
    let mark = c.is_ascii_punctuation() && !matches!(c, '#' | '@' | '$');
    mark || c.is_whitespace() || matches!(c, '¿' | '¡' | '\u{FFFD}')
}

#[cfg(test)]
mod tests {
    use Command::{Help, Retry, Status, Stop, Undo, Unknown};

    use super::*;
    use crate::command::{Intent, intent};

    #[test]
    fn what_may_be_a_command_is_asked_about() {
        for (body, expected) in [
            // Invisible characters before or in the word.
            ("\u{200B}\\UNDO", Undo),
            ("\u{FEFF}\\stop", Stop),
            ("\u{2068}\\undo\u{2069}", Undo),
            ("\u{7}\\retry", Retry),
            ("\u{200B} \\foo and more", Unknown),
            ("U\u{200D}NDO", Undo),
            ("\u{200B}undo", Undo),
            ("\u{E0001}\\undo", Undo),
            // Other backslashes, wide letters.
            ("\u{FF3C}UNDO", Undo),
            ("\u{FF3C}\u{FF35}\u{FF2E}\u{FF24}\u{FF2F}", Undo),
            ("\u{FE68}stop", Stop),
            ("\u{FF3C}undo please", Undo),
            ("\u{FF3C}udno", Unknown),
            ("\u{2216}status", Status),
            ("\u{FFE5}undo", Undo),
            ("¥undo", Undo),
            ("\u{FF0F}undo", Undo),
            ("|undo", Undo),
            // A slash that is followed by more than the word.
            ("/undo please", Undo),
            ("\u{200B}/undo", Undo),
            // The backslash got lost.
            ("undo", Undo),
            ("Undo.", Undo),
            ("?UNDO", Undo),
            ("\u{FFFD}status", Status),
            ("¿retry", Retry),
            ("-undo", Undo),
            ("...undo", Undo),
            // Twilio's words, as Twilio does not read them.
            ("Stop.", Stop),
            (".stop", Stop),
            ("\u{200B}STOP", Stop),
            ("\u{FF33}\u{FF34}\u{FF2F}\u{FF30}", Stop),
            ("UNSUB\u{AD}SCRIBE", Stop),
            ("Help.", Help),
            ("\u{200B}yes", Help),
        ] {
            let expected = Intent::Unclear(expected);
            assert_eq!(intent(body, None), expected, "{body:?}");
        }
    }

    #[test]
    fn what_reads_as_a_post_is_posted() {
        for body in [
            "undo it",
            "I undo",
            "status update: fine",
            "retry tomorrow",
            "#undo",
            "@status",
            "$undo",
            "undone",
            "Status?",
            "/me waves",
            "/undone",
            "1/2",
            "\u{FF3C}(^o^)\u{FF0F}",
            "\u{FF3C}\u{FF3C}\u{FF3C}",
            "¥500",
            "\u{200B}hello",
            "👨\u{200D}👩\u{200D}👧",
            "¡Hola!",
            "yes!",
            "help!",
            "Start.",
            "the end.",
        ] {
            let expected = Intent::Post(body.to_owned());
            assert_eq!(intent(body, None), expected, "{body:?}");
        }
    }

    #[test]
    fn a_long_text_is_not_searched_to_its_end() {
        let long = "\u{200B}".repeat(100_000);
        assert_eq!(unclear_command(&long), None);
        let long = format!("undo{}", " undo".repeat(20_000));
        assert_eq!(unclear_command(&long), None);
    }
}
