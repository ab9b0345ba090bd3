//! Reads one setting after another and collects what is wrong with them.

use std::collections::HashMap;

use super::form::Form;

/// The settings that are being read, and the problems found so far.
pub(super) struct Reader {
    settings: HashMap<String, String>,
    /// One line for each setting that is missing or malformed.
    pub(super) problems: Vec<String>,
}

impl Reader {
    pub(super) fn new(settings: HashMap<String, String>) -> Self {
        Self {
            settings,
            problems: Vec::new(),
        }
    }

    /// Reads one setting. `None` means that a problem was added to the list.
    pub(super) fn read<T>(&mut self, form: &Form<T>) -> Option<T> {
        let given = match self.given(form.name) {
            Ok(given) => given,
            Err(problem) => {
                self.problems.push(problem);
                return None;
            }
        };
        let Some(value) = given.or_else(|| form.default.map(str::to_owned)) else {
            self.problems.push(format!(
                "{} is missing: set it to {}",
                form.name, form.wanted
            ));
            return None;
        };
        let read = (form.parse)(&value);
        if read.is_none() {
            self.malformed(form.name, form.wanted);
        }
        read
    }

    /// Notes what a malformed setting must be. The value itself may be secret and is not repeated.
    pub(super) fn malformed(&mut self, name: &str, wanted: &str) {
        self.problems
            .push(format!("{name} is malformed: it must be {wanted}"));
    }

    /// The value of `NAME`, or else the content of the file that `NAME_FILE` names. An empty value
    /// counts as unset. The error is the problem's line; it does not repeat the path, because a
    /// secret may have been put there by mistake.
    fn given(&self, name: &str) -> Result<Option<String>, String> {
        if let Some(value) = self.set(name) {
            return Ok(Some(value.clone()));
        }
        let file = format!("{name}_FILE");
        let Some(path) = self.set(&file) else {
            return Ok(None);
        };
        let content = std::fs::read_to_string(path)
            .map_err(|error| format!("{file}: the file cannot be read: {error}"))?;
        let value = content.trim_end_matches(['\r', '\n']);
        Ok(Some(value.to_owned()).filter(|value| !value.is_empty()))
    }

    fn set(&self, name: &str) -> Option<&String> {
        self.settings.get(name).filter(|value| !value.is_empty())
    }
}
