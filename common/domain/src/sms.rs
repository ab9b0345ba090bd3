//! The number of SMS segments that a text takes (3GPP TS 23.038). Twilio bills by the segment.

use unicode_segmentation::UnicodeSegmentation as _;

use crate::words::words;

words! {
    /// The alphabet that a text needs.
    pub enum Encoding {
        /// The 7-bit default alphabet: 160 septets in one segment, 153 in each of several.
        Gsm7 = "GSM-7",
        /// UTF-16 units: 70 in one segment, 67 in each of several.
        Ucs2 = "UCS-2",
    }
}

/// A body with its alphabet and its number of segments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sms {
    /// What is sent.
    pub body: String,
    /// The alphabet it needs.
    pub encoding: Encoding,
    /// The number of segments it takes.
    pub segments: u32,
}

impl Sms {
    /// Counts `body`.
    #[must_use]
    pub fn new(body: String) -> Self {
        let septets = body
            .chars()
            .map(gsm7_septets)
            .try_fold(0_usize, |sum, n| Some(sum + n?));
        let (encoding, segments) = match septets {
            Some(septets) if septets <= 160 => (Encoding::Gsm7, 1),
            Some(_) => (
                Encoding::Gsm7,
                fill(body.chars().map(|c| gsm7_septets(c).unwrap_or(1)), 153),
            ),
            None => {
                let units = body.encode_utf16().count();
                // A grapheme that fits a segment is not split over two.
                let graphemes = body.graphemes(true).flat_map(|g| {
                    let units = g.encode_utf16().count();
                    if units <= 67 {
                        vec![units]
                    } else {
                        vec![1; units]
                    }
                });
                (
                    Encoding::Ucs2,
                    if units <= 70 { 1 } else { fill(graphemes, 67) },
                )
            }
        };
        Self {
            body,
            encoding,
            segments,
        }
    }
}

/// Segments that hold `sizes` in order when none is split.
fn fill(sizes: impl Iterator<Item = usize>, capacity: usize) -> u32 {
    let mut segments = 1;
    let mut used = 0;
    for size in sizes {
        if used + size > capacity {
            segments += 1;
            used = 0;
        }
        used += size;
    }
    segments
}

/// Replaces typographic characters with GSM-7 look-alikes, as Twilio's Smart Encoding does: a curly
/// quote from a phone's keyboard must not triple the price of a confirmation.
#[must_use]
pub fn plain_typography(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\u{2018}' | '\u{2019}' | '\u{201A}' | '\u{201B}' | '\u{2032}' | '`' | '\u{B4}' => {
                plain.push('\'')
            }
            '\u{201C}' | '\u{201D}' | '\u{201E}' | '\u{201F}' | '\u{2033}' | '\u{AB}'
            | '\u{BB}' => plain.push('"'),
            '\u{2010}'..='\u{2015}' | '\u{2212}' => plain.push('-'),
            '\u{2026}' => plain.push_str("..."),
            '\u{A0}' | '\u{2000}'..='\u{200A}' | '\u{202F}' | '\u{3000}' => plain.push(' '),
            '\u{200B}' | '\u{2060}' => {}
            '\u{2022}' => plain.push('*'),
            _ => plain.push(c),
        }
    }
    plain
}

/// Septets of one character in GSM-7 with its extension table; `None` outside it.
fn gsm7_septets(c: char) -> Option<usize> {
    const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
    const EXTENSION: &str = "|^€{}[]~\\\u{c}";
    if BASIC.contains(c) {
        Some(1)
    } else if EXTENSION.contains(c) {
        Some(2)
    } else {
        None
    }
}

#[cfg(test)]
mod tests {
    use Encoding::{Gsm7, Ucs2};

    use super::*;

    #[test]
    fn segments_are_counted_as_twilio_bills_them() {
        let a = |n: usize| "a".repeat(n);
        for (body, encoding, segments) in [
            (String::new(), Gsm7, 1),
            (a(160), Gsm7, 1),
            (a(161), Gsm7, 2),
            (a(306), Gsm7, 2),
            (a(307), Gsm7, 3),
            (format!("{}€", a(158)), Gsm7, 1),
            (format!("{}€", a(159)), Gsm7, 2),
            // An extension character is not split: it moves to the next segment whole.
            (format!("{}€{}", a(152), a(152)), Gsm7, 3),
            (r"\HELP".to_owned(), Gsm7, 1),
            ("ç".to_owned(), Ucs2, 1),
            ("Ç".to_owned(), Gsm7, 1),
            ("`".to_owned(), Ucs2, 1),
            ("я".repeat(70), Ucs2, 1),
            ("я".repeat(71), Ucs2, 2),
            ("я".repeat(134), Ucs2, 2),
            ("я".repeat(135), Ucs2, 3),
            ("😀".repeat(35), Ucs2, 1),
            ("😀".repeat(36), Ucs2, 2),
            // 33 pairs fill 66 of 67 units; the pair that would straddle moves on.
            ("😀".repeat(66), Ucs2, 2),
            ("😀".repeat(67), Ucs2, 3),
        ] {
            let sms = Sms::new(body.clone());
            assert_eq!((sms.encoding, sms.segments), (encoding, segments), "{body}");
        }
    }

    #[test]
    fn typography_becomes_gsm7() {
        let plain = plain_typography("“It’s here – now…”");
        assert_eq!(plain, "\"It's here - now...\"");
        assert_eq!(Sms::new(plain).encoding, Gsm7);
    }
}
