//! Whose fault an error of X is, and what it becomes: by its type, its code, its words, and last by
//! the HTTP status.

use super::{
    errors::{Becomes, KNOWN, Known, Name},
    phrases,
    problem::Problem,
};

/// How much of X's own explanation is kept, in characters.
const WORDS_CHARS_MAX: usize = 120;
/// What stands for the rest of an explanation.
const CUT: &str = "...";

/// What the error becomes; [`Becomes::ByStatus`] if it is not a known one. `text` is what the person
/// wrote, if X was asked to post it.
pub(super) fn judge(problem: &Problem, text: &str) -> &'static Becomes {
    by_type(problem)
        .or_else(|| by_code(problem))
        .or_else(|| phrases::find(problem, text))
        .map_or(&Becomes::ByStatus, |row| &row.becomes)
}

fn by_type(problem: &Problem) -> Option<&'static Known> {
    let named = |name: &String| KNOWN.iter().find(|row| row.is_type(name));
    decisive(problem.types.iter().filter_map(named))
}

fn by_code(problem: &Problem) -> Option<&'static Known> {
    let numbered = |code: &u32| KNOWN.iter().find(|row| row.name == Name::Code(*code));
    decisive(problem.codes.iter().filter_map(numbered))
}

/// The first row that says more than the status does.
fn decisive(mut rows: impl Iterator<Item = &'static Known>) -> Option<&'static Known> {
    rows.find(|row| row.becomes != Becomes::ByStatus)
}

/// X's explanation for a person: the most specific one, cut at a word.
pub(super) fn words(problem: &Problem) -> String {
    let words = problem.messages.first().unwrap_or(&problem.title);
    shorten(words, WORDS_CHARS_MAX)
}

/// The text in at most `max` characters, cut between two words: half a word can't be read, and half
/// a link leads nowhere.
fn shorten(text: &str, max: usize) -> String {
    let text: String = text
        .chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    let words: Vec<&str> = text.split_whitespace().collect();
    let whole = words.join(" ");
    if whole.chars().count() <= max {
        return whole;
    }
    let room = max - CUT.len();
    let mut kept = String::new();
    for word in words {
        let space = usize::from(!kept.is_empty());
        if kept.chars().count() + space + word.chars().count() > room {
            // A language without spaces is one word.
            if kept.is_empty() && !is_link(word) {
                kept.extend(word.chars().take(room));
            }
            break;
        }
        kept.extend(std::iter::repeat_n(' ', space));
        kept.push_str(word);
    }
    match kept.trim_end_matches([',', ';', ':', '(', '-', '.']) {
        "" => String::new(),
        kept => format!("{kept}{CUT}"),
    }
}

fn is_link(word: &str) -> bool {
    word.contains("://") || word.contains(".com") || word.contains("t.co/")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_words_of_x_are_cut_at_a_word_and_never_in_a_link() {
        let link = "See https://help.x.com/en/using-x/post-limits for more.";
        for (text, max, expected) in [
            ("Short words.", 12, "Short words."),
            ("One\u{0}two \r\n three", 40, "One two three"),
            ("One, two, three", 12, "One, two..."),
            ("One, two, three", 10, "One..."),
            (link, 30, "See..."),
            (link, 49, "See https://help.x.com/en/using-x/post-limits..."),
            ("https://help.x.com/en/using-x/post-limits", 20, ""),
            (
                "\u{7981}\u{6b62}\u{7981}\u{6b62}\u{7981}\u{6b62}",
                5,
                "\u{7981}\u{6b62}...",
            ),
            ("", 10, ""),
        ] {
            assert_eq!(shorten(text, max), expected, "{text} {max}");
        }
    }

    #[test]
    fn the_most_specific_words_are_told() {
        let problem = Problem {
            messages: vec![
                "Your text holds a banned word.".to_owned(),
                "Invalid.".to_owned(),
            ],
            title: "Invalid Request".to_owned(),
            ..Problem::default()
        };
        assert_eq!(words(&problem), "Your text holds a banned word.");
        let problem = Problem {
            title: "Invalid Request".to_owned(),
            ..Problem::default()
        };
        assert_eq!(words(&problem), "Invalid Request");
    }
}
