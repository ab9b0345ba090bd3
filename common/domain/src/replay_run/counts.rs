//! How many texts have which outcome, and what that costs.

use super::Pace;
use crate::{
    clock::Timestamp,
    spend::{LINK_POST_PRICE, POST_PRICE, estimate},
    text::Replay,
    wording::{counted, dollars, length, moment, number},
};

/// How many texts have which outcome.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ReplayCounts([u64; Replay::ALL.len()]);

impl ReplayCounts {
    /// Counts some texts.
    pub fn add(&mut self, outcome: Replay, texts: u64) {
        for (count, of) in self.0.iter_mut().zip(Replay::ALL) {
            if of == outcome {
                *count = count.saturating_add(texts);
            }
        }
    }

    /// How many texts have this outcome.
    #[must_use]
    pub fn get(&self, outcome: Replay) -> u64 {
        let each = self.0.iter().zip(Replay::ALL);
        each.filter(|(_, of)| *of == outcome)
            .map(|(count, _)| count)
            .sum()
    }

    /// The outcomes that any text has, with their number.
    pub fn each(&self) -> impl Iterator<Item = (Replay, u64)> + '_ {
        let each = Replay::ALL.into_iter().zip(self.0);
        each.filter(|(_, count)| *count > 0)
    }

    /// All texts.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.iter().sum()
    }

    /// The texts that are posted, or looked for and then posted.
    #[must_use]
    pub fn posts(&self) -> u64 {
        self.get(Replay::Again) + self.get(Replay::LookUp)
    }

    /// The texts that a replay changes or wakes.
    #[must_use]
    pub fn acting(&self) -> u64 {
        let acting = self.each().filter(|(outcome, _)| outcome.acts());
        acting.map(|(_, count)| count).sum()
    }

    /// One line for each outcome.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let lines = self.each().map(|(outcome, count)| {
            format!("{}: {}", outcome.as_str(), counted(count, "text", "texts"))
        });
        lines.collect()
    }
}

/// What a replay of many would do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ReplayPlan {
    /// What would become of the texts that match.
    pub counts: ReplayCounts,
    /// When the oldest of them was received.
    pub oldest: Option<Timestamp>,
    /// Whether all texts were looked at; otherwise there may be more.
    pub all: bool,
}

impl Default for ReplayPlan {
    /// No text matches.
    fn default() -> Self {
        Self {
            counts: ReplayCounts::default(),
            oldest: None,
            all: true,
        }
    }
}

impl ReplayPlan {
    /// How many texts match and how old they are, in sentences.
    #[must_use]
    pub fn found(&self, now: Timestamp) -> String {
        let at_least = if self.all { "" } else { "At least " };
        let texts = counted(self.counts.total(), "text matches", "texts match");
        match self.oldest {
            Some(oldest) => format!(
                "{at_least}{texts}. The oldest was received at {}.",
                moment(oldest, now)
            ),
            None => format!("{at_least}{texts}."),
        }
    }

    /// How long it would take, in a sentence. `None`: nothing would be run again.
    #[must_use]
    pub fn takes(&self, pace: Pace) -> Option<String> {
        let acting = self.counts.acting();
        let at_least = if self.all { "" } else { "at least " };
        let takes = length(pace.takes(acting));
        (acting > 0).then(|| format!("At {pace}, this takes {at_least}{takes}."))
    }

    /// How many texts would be posted, in a sentence.
    #[must_use]
    pub fn sentence(&self) -> String {
        let (posts, total) = (self.counts.posts(), self.counts.total());
        let texts = counted(total, "text", "texts");
        let at_least = if self.all { "" } else { "at least " };
        let sentence = if posts == total {
            format!("{at_least}{texts} would be posted")
        } else {
            format!("{at_least}{} of {texts} would be posted", number(posts))
        };
        sentence.replacen("at least", "At least", 1)
    }

