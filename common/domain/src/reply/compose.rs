//! Fits a sentence into the SMS segments that a reply may take.

use unicode_segmentation::UnicodeSegmentation as _;

use super::{Sentence, Words};
use crate::sms::{Sms, plain_typography};

/// A segment of SMS holds at most this many characters.
const SEGMENT_CHARACTERS_MAX: usize = 160;

impl Sentence {
    /// Writes the sentence. The quote is shortened until the reply takes at most `segments_max`
    /// segments; a reply that is too long even without a quote (a long link) is sent whole.
    #[must_use]
    pub fn compose(&self, words: Words<'_>, segments_max: u32) -> Sms {
        let quote = plain_typography(words.quote);
        let with = |quote: &str| Sms::new(self.write(Words { quote, ..words }));
        let whole = with(&quote);
        if whole.segments <= segments_max {
            return whole;
        }
        let cut = |end: usize| with(&format!("{}...", quote[..end].trim_end()));
        // A longer quote never takes fewer segments, also when it brings the first character outside
        // GSM-7. So the longest quote that fits is found by halving.
        let ends = ends_of_graphemes(&quote, segments_max);
        let fitting = ends.partition_point(|end| cut(*end).segments <= segments_max);
        match (fitting.checked_sub(1), ends.first()) {
            (Some(longest), _) => cut(ends[longest]),
            (None, Some(shortest)) => cut(*shortest),
            (None, None) => whole,
        }
    }
}

/// Where the graphemes of `quote` begin: the places at which it may be cut. No more of them than
/// characters fit `segments_max` segments, so that a long text costs no more than one that fits.
fn ends_of_graphemes(quote: &str, segments_max: u32) -> Vec<usize> {
    let fitting = usize::try_from(segments_max).unwrap_or(usize::MAX);
    quote
        .grapheme_indices(true)
        .map(|(start, _)| start)
        .take(
            fitting
                .saturating_mul(SEGMENT_CHARACTERS_MAX)
                .saturating_add(1),
        )
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The longest quote that fits, by trying each.
    fn by_trying(sentence: &Sentence, words: Words<'_>, segments_max: u32) -> String {
        let quote = plain_typography(words.quote);
        let with = |quote: &str| Sms::new(sentence.write(Words { quote, ..words }));
        if with(&quote).segments <= segments_max {
            return with(&quote).body;
        }
        let cuts = quote.grapheme_indices(true).map(|(start, _)| start).rev();
        let mut cuts = cuts.map(|end| with(&format!("{}...", quote[..end].trim_end())));
        let shortest = with("...").body;
        cuts.find(|sms| sms.segments <= segments_max)
            .map_or(shortest, |sms| sms.body)
    }

    proptest! {
        #[test]
        fn a_reply_has_the_longest_quote_that_fits(
            parts in prop::collection::vec(
                prop::sample::select(vec!["a", "word ", " ", "€", "{}", "я", "😀", "👨\u{200D}👩", "e\u{301}", "\n", "…"]),
                0..100,
            ),
            segments_max in 1_u32..4,
        ) {
            let quote = parts.concat();
            let words = Words { quote: &quote, post_url: "https://x.com/alice/status/1", ..Words::default() };
            let sentence = Sentence::Tweeted { post_id: "1".to_owned() };
            let composed = sentence.compose(words, segments_max);
            prop_assert_eq!(composed.body, by_trying(&sentence, words, segments_max));
        }
    }

    #[test]
    fn a_text_of_any_length_is_quoted() {
        let quote = "word ".repeat(200_000);
        let words = Words {
            quote: &quote,
            ..Words::default()
        };
        let told = Sentence::GaveUp.compose(words, 1);
        assert_eq!(told.segments, 1);
        assert!(told.body.starts_with("'word word"), "{}", told.body);
    }
}
