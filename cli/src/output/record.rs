//! One record for people: what matters first, then named values, one below the other.

use birdcall_domain::tone::Tone;

use super::{
    cell::painted,
    escape::{in_block, in_line},
    table,
};

/// The lines of a record.
#[derive(Default)]
pub(crate) struct Record {
    lines: Vec<String>,
    /// Names and values that are not laid out yet.
    fields: Vec<Vec<String>>,
}

impl Record {
    /// A line of its own.
    pub(crate) fn line(&mut self, text: &str) {
        self.lay_out_fields();
        self.lines.push(in_line(text));
    }

    /// A line of its own whose colour says how good or bad it is.
    pub(crate) fn toned(&mut self, text: &str, tone: Tone) {
        self.lay_out_fields();
        self.lines.push(painted(&in_line(text), tone));
    }

    /// A named value. Nothing is written for a value that does not exist.
    pub(crate) fn field(&mut self, name: &str, value: impl Into<Option<String>>) {
        if let Some(value) = value.into() {
            self.fields.push(vec![name.to_owned(), value]);
        }
    }

    /// A text with its line breaks, indented.
    pub(crate) fn block(&mut self, text: &str, indent: usize) {
        self.lay_out_fields();
        for line in in_block(text).lines() {
            self.lines.push(format!("{}{line}", " ".repeat(indent)));
        }
    }

    /// The same, in the colour of a tone.
    pub(crate) fn toned_block(&mut self, text: &str, indent: usize, tone: Tone) {
        self.lay_out_fields();
        for line in in_block(text).lines() {
            let line = painted(line, tone);
            self.lines.push(format!("{}{line}", " ".repeat(indent)));
        }
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.lay_out_fields();
        self.lines.push(String::new());
    }

    /// The lines, from first to last.
    pub(crate) fn into_lines(mut self) -> Vec<String> {
        self.lay_out_fields();
        self.lines
    }

    fn lay_out_fields(&mut self) {
        let fields = std::mem::take(&mut self.fields);
        // A value is never cut: a record is read in full.
        self.lines.extend(table::lay_out(&fields, None));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_from_top_to_bottom() {
        let mut record = Record::default();
        record.line("published");
        record.gap();
        record.block("one\ntwo\u{7}", 2);
        record.field("From", "+15550001111".to_owned());
        record.field("Error", None);
        record.field("Received", "now\n".to_owned());
        record.gap();
        record.line("end");
        let expected = [
            "published",
            "",
            "  one",
            "  two\\u{7}",
            "From      +15550001111",
            "Received  now\\n",
            "",
            "end",
        ];
        assert_eq!(record.into_lines(), expected);
    }
}
