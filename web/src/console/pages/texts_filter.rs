//! What the list of texts is narrowed by, as its address says it.

use std::time::Duration;

use birdcall_common::moment::Moment;
use birdcall_domain::{
    clock::Timestamp,
    search::Place,
    text::{Reason, TextState},
};
use birdcall_ledger::texts::{Text, TextFilter};
use serde::Deserialize;

use super::ROWS;

/// What is looked for, as the address says it.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub(crate) struct Looked {
    pub(super) q: String,
    pub(super) state: String,
    pub(super) reason: String,
    pub(super) error: String,
    pub(super) since: String,
    pub(super) until: String,
    /// The place after which the page begins.
    after: String,
}

/// The filter that an address asks for.
pub(super) struct Wanted {
    pub(super) filter: TextFilter,
    /// What of the address cannot be read.
    pub(super) problem: Option<String>,
}

impl Looked {
    pub(super) fn wanted(&self, now: Timestamp) -> Wanted {
        let mut problem = None;
        // No problem repeats what was given, so no address puts words on the page.
        let mut moment = |name: &str, words: &str, otherwise| match words.trim() {
            "" => otherwise,
            words => match words.parse::<Moment>() {
                Ok(moment) => moment.at(now),
                Err(wanted) => {
                    problem = Some(format!("{name} is not used: {wanted}."));
                    otherwise
                }
            },
        };
        let all = TextFilter::default();
        let error = self.error.trim();
        let filter = TextFilter {
            state: TextState::parse(&self.state),
            reason: Reason::parse(&self.reason),
            error: Some(error.to_owned()).filter(|error| !error.is_empty()),
            since: moment("Since", &self.since, all.since),
            until: moment("Until", &self.until, all.until),
            after: self.after.parse().ok(),
            limit: ROWS + 1,
            ..all
        };
        Wanted { filter, problem }
    }

    /// The texts of one page.
    pub(super) fn page(texts: &[Text]) -> &[Text] {
        let rows = usize::try_from(ROWS).unwrap_or(usize::MAX);
        texts.get(..rows).unwrap_or(texts)
    }

    /// The query of the page that begins after this place.
    pub(super) fn after(&self, place: &Place) -> String {
        let after = place.to_string();
        Self {
            after,
            ..self.clone()
        }
        .query()
    }

    /// The query that looks further back than this moment, whose texts are looked at again.
    pub(super) fn until(&self, back_to: Timestamp) -> String {
        let until = (back_to + Duration::from_millis(1)).to_rfc3339();
        Self {
            until,
            ..self.clone()
        }
        .query()
    }

    /// The query of the first page.
    pub(super) fn newest(&self) -> String {
        Self {
            after: String::new(),
            ..self.clone()
        }
        .query()
    }

    fn query(&self) -> String {
        let mut query = url::form_urlencoded::Serializer::new(String::new());
        for (name, value) in [
            ("q", &self.q),
            ("state", &self.state),
            ("reason", &self.reason),
            ("error", &self.error),
            ("since", &self.since),
            ("until", &self.until),
            ("after", &self.after),
        ] {
            if !value.is_empty() {
                query.append_pair(name, value);
            }
        }
        query.finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Timestamp = Timestamp(1_795_366_800_000);

    #[test]
    fn an_address_says_what_is_listed_and_what_of_it_cannot_be_read() {
        let looked = Looked {
            state: "failed".to_owned(),
            reason: "horizon".to_owned(),
            error: " HTTP 503 ".to_owned(),
            since: "24h".to_owned(),
            until: "2026-11-22T16:00:00Z".to_owned(),
            after: "nowhere".to_owned(),
            ..Looked::default()
        };
        let Wanted { filter, problem } = looked.wanted(NOW);
        assert_eq!(filter.state, Some(TextState::Failed));
        assert_eq!(filter.reason, Some(Reason::Horizon));
        assert_eq!(filter.error.as_deref(), Some("HTTP 503"));
        assert_eq!(filter.since, NOW - Duration::from_secs(24 * 3600));
        assert_eq!(filter.until, NOW - Duration::from_secs(3600));
        assert_eq!((filter.after, problem), (None, None));

        let looked = Looked {
            since: "yesterday".to_owned(),
            ..Looked::default()
        };
        let Wanted { filter, problem } = looked.wanted(NOW);
        assert_eq!(filter.since, Timestamp(0));
        assert!(problem.is_some_and(|words| words.starts_with("Since is not used: ")));
    }

    #[test]
    fn the_address_of_the_next_page_keeps_what_is_looked_for() {
        let looked = Looked {
            q: "+1 555 & more".to_owned(),
            state: "failed".to_owned(),
            ..Looked::default()
        };
        let sid = "SM810f1b13dfc9da01792cab08b560f849";
        let place: Place = format!("5-6-{sid}").parse().unwrap();
        let next = looked.after(&place);
        assert_eq!(
            next,
            format!("q=%2B1+555+%26+more&state=failed&after=5-6-{sid}")
        );
        let looked = Looked {
            after: place.to_string(),
            ..looked
        };
        assert_eq!(looked.newest(), "q=%2B1+555+%26+more&state=failed");
        let back = looked.until(Timestamp(0));
        assert!(
            back.contains("until=1970-01-01T00%3A00%3A00.001Z"),
            "{back}"
        );
    }
}