    /// What the posts cost, in a sentence. `None`: nothing would be posted.
    #[must_use]
    pub fn cost(&self) -> Option<String> {
        let posts = self.counts.posts();
        let at_least = if self.all { "" } else { "at least " };
        let (without_links, with_links) = estimate(posts);
        (posts > 0).then(|| {
            format!(
                "X charges {} for a post, and {} for a post with a link: together {at_least}{} if no \
                 text has a link, and {at_least}{} if every text has one.",
                price(POST_PRICE),
                price(LINK_POST_PRICE),
                dollars(without_links),
                dollars(with_links),
            )
        })
    }
}

/// A price for one, as X lists it: `$0.015`.
fn price(thousandths: u64) -> String {
    format!("${}.{:03}", thousandths / 1000, thousandths % 1000)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(some: &[(Replay, u64)]) -> ReplayCounts {
        let mut counts = ReplayCounts::default();
        for (outcome, texts) in some {
            counts.add(*outcome, *texts);
        }
        counts
    }

    #[test]
    fn outcomes_are_counted_apart() {
        use Replay::{Again, AlreadyPosted, LookUp, LookUpOnly, Open};
        let some = counts(&[
            (Again, 2),
            (LookUp, 3),
            (LookUpOnly, 4),
            (Open, 5),
            (AlreadyPosted, 6),
            (Again, 1),
        ]);
        assert_eq!(some.get(Again), 3);
        assert_eq!(some.total(), 21);
        assert_eq!(some.posts(), 6);
        assert_eq!(some.acting(), 15);
        assert_eq!(some.lines()[0], "will be posted: 3 texts");
        assert_eq!(some.each().count(), 5);
        for outcome in Replay::ALL {
            assert_eq!(counts(&[(outcome, 1)]).get(outcome), 1, "{outcome:?}");
        }
    }

    #[test]
    fn a_plan_says_what_matches_and_how_long_it_takes() {
        let now = Timestamp(1_795_366_800_000);
        let plan = |again, posted, all| ReplayPlan {
            counts: counts(&[(Replay::Again, again), (Replay::AlreadyPosted, posted)]),
            oldest: (again + posted > 0).then(|| now - std::time::Duration::from_secs(7200)),
            all,
        };
        let pace = Pace::per_minute(60).expect("a pace");
        for (plan, found, takes) in [
            (plan(0, 0, true), "0 texts match.", None),
            (plan(0, 0, false), "At least 0 texts match.", None),
            (
                plan(0, 1, true),
                "1 text matches. The oldest was received at 2026-11-22 15:00:00 UTC (2h ago).",
                None,
            ),
            (
                plan(9_999, 1, false),
                "At least 10,000 texts match. The oldest was received at 2026-11-22 15:00:00 UTC (2h ago).",
                Some("At 60 a minute, this takes at least 2h."),
            ),
        ] {
            assert_eq!(plan.found(now), found);
            assert_eq!(plan.takes(pace).as_deref(), takes, "{found}");
        }
    }

    #[test]
    fn a_plan_says_how_many_texts_would_be_posted_and_what_that_costs() {
        let plan = |posts, others, all| ReplayPlan {
            counts: counts(&[(Replay::Again, posts), (Replay::AlreadyPosted, others)]),
            all,
            ..ReplayPlan::default()
        };
        for (plan, sentence, cost) in [
            (
                plan(1, 0, true),
                "1 text would be posted",
                Some("$0.02 if no text"),
            ),
            (
                plan(12, 1, true),
                "12 of 13 texts would be posted",
                Some("together $0.18 if no"),
            ),
            (
                plan(12, 1, true),
                "12 of 13 texts would be posted",
                Some("and $2.40 if every"),
            ),
            (
                plan(10_000, 0, false),
                "At least 10,000 texts would be posted",
                Some("together at least $150.00"),
            ),
            (plan(0, 5, true), "0 of 5 texts would be posted", None),
        ] {
            assert_eq!(plan.sentence(), sentence);
            match cost {
                Some(words) => assert!(
                    plan.cost().is_some_and(|cost| cost.contains(words)),
                    "{words}"
                ),
                None => assert_eq!(plan.cost(), None),
            }
        }
    }
}
