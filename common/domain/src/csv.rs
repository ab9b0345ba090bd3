//! Lines of CSV (RFC 4180), as spreadsheets read them.

/// One line with its end. A cell that a spreadsheet would calculate begins with an apostrophe, because other people
/// wrote what is in it.
#[must_use]
pub fn line(cells: &[&str]) -> String {
    let cells: Vec<String> = cells.iter().map(|cell| quoted(cell)).collect();
    format!("{}\r\n", cells.join(","))
}

fn quoted(cell: &str) -> String {
    let calculated = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
    let cell = match calculated {
        true => format!("'{cell}"),
        false => cell.to_owned(),
    };
    match cell.contains(['"', ',', '\n', '\r']) {
        true => format!("\"{}\"", cell.replace('"', "\"\"")),
        false => cell,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_read_back_as_its_cells_and_calculates_nothing() {
        for (cells, expected) in [
            (&["a", "b"][..], "a,b\r\n"),
            (&["", ""], ",\r\n"),
            (&["a, b", "say \"hi\""], "\"a, b\",\"say \"\"hi\"\"\"\r\n"),
            (&["two\nlines"], "\"two\nlines\"\r\n"),
            (&["=1+1", "+15*******01"], "'=1+1,'+15*******01\r\n"),
            (&["-1", "@x", "a=b"], "'-1,'@x,a=b\r\n"),
        ] {
            assert_eq!(line(cells), expected);
        }
    }
}
