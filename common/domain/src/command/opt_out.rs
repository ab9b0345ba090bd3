//! The operator's own words for opting out.

use unicode_normalization::UnicodeNormalization as _;

use super::{Intent, Keyword, intent};

/// `OPT_OUT_WORDS`: texts that say STOP in the words of the operator (Twilio's Advanced Opt-Out).
/// Twilio names its reading of a word in the webhook, and in no other place: a text that is found in
/// Twilio's list has to be read here.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OptOutWords(Vec<String>);

impl OptOutWords {
    /// Reads words that are separated by commas.
    #[must_use]
    pub fn read(list: &str) -> Self {
        let words = list.split(',').map(folded);
        Self(words.filter(|word| !word.is_empty()).collect())
    }

    /// Reads a body, as [`intent`] does. A text that consists of one of these words, in upper or lower
    /// case, is never posted: it opts out, unless Twilio says that it means something else.
    #[must_use]
    pub fn intent(&self, body: &str, opt_out_type: Option<&str>) -> Intent {
        match intent(body, opt_out_type) {
            Intent::Keyword(keyword) => Intent::Keyword(keyword),
            _ if self.0.contains(&folded(body)) => Intent::Keyword(Keyword::OptOut),
            other => other,
        }
    }
}

/// A word as it is compared.
fn folded(word: &str) -> String {
    word.trim().to_lowercase().nfc().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_the_operator_opt_out() {
        let words = OptOutWords::read(" ARRET, arrêt,,no more , \\adios");
        let post = |text: &str| Intent::Post(text.to_owned());
        let opts_out = Intent::Keyword(Keyword::OptOut);
        for (body, opt_out_type, expected) in [
            ("arret", None, opts_out.clone()),
            (" Arret\n", None, opts_out.clone()),
            ("ARRÊT", None, opts_out.clone()),
            ("arre\u{302}t", None, opts_out.clone()),
            ("No More", None, opts_out.clone()),
            (r"\adios", None, opts_out.clone()),
            ("arret", Some("STOP"), opts_out.clone()),
            ("arret", Some("START"), Intent::Keyword(Keyword::OptIn)),
            ("START", None, Intent::Keyword(Keyword::OptIn)),
            ("arret svp", None, post("arret svp")),
            ("hello", None, post("hello")),
        ] {
            assert_eq!(words.intent(body, opt_out_type), expected, "{body:?}");
        }
        assert_eq!(OptOutWords::read("").intent("arret", None), post("arret"));
        assert_eq!(OptOutWords::default().intent("", None), post(""));
    }
}
