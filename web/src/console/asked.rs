//! A replay of many as the address of its plan names it. The names are those of the command's options, so
//! the address can be shared and the plan is the dry run.

use std::{convert::Infallible, sync::Arc};

use axum::{extract::FromRequestParts, http::request::Parts};
use birdcall_common::moment::Moment;
use birdcall_domain::{
    clock::Timestamp,
    phone::Phone,
    replay_run::{Pace, ReplayFilter},
    text::{Reason, TextState},
};
use birdcall_ledger::replay::NewRun;
use url::form_urlencoded;

use crate::state::App;

/// What is said of a filter that would reach everything there ever was.
const BOUNDLESS: &str = "Say since when, or from which number.";

/// A replay of many, as the address says it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    /// The words of the states; several are several parts of the address, or separated by commas.
    pub(crate) states: Vec<String>,
    pub(crate) phone: String,
    pub(crate) reason: String,
    pub(crate) error: String,
    pub(crate) since: String,
    pub(crate) until: String,
    pub(crate) contains: String,
    pub(crate) pace: String,
    /// What became of the last action.
    pub(crate) done: String,
}

impl Asked {
    pub(crate) fn read(query: &str) -> Self {
        let mut asked = Self::default();
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            let field = match &*name {
                "state" => {
                    let states = value.split(',').map(str::trim);
                    let states = states.filter(|state| !state.is_empty());
                    asked.states.extend(states.map(str::to_owned));
                    continue;
                }
                "phone" => &mut asked.phone,
                "reason" => &mut asked.reason,
                "error" => &mut asked.error,
                "since" => &mut asked.since,
                "until" => &mut asked.until,
                "contains" => &mut asked.contains,
                "pace" => &mut asked.pace,
                "done" => &mut asked.done,
                _ => continue,
            };
            value.trim().clone_into(field);
        }
        asked
    }

    /// The query of an address that asks for the same.
    pub(crate) fn query(&self) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        for state in &self.states {
            query.append_pair("state", state);
        }
        for (name, value) in [
            ("phone", &self.phone),
            ("reason", &self.reason),
            ("error", &self.error),
            ("since", &self.since),
            ("until", &self.until),
            ("contains", &self.contains),
            ("pace", &self.pace),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }

    /// Whether nothing is asked for yet.
    pub(crate) fn is_blank(&self) -> bool {
        let nothing = Self {
            done: self.done.clone(),
            ..Self::default()
        };
        *self == nothing
    }

    /// The replay that is asked for, or what is wrong with it. No problem repeats what was given, so no
    /// address puts words on the page.
    pub(crate) fn order(&self, pace: Pace, now: Timestamp) -> Result<NewRun, String> {
        let states = self.states.iter().map(|state| {
            TextState::parse(state).ok_or_else(|| "There is no such state of a text.".to_owned())
        });
        let moment = |name: &str, value: &str| match value {
            "" => Ok(None),
            value => value
                .parse()
                .map(|moment: Moment| Some(moment.at(now)))
                .map_err(|problem| format!("{name}: {problem}.")),
        };
        let since = moment("Since", &self.since)?;
        let until = moment("Until", &self.until)?;
        let phone = match &*self.phone {
            "" => None,
            words => Some(phone(words).ok_or("From: write a number as in +15550001111.")?),
        };
        if since.is_none() && phone.is_none() {
            return Err(BOUNDLESS.to_owned());
        }
        let reason = match &*self.reason {
            "" => None,
            word => Some(Reason::parse(word).ok_or("There is no such reason.")?),
        };
        let words = |words: &str| Some(words.to_owned()).filter(|words| !words.is_empty());
        let filter = ReplayFilter {
            states: states.collect::<Result<_, _>>()?,
            phone,
            reason,
            error: words(&self.error),
            since: since.unwrap_or(Timestamp(0)),
            until: until.map_or(now, |until| until.min(now)),
            contains: words(&self.contains),
        };
        let pace = match &*self.pace {
            "" => pace,
            words => words
                .parse()
                .map_err(|problem| format!("Pace: {problem}."))?,
        };
        let force = false;
        Ok(NewRun {
            filter,
            force,
            pace,
        })
    }
}

