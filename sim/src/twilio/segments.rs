//! The number of SMS segments that a text takes.

const GSM_7: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡\
                     ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";
/// Each of these characters takes two septets.
const GSM_7_EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// Returns the number of segments of a text. An empty text takes one.
pub(super) fn segments(text: &str) -> u32 {
    let gsm = text.chars().map(gsm_cost).collect::<Option<Vec<usize>>>();
    match gsm {
        Some(costs) => pack(&costs, 160, 153),
        None => pack(
            &text.chars().map(char::len_utf16).collect::<Vec<_>>(),
            70,
            67,
        ),
    }
}

fn gsm_cost(character: char) -> Option<usize> {
    if GSM_7.contains(character) {
        Some(1)
    } else {
        GSM_7_EXTENSION.contains(character).then_some(2)
    }
}

/// Counts segments such that no character is split between two of them.
fn pack(costs: &[usize], alone: usize, each: usize) -> u32 {
    if costs.iter().sum::<usize>() <= alone {
        return 1;
    }
    let mut segments = 1;
    let mut used = 0;
    for cost in costs {
        if used + cost > each {
            segments += 1;
            used = 0;
        }
        used += cost;
    }
    segments
}

#[cfg(test)]
mod tests {
    use super::segments;

    #[test]
    fn the_alphabet_decides_how_much_fits_in_a_segment() {
        assert_eq!(segments(""), 1);
        assert_eq!(segments(&"a".repeat(160)), 1);
        assert_eq!(segments(&"a".repeat(161)), 2);
        assert_eq!(segments(&"a".repeat(307)), 3);
        assert_eq!(segments(&"€".repeat(80)), 1);
        assert_eq!(segments(&"€".repeat(81)), 2);
        assert_eq!(segments(&"`".repeat(70)), 1);
        assert_eq!(segments(&"`".repeat(71)), 2);
        assert_eq!(segments(&"😀".repeat(35)), 1);
        assert_eq!(segments(&"😀".repeat(36)), 2);
        assert_eq!(segments(&"😀".repeat(67)), 3);
    }
}
