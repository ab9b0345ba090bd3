//! Reactions: what a phone writes by itself when its owner taps on one of our replies.
//!
//! A phone that cannot send a reaction sends words instead: `Liked “…”`, `Reacted 😂 to “…”`, in the
//! phone's language, with the whole message or its beginning in quotation marks. The words around the
//! quotation differ too much to be listed, so a reaction is recognised by what it quotes.

use std::time::Duration;

use crate::{sms::plain_typography, visible::visible_chars};

/// Reactions to replies of this age are recognised.
pub const REACTION_WINDOW: Duration = Duration::from_secs(24 * 60 * 60);

/// Characters beside the quotation: a phone writes a few words, and a person may write more.
const WORDS_MAX: usize = 40;
/// A quotation that was cut short has at least this many characters of the reply.
const QUOTED_MIN: usize = 20;

/// A text that may be a reaction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reaction {
    words: String,
    quoted: String,
}

impl Reaction {
    /// Reads `body`; `None` if it quotes nothing after a few words.
    #[must_use]
    pub fn read(body: &str) -> Option<Self> {
        let folded = fold(body);
        let (words, rest) = folded.split_once('"')?;
        let (quoted, after) = rest.rsplit_once('"').unwrap_or((rest, ""));
        let beside = words.chars().count() + after.chars().count();
        let reaction = Self {
            words: words.trim().to_owned(),
            quoted: quoted.trim().to_owned(),
        };
        (beside <= WORDS_MAX && !reaction.words.is_empty() && !reaction.quoted.is_empty())
            .then_some(reaction)
    }

    /// Whether it quotes `reply`: the whole of it, or its beginning.
    #[must_use]
    pub fn is_to(&self, reply: &str) -> bool {
        let reply = fold(reply);
        let reply = reply.trim();
        let same = self.quoted.chars().zip(reply.chars());
        let same = same.take_while(|(quoted, said)| quoted == said).count();
        self.quoted == reply || same >= QUOTED_MIN
    }
}

/// The visible characters, with one kind of quotation marks, and one space for white space.
fn fold(text: &str) -> String {
    let visible: String = visible_chars(text).collect();
    let plain = plain_typography(&visible);
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    const REPLY: &str =
        "'see you at noon' has been successfully tweeted https://x.com/alice/status/1";

    #[test]
    fn a_phones_reaction_quotes_our_reply() {
        for body in [
            "Liked “'see you at noon' has been successfully tweeted https://x.com/alice/status/1”",
            "Liked \"'see you at noon' has been successfully tweeted https://x.com/alice/status/1\"",
            "Laughed at “‘see you at noon’ has been successfully tweeted https://x.com/alice/status/1”",
            "Removed a heart from “'see you at noon' has been successfully…”",
            "\u{200A}👍\u{200A} to “\u{200A}'see you at noon' has been successfully tweeted https://x.com/alice/status/1\u{200A}”",
            "Reacted 😂 to “'see you at noon' has been successfully tweeted https://x.com/alice/status/1”",
            "Gefällt „'see you at noon' has been successfully tweeted https://x.com/alice/status/1“",
            "A aimé « 'see you at noon' has been successfully tweeted https://x.com/alice/status/1 »",
            "Liked “'see you at noon' has been successfully tweeted",
        ] {
            let reaction = Reaction::read(body).expect(body);
            assert!(reaction.is_to(REPLY), "{body}");
        }
        let short = Reaction::read("Liked “Trying again: 'a'”").expect("a reaction");
        assert!(short.is_to("Trying again: 'a'"));
    }

    #[test]
    fn what_a_person_writes_is_no_reaction() {
        for body in [
            "hello",
            "Liked “the film”",
            "She said \"see you at noon\"",
            "“quoted” and nothing before it",
            "Liked “”",
            "'see you at noon' has been successfully tweeted https://x.com/alice/status/1",
            "What a funny little bot this is, it just told me “'see you at noon' has been successfully tweeted https://x.com/alice/status/1”",
        ] {
            let is_to = Reaction::read(body).is_some_and(|reaction| reaction.is_to(REPLY));
            assert!(!is_to, "{body}");
        }
    }
}
