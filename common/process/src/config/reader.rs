//! Reads one setting after the other, and gathers what is wrong with any of them.

use std::{collections::HashMap, str::FromStr, time::Duration};

use super::values::parse_duration;

/// The settings, and one line for each that is missing or malformed.
pub(super) struct Reader {
    pub(super) settings: HashMap<String, String>,
    pub(super) problems: Vec<String>,
}

impl Reader {
    /// The setting's value, or what stands in the file that `NAME_FILE` names. Empty is unset.
    pub(super) fn value(&mut self, name: &str) -> Option<String> {
        let direct = self.settings.get(name).filter(|value| !value.is_empty());
        if let Some(value) = direct {
            return Some(value.clone());
        }
        let path = self
            .settings
            .get(&format!("{name}_FILE"))
            .filter(|path| !path.is_empty())?
            .clone();
        match std::fs::read_to_string(&path) {
            Ok(content) => Some(content.trim_end_matches(['\r', '\n']).to_owned()),
            Err(error) => {
                self.problems
                    .push(format!("{name}_FILE: {path} can't be read: {error}"));
                None
            }
        }
    }

    /// What a malformed setting wants.
    pub(super) fn problem(&mut self, name: &str, wanted: &str) {
        self.problems
            .push(format!("{name} is malformed: it wants {wanted}"));
    }

    /// The value of a setting that has no default.
    pub(super) fn required_text(&mut self, name: &str, wanted: &str) -> Option<String> {
        let known = self.problems.len();
        let value = self.value(name);
        if value.is_none() && self.problems.len() == known {
            self.problems
                .push(format!("{name} is missing: set it to {wanted}"));
        }
        value
    }

    /// A setting that has no default, read.
    pub(super) fn required<T: FromStr>(&mut self, name: &str, wanted: &str) -> Option<T> {
        let value = self.required_text(name, wanted)?;
        self.parsed(name, &value, wanted)
    }

    /// A setting, read, or its default.
    pub(super) fn or<T: FromStr>(&mut self, name: &str, default: &str, wanted: &str) -> Option<T> {
        let value = self.value(name).unwrap_or_else(|| default.to_owned());
        self.parsed(name, &value, wanted)
    }

    pub(super) fn parsed<T: FromStr>(
        &mut self,
        name: &str,
        value: &str,
        wanted: &str,
    ) -> Option<T> {
        let parsed = value.trim().parse().ok();
        if parsed.is_none() {
            self.problem(name, wanted);
        }
        parsed
    }

    /// A number above 0.
    pub(super) fn positive<T: FromStr + PartialEq + Default>(
        &mut self,
        name: &str,
        default: &str,
    ) -> Option<T> {
        const WANTED: &str = "a whole number above 0";
        let number: T = self.or(name, default, WANTED)?;
        if number == T::default() {
            self.problem(name, WANTED);
            return None;
        }
        Some(number)
    }

    /// A duration, which may be 0.
    pub(super) fn duration(&mut self, name: &str, default: &str) -> Option<Duration> {
        self.durations(name, default).map(|durations| durations[0])
    }

    /// A duration above 0.
    pub(super) fn positive_duration(&mut self, name: &str, default: &str) -> Option<Duration> {
        let duration = self.duration(name, default)?;
        if duration.is_zero() {
            self.problem(name, "a duration above 0, such as 5s");
            return None;
        }
        Some(duration)
    }

    /// One duration after the other, comma-separated; there is always one.
    pub(super) fn durations(&mut self, name: &str, default: &str) -> Option<Vec<Duration>> {
        let value = self.value(name).unwrap_or_else(|| default.to_owned());
        let durations: Option<Vec<Duration>> = value.split(',').map(parse_duration).collect();
        if durations.is_none() {
            self.problem(name, "a duration such as 200ms, 5s, 15m, 24h, 30d");
        }
        durations
    }
}
