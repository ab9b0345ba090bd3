//! Looks for X's own sentences in what X says. The words come last, because X calls a change of its
//! words a non-breaking change, and because X may repeat what a person wrote.

use super::{
    errors::{Becomes, KNOWN, Known},
    problem::Problem,
};

/// The row whose words X says, if any. `text` is what the person wrote, if X was asked to post it.
pub(super) fn find(problem: &Problem, text: &str) -> Option<&'static Known> {
    let echoes: Vec<String> = problem
        .echoes
        .iter()
        .map(String::as_str)
        .chain([text])
        .map(plain)
        // A short text occurs in X's own words, too. Only an echo that could decide is taken out.
        .filter(|echo| decides(&[echo.as_str()]).is_some())
        .collect();
    let without_echoes = |said: String| {
        echoes
            .iter()
            .fold(said, |said, echo| said.replace(echo.as_str(), " "))
    };
    problem.messages.iter().find_map(|message| {
        let whole = without_echoes(plain(message));
        let unquoted = without_echoes(plain(&without_quotes(message)));
        decides(&[&whole, &unquoted])
    })
}

/// The first row whose whole words occur in all of these plain texts.
fn decides(said: &[&str]) -> Option<&'static Known> {
    KNOWN.iter().find(|row| {
        !row.words.is_empty()
            && row.becomes != Becomes::ByStatus
            && said.iter().all(|said| occurs(row.words, said))
    })
}

/// How many words of X's may stand for the gap in a phrase.
const GAP_WORDS_MAX: usize = 6;

/// Whether plain text holds the words of a phrase. `*` in a phrase is a gap of a few words of the same
/// sentence, which may not hold another subject.
fn occurs(phrase: &str, said: &str) -> bool {
    let Some((before, after)) = phrase.split_once('*') else {
        return said.contains(&plain(phrase));
    };
    let (before, after) = (plain(before), plain(after));
    said.match_indices(&before).any(|(at, _)| {
        let rest = &said[at + before.len() - 1..];
        rest.find(&after).is_some_and(|end| {
            let gap: Vec<&str> = rest[..end].split_whitespace().collect();
            let changes_subject = |word: &&str| matches!(*word, "." | "account" | "user" | "app");
            gap.len() <= GAP_WORDS_MAX && !gap.iter().any(changes_subject)
        })
    })
}

/// Lower-case words between single spaces, with a dot at each end of a sentence. X has renamed tweets
/// to posts, and calls an app also an application.
fn plain(text: &str) -> String {
    let mut spaced = String::from(" ");
    for c in text.chars() {
        match c {
            '.' | '!' | '?' | ';' => spaced.push_str(" . "),
            '\u{2018}' | '\u{2019}' => spaced.push('\''),
            c if c.is_alphanumeric() || c == '\'' || c == '_' => spaced.extend(c.to_lowercase()),
            _ => spaced.push(' '),
        }
    }
    let words = spaced.split_whitespace().map(|word| match word {
        "tweet" => "post",
        "tweets" => "posts",
        "application" => "app",
        "applications" => "apps",
        "cannot" => "can't",
        "one" => "1",
        word => word,
    });
    format!(" {} ", words.collect::<Vec<_>>().join(" "))
}

/// X puts values of the request between brackets or quotation marks.
fn without_quotes(message: &str) -> String {
    let mut kept = String::with_capacity(message.len());
    let mut rest = message;
    while let Some(start) = rest.find(['[', '"', '`', '\u{201C}']) {
        let opened = rest[start..].chars().next().unwrap_or('[');
        let closing = match opened {
            '[' => ']',
            '\u{201C}' => '\u{201D}',
            mark => mark,
        };
        let inside = &rest[start + opened.len_utf8()..];
        let Some(end) = inside.find(closing) else {
            break;
        };
        kept.push_str(&rest[..start]);
        kept.push(' ');
        rest = &inside[end + closing.len_utf8()..];
    }
    kept.push_str(rest);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    fn becomes(message: &str, text: &str) -> String {
        let problem = Problem {
            messages: vec![message.to_owned()],
            ..Problem::default()
        };
        find(&problem, text).map_or_else(|| "-".to_owned(), |row| format!("{:?}", row.becomes))
    }

    #[test]
    fn only_whole_words_of_x_decide() {
        for (message, expected) in [
            ("Status is a duplicate.", "Refused(Duplicate)"),
            ("STATUS IS A DUPLICATE", "Refused(Duplicate)"),
            ("Forbidden: status is a  duplicate!", "Refused(Duplicate)"),
            ("You have been blocked from replying to this post.", "-"),
            ("The app is suspended.", "Operator"),
            ("Your client application has been suspended.", "Operator"),
            (
                "Your account is suspended by your app.",
                "Refused(AccountSuspended)",
            ),
            ("Sign in to the app. Suspended accounts can't.", "-"),
            ("The app Birdcall by Ann is suspended.", "Operator"),
            (
                "The app says that your account is suspended.",
                "Refused(AccountSuspended)",
            ),
            ("The app works. It has been suspended.", "-"),
            ("Nothing here is duplicated or too longwinded.", "-"),
            (
                "This request looks like it might be automated. To protect our users…",
                "Refused(LooksAutomated)",
            ),
            (
                "You\u{2019}re over. Application cannot perform write actions.",
                "Operator",
            ),
            (
                "Requests that include more than one cashtag will be rejected",
                "Refused(Cashtags)",
            ),
            ("", "-"),
        ] {
            assert_eq!(becomes(message, ""), expected, "{message}");
        }
    }

    #[test]
    fn what_x_repeats_of_the_person_never_decides() {
        for (message, text, expected) in [
            ("The text [status is a duplicate] is invalid.", "", "-"),
            (
                "The text \"your account is suspended\" is invalid.",
                "",
                "-",
            ),
            (
                "Invalid: your account is suspended",
                "Your account is suspended",
                "-",
            ),
            ("Status is a duplicate.", "a", "Refused(Duplicate)"),
            (
                "Status is a duplicate: [Rate limit exceeded]",
                "",
                "Refused(Duplicate)",
            ),
            (
                "[a] status is a duplicate [b] is invalid.",
                "a] status is a duplicate [b",
                "-",
            ),
        ] {
            assert_eq!(becomes(message, text), expected, "{message}");
        }
        let problem = Problem {
            messages: vec!["The value app is suspended is wrong.".to_owned()],
            echoes: vec!["app is suspended".to_owned()],
            ..Problem::default()
        };
        assert!(find(&problem, "").is_none());
    }
}