/// The query of an address that names exactly these texts, whenever it is opened.
pub(crate) fn query_of(order: &NewRun) -> String {
    let filter = &order.filter;
    let phone = filter.phone.as_ref();
    let exact = Asked {
        states: filter
            .states
            .iter()
            .map(|state| state.as_str().to_owned())
            .collect(),
        phone: phone
            .map(|phone| phone.as_str().to_owned())
            .unwrap_or_default(),
        reason: filter.reason.map_or("", Reason::as_str).to_owned(),
        error: filter.error.clone().unwrap_or_default(),
        since: filter.since.to_rfc3339(),
        until: filter.until.to_rfc3339(),
        contains: filter.contains.clone().unwrap_or_default(),
        pace: order.pace.texts().to_string(),
        done: String::new(),
    };
    exact.query()
}

/// Reads a number as people write it. A `+` that nobody escaped in an address is a space.
fn phone(words: &str) -> Option<Phone> {
    let bare: String = words.chars().filter(|c| !" -().+".contains(*c)).collect();
    format!("+{bare}").parse().ok()
}

impl FromRequestParts<Arc<App>> for Asked {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &Arc<App>) -> Result<Self, Infallible> {
        Ok(Self::read(parts.uri.query().unwrap_or_default()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_366_805_120);

    fn pace() -> Pace {
        Pace::per_minute(600).expect("a pace")
    }

    #[test]
    fn an_address_names_the_texts_as_the_command_does() {
        for (query, words) in [
            (
                "state=failed&state=refused&since=24h",
                "failed or refused, since 2026-11-21T17:00:05.120Z, until 2026-11-22T17:00:05.120Z",
            ),
            (
                "state=failed,refused&since=2026-11-22&until=2026-11-22T12:00:00Z",
                "failed or refused, since 2026-11-22T00:00:00.000Z, until 2026-11-22T12:00:00.000Z",
            ),
            (
                "phone=+1 (555) 000-1111&reason=horizon&error=HTTP+503",
                "any state, reason horizon, with a certain error, from +15*******11, until 2026-11-22T17:00:05.120Z",
            ),
            (
                "phone=%2B15550001111&contains=hills&until=2030-01-01&unknown=1",
                "any state, from +15*******11, until 2026-11-22T17:00:05.120Z, with certain words",
            ),
        ] {
            let order = Asked::read(query).order(pace(), NOW).expect(query);
            assert_eq!(order.filter.words(), words, "{query}");
            assert!(!order.force, "{query}");
            assert_eq!(order.pace, pace(), "{query}");
            // The exact address names the same texts at any later time.
            let exact = query_of(&order);
            let later = NOW + std::time::Duration::from_secs(3600);
            let again = Asked::read(&exact).order(pace(), later).expect(&exact);
            assert_eq!(again.filter, order.filter, "{exact}");
        }
    }

    #[test]
    fn an_address_that_names_no_texts_says_what_is_wrong_and_repeats_nothing() {
        for (query, problem) in [
            ("", BOUNDLESS),
            ("state=failed", BOUNDLESS),
            ("since=&phone=", BOUNDLESS),
            ("since=24h&state=evil", "There is no such state of a text."),
            ("since=24h&reason=evil", "There is no such reason."),
            ("since=evil", "Since: write a time"),
            ("since=24h&until=evil", "Until: write a time"),
            ("phone=evil", "From: write a number"),
            (
                "since=24h&pace=evil",
                "Pace: write a number of texts per minute",
            ),
        ] {
            let order = Asked::read(query).order(pace(), NOW);
            let said = order.expect_err(query);
            assert!(said.starts_with(problem), "{query}: {said}");
            assert!(!said.contains("evil"), "{said}");
        }
        assert!(Asked::read("done=replay-begun").is_blank());
        assert!(!Asked::read("state=failed").is_blank());
    }
}
