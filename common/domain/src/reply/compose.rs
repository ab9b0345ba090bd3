//! Fits a sentence into the SMS segments that a reply may take.

use unicode_segmentation::UnicodeSegmentation as _;

use super::{Sentence, Words};
use crate::sms::{Sms, plain_typography};

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
        // A shorter quote may also be cheaper: a reply that ends before the first character outside
        // GSM-7 has 160 characters instead of 70. So the search goes from the longest quote down.
        let ends: Vec<usize> = quote
            .grapheme_indices(true)
            .map(|(start, _)| start)
            .collect();
        let mut last = None;
        for end in ends.into_iter().rev() {
            let sms = with(&format!("{}...", quote[..end].trim_end()));
            if sms.segments <= segments_max {
                return sms;
            }
            last = Some(sms);
        }
        last.unwrap_or(whole)
    }
}
