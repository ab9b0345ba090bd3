//! One record for people: what matters first, then named values, one below the other.

use birdcall_domain::tone::Tone;

use super::{
    cell::painted,
    escape::{in_block, in_line},
    width::{columns, pad, wrap},
};
use crate::terminal;

/// The columns between the names of fields and their values.
const GAP: usize = 2;

/// The lines of a record.
#[derive(Default)]
pub(crate) struct Record {
    lines: Vec<String>,
    /// Names and values that are not laid out yet.
    fields: Vec<(String, String)>,
}

impl Record {
    /// A line of its own.
    pub(crate) fn line(&mut self, text: &str) {
        self.lay_out_fields();
        self.lines.extend(wrap(&in_line(text), terminal::width()));
    }

    /// A line of its own whose colour says how good or bad it is.
    pub(crate) fn toned(&mut self, text: &str, tone: Tone) {
        self.lay_out_fields();
        for line in wrap(&in_line(text), terminal::width()) {
            self.lines.push(painted(&line, tone));
        }
    }

    /// A named value. Nothing is written for a value that does not exist.
    pub(crate) fn field(&mut self, name: &str, value: impl Into<Option<String>>) {
        if let Some(value) = value.into() {
            self.fields.push((name.to_owned(), value));
        }
    }

    /// A text with its line breaks, indented.
    pub(crate) fn block(&mut self, text: &str, indent: usize) {
        self.lay_out_fields();
        self.toned_block(text, indent, Tone::Plain);
    }

    /// The same, in the colour of a tone.
    pub(crate) fn toned_block(&mut self, text: &str, indent: usize, tone: Tone) {
        self.lay_out_fields();
        let room = terminal::width().map(|width| width.saturating_sub(indent));
        for line in in_block(text).lines().flat_map(|line| wrap(line, room)) {
            let line = painted(&line, tone);
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
        let names = fields.iter().map(|(name, _)| columns(name));
        let indent = names.max().unwrap_or(0) + GAP;
        let room = terminal::width().map(|width| width.saturating_sub(indent));
        // A value is never cut: a record is read in full.
        for (name, value) in fields {
            let mut name = name;
            for line in wrap(&in_line(&value), room) {
                let line = format!("{}{line}", pad(&name, indent));
                self.lines.push(line.trim_end().to_owned());
                name.clear();
            }
        }
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
