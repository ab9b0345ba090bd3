//! Which characters a person sees.

/// Whether `c` is a control character or one of Unicode's `Default_Ignorable_Code_Point`
/// (DerivedCoreProperties.txt), which has the bidirectional controls, the characters without width, the
/// fillers, the variation selectors and the tags; or an interlinear annotation.
#[must_use]
pub fn is_ignorable(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{115F}' | '\u{1160}' | '\u{17B4}' | '\u{17B5}'
            | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}' | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}' | '\u{3164}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
            | '\u{FFA0}' | '\u{FFF0}'..='\u{FFFB}' | '\u{1BCA0}'..='\u{1BCA3}'
            | '\u{1D173}'..='\u{1D17A}' | '\u{E0000}'..='\u{E0FFF}')
}

/// Whether `c` has no shape of its own: what is ignorable, and two blanks that count as symbols.
pub(crate) fn is_invisible(c: char) -> bool {
    is_ignorable(c) || matches!(c, '\u{2800}' | '\u{FFFC}')
}

/// The characters of `text` that a person sees, and its white space.
pub(crate) fn visible_chars(text: &str) -> impl Iterator<Item = char> {
    let shown = |c: &char| c.is_whitespace() || !is_invisible(*c);
    text.trim()
        .chars()
        .filter(shown)
        .skip_while(|c| c.is_whitespace())
}
