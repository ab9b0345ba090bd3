//! Which texts a replay of many reaches.

use crate::{
    clock::Timestamp,
    phone::Phone,
    text::{Reason, TextState},
};

/// Which texts a replay of many reaches: those that meet every part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReplayFilter {
    /// In one of these states; in any state if there is none.
    pub states: Vec<TextState>,
    /// From this phone.
    pub phone: Option<Phone>,
    /// With this reason.
    pub reason: Option<Reason>,
    /// With these words in the error of the last attempt, in any case.
    pub error: Option<String>,
    /// Received at or after this.
    pub since: Timestamp,
    /// Received at or before this. What comes in while texts are run again is not reached.
    pub until: Timestamp,
    /// With these words in the body, in any case. They may be somebody's words, so a run that is over
    /// does not keep them: they are empty then.
    pub contains: Option<String>,
}

impl ReplayFilter {
    /// Every text that was received until then.
    #[must_use]
    pub fn until(until: Timestamp) -> Self {
        Self {
            states: Vec::new(),
            phone: None,
            reason: None,
            error: None,
            since: Timestamp(0),
            until,
            contains: None,
        }
    }

    /// The filter in words, for lists and for the audit. The number is masked, and what was looked for
    /// in bodies and errors is not named.
    #[must_use]
    pub fn words(&self) -> String {
        let mut parts = Vec::new();
        let states: Vec<&str> = self.states.iter().map(|state| state.as_str()).collect();
        parts.push(match states.as_slice() {
            [] => "any state".to_owned(),
            states => states.join(" or "),
        });
        if let Some(reason) = self.reason {
            parts.push(format!("reason {reason}"));
        }
        if self.error.is_some() {
            parts.push("with a certain error".to_owned());
        }
        if let Some(phone) = &self.phone {
            parts.push(format!("from {}", phone.masked()));
        }
        if self.since > Timestamp(0) {
            parts.push(format!("since {}", self.since));
        }
        parts.push(format!("until {}", self.until));
        if self.contains.is_some() {
            parts.push("with certain words".to_owned());
        }
        parts.join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_told_without_a_number_and_without_words_of_a_body() {
        let until = Timestamp(1_795_366_805_120);
        let all = ReplayFilter::until(until);
        assert_eq!(all.words(), "any state, until 2026-11-22T17:00:05.120Z");
        let some = ReplayFilter {
            states: vec![TextState::Failed, TextState::Refused],
            phone: "+15551230001".parse().ok(),
            reason: Some(Reason::Horizon),
            error: Some("HTTP 503".to_owned()),
            since: Timestamp(1_795_366_800_000),
            contains: Some("secret".to_owned()),
            ..all
        };
        assert_eq!(
            some.words(),
            "failed or refused, reason horizon, with a certain error, from +15*******01, since 2026-11-22T17:00:00.000Z, \
             until 2026-11-22T17:00:05.120Z, with certain words"
        );
    }
}
