//! Tables that fit the terminal.

use birdcall_domain::tone::Tone;

use super::{
    cell::{Cell, painted},
    escape::in_line,
    width::{columns, cut, pad},
};

/// Between two columns.
const GAP: &str = "  ";
/// The last column is not cut below this as long as another column can be cut.
const LAST_MIN: usize = 16;
/// No column is cut below this. A terminal that is even narrower wraps the lines.
const COLUMN_MIN: usize = 4;

/// Lays rows out as lines. `width` is that of the terminal; without it, nothing is cut. The last
/// column, which holds the longest text, is cut first, then the widest, and at last the first
/// column, because it names the row.
pub(super) fn lay_out(rows: &[Vec<Cell>], width: Option<usize>) -> Vec<String> {
    let rows: Vec<Vec<(String, Tone)>> = rows
        .iter()
        .map(|row| {
            let cells = row.iter();
            cells.map(|cell| (in_line(&cell.text), cell.tone)).collect()
        })
        .collect();
    let count = rows.iter().map(Vec::len).max().unwrap_or(0);
    let mut widths: Vec<usize> = (0..count)
        .map(|column| {
            let cells = rows.iter().filter_map(|row| row.get(column));
            cells.map(|(text, _)| columns(text)).max().unwrap_or(0)
        })
        .collect();
    if let Some(width) = width {
        shrink(&mut widths, width);
    }
    rows.iter()
        .map(|row| {
            let cells = row.iter().zip(&widths);
            let cells: Vec<String> = cells
                .map(|((text, tone), width)| {
                    let text = cut(text, *width);
                    let space = pad("", width.saturating_sub(columns(&text)));
                    format!("{}{space}", painted(&text, *tone))
                })
                .collect();
            cells.join(GAP).trim_end().to_owned()
        })
        .collect()
}

/// Makes columns narrower until all of them fit.
fn shrink(widths: &mut [usize], width: usize) {
    let gaps = GAP.len() * widths.len().saturating_sub(1);
    let room = width.saturating_sub(gaps);
    let Some(last) = widths.len().checked_sub(1) else {
        return;
    };
    loop {
        let over = widths.iter().sum::<usize>().saturating_sub(room);
        if over == 0 {
            return;
        }
        if widths[last] > LAST_MIN {
            widths[last] = widths[last].saturating_sub(over).max(LAST_MIN);
            continue;
        }
        let others = (1..=last).max_by_key(|column| widths[*column]);
        match others.filter(|widest| widths[*widest] > COLUMN_MIN) {
            Some(widest) => widths[widest] -= 1,
            None if widths[0] > COLUMN_MIN => widths[0] -= 1,
            None => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(rows: &[[&str; 3]]) -> Vec<Vec<Cell>> {
        let rows = rows.iter();
        rows.map(|row| row.map(|text| text.to_owned().into()).into())
            .collect()
    }

    #[test]
    fn columns_are_aligned_by_what_a_terminal_draws() {
        let lines = lay_out(
            &rows(&[
                ["NAME", "STATE", "BODY"],
                ["日本語", "published", "x"],
                ["a", "failed", "two\nlines\u{1b}"],
            ]),
            None,
        );
        assert_eq!(
            lines,
            [
                "NAME    STATE      BODY",
                "日本語  published  x",
                "a       failed     two\\nlines\\u{1b}",
            ]
        );
    }

    #[test]
    fn the_last_column_is_cut_first_and_no_line_is_wider_than_the_terminal() {
        let body = "word ".repeat(30);
        let rows = rows(&[
            ["SID", "STATE", "BODY"],
            ["SM810f1b13dfc9da01792cab08b560f849", "published", &body],
            [
                "SM1",
                "failed",
                "日本語日本語日本語日本語日本語日本語日本語",
            ],
        ]);
        for width in [120, 80, 60, 40, 24] {
            for line in lay_out(&rows, Some(width)) {
                assert!(columns(&line) <= width, "{width}: {line}");
            }
        }
        let lines = lay_out(&rows, Some(80));
        assert!(lines[1].starts_with("SM810f1b13dfc9da01792cab08b560f849  published  word"));
        assert!(lines[1].ends_with('…'), "{}", lines[1]);
        let lines = lay_out(&rows, Some(50));
        assert!(
            lines[1].starts_with("SM810f1b13dfc9da01792cab08b560f849  "),
            "{}",
            lines[1]
        );
        assert_eq!(lay_out(&rows, None)[1].len(), 34 + 2 + 9 + 2 + 149);
    }
}
