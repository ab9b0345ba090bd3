//! The classes of characters by which twitter-text finds links, see `js/src/regexp/` in
//! <https://github.com/twitter/twitter-text>.

/// Characters that X accepts in no post.
pub(super) fn is_refused(c: char) -> bool {
    matches!(c, '\u{FFFE}' | '\u{FEFF}' | '\u{FFFF}')
}

/// Whether a link may follow this character: `validUrlPrecedingChars`.
pub(super) fn may_come_before_link(c: char) -> bool {
    !(c.is_ascii_alphanumeric()
        || matches!(c, '@' | '\u{FF20}' | '$' | '#' | '\u{FF03}')
        || is_refused(c))
}

/// `validDomainChars`: everything but punctuation, spaces and marks of direction.
pub(super) fn is_domain_character(c: char) -> bool {
    let is_punctuation = "!'#%&'()*+,\\-./:;<=>?@[]^_{|}~$".contains(c);
    !(is_punctuation || is_space(c) || is_direction_mark(c) || is_refused(c))
}

fn is_space(c: char) -> bool {
    matches!(
        c,
        '\u{9}'..='\u{D}'
            | ' '
            | '\u{85}'
            | '\u{A0}'
            | '\u{1680}'
            | '\u{180E}'
            | '\u{2000}'..='\u{200A}'
            | '\u{2028}'
            | '\u{2029}'
            | '\u{202F}'
            | '\u{205F}'
            | '\u{3000}'
    )
}

fn is_direction_mark(c: char) -> bool {
    matches!(c, '\u{202A}'..='\u{202E}' | '\u{61C}' | '\u{200E}' | '\u{200F}' | '\u{2066}'..='\u{2069}')
}

/// `latinAccentChars`.
pub(super) fn is_latin_accent(c: char) -> bool {
    matches!(
        c,
        '\u{C0}'..='\u{D6}'
            | '\u{D8}'..='\u{F6}'
            | '\u{F8}'..='\u{24F}'
            | '\u{253}'
            | '\u{254}'
            | '\u{256}'
            | '\u{257}'
            | '\u{259}'
            | '\u{25B}'
            | '\u{263}'
            | '\u{268}'
            | '\u{26F}'
            | '\u{272}'
            | '\u{289}'
            | '\u{28B}'
            | '\u{2BB}'
            | '\u{300}'..='\u{36F}'
            | '\u{1E00}'..='\u{1EFF}'
    )
}

fn is_path_letter(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '\u{400}'..='\u{4FF}') || is_latin_accent(c)
}

/// `validGeneralUrlPathChars`.
pub(super) fn is_path_character(c: char) -> bool {
    is_path_letter(c) || "!*';:=+,.$/%#[]-\u{2013}_~@|&".contains(c)
}

/// `validUrlPathEndingChars`, without brackets.
pub(super) fn is_path_end(c: char) -> bool {
    is_path_letter(c) || "+-=_#/".contains(c)
}

/// `validUrlQueryChars`.
pub(super) fn is_query_character(c: char) -> bool {
    c.is_ascii_alphanumeric() || "!?*'@();:&=+$/%#[]-_.,~|".contains(c)
}

/// `validUrlQueryEndingChars`.
pub(super) fn is_query_end(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_&=#/".contains(c)
}
