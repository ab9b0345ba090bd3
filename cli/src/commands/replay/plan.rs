//! What a replay would do, and what it did, in numbers.

use birdcall_domain::text::Replay;
use birdcall_ledger::{replay::outcome_of, texts::Text};

use birdcall_domain::wording::{counted, dollars};

/// What X charges for a post, and for a post with a link, in thousandths of a dollar
/// (<https://docs.x.com/x-api/getting-started/pricing>, August 2026).
const POST_PRICE: u64 = 15;
const LINK_POST_PRICE: u64 = 200;

/// What a replay would do.
#[derive(Default)]
pub(super) struct Plan {
    /// The texts that were named.
    pub(super) total: u64,
    /// Those that would be posted, or looked for and then posted.
    pub(super) posts: u64,
}

impl Plan {
    pub(super) fn count(&mut self, text: Option<&Text>, force: bool) {
        let outcome = text.map_or(Replay::Unknown, |text| outcome_of(text, force));
        self.total += 1;
        if matches!(outcome, Replay::Again | Replay::LookUp) {
            self.posts += 1;
        }
    }

    /// What the posts cost, in a sentence. `None`: nothing would be posted.
    pub(super) fn cost(&self) -> Option<String> {
        (self.posts > 0).then(|| {
            format!(
                "X charges {} for a post, and {} for a post with a link: together {} if no text \
                 has a link, and {} if every text has one.",
                price(POST_PRICE),
                price(LINK_POST_PRICE),
                dollars(self.posts * POST_PRICE),
                dollars(self.posts * LINK_POST_PRICE),
            )
        })
    }
}

/// A price for one, as X lists it: `$0.015`.
fn price(thousandths: u64) -> String {
    format!("${}.{:03}", thousandths / 1000, thousandths % 1000)
}

/// How often a replay had each outcome.
#[derive(Default)]
pub(super) struct Tally(Vec<(Replay, u64)>);

impl Tally {
    pub(super) fn count(&mut self, replay: Replay) {
        match self.0.iter_mut().find(|(known, _)| *known == replay) {
            Some((_, times)) => *times += 1,
            None => self.0.push((replay, 1)),
        }
    }

    /// One line for each outcome.
    pub(super) fn lines(&self) -> Vec<String> {
        let lines = self.0.iter().map(|(replay, times)| {
            let texts = counted(*times, "text", "texts");
            format!("{}: {texts}", replay.as_str())
        });
        lines.collect()
    }

    pub(super) fn has_unknown(&self) -> bool {
        self.0.iter().any(|(replay, _)| *replay == Replay::Unknown)
    }

    pub(super) fn has_passed_over(&self) -> bool {
        self.0.iter().any(|(replay, _)| !replay.acts())
    }
}
