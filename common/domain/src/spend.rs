//! What posts cost, as an estimate: X's bill is the truth, and nothing here reads it.

use crate::{phone::Party, wording::dollars};

/// What X charges for a post, in thousandths of a dollar
/// (<https://docs.x.com/x-api/getting-started/pricing>, August 2026).
pub const POST_PRICE: u64 = 15;
/// What X charges for a post with a link, in thousandths of a dollar.
pub const LINK_POST_PRICE: u64 = 200;

/// What some posts cost: if none of them has a link, and if every one has. In thousandths of a dollar.
#[must_use]
pub fn estimate(posts: u64) -> (u64, u64) {
    (
        posts.saturating_mul(POST_PRICE),
        posts.saturating_mul(LINK_POST_PRICE),
    )
}

/// What an estimate says.
pub const ESTIMATE_EXPLAINED: &str = "The estimate is what X charges if no post has a link, and if every post has one. \
    Twilio charges replies by the segment, and each country has its own price.";

/// Says that not everything was counted. `since` is a moment in words.
#[must_use]
pub fn counted_since(since: &str) -> String {
    format!("There are too many to count them all: these are the newest, since {since}.")
}

/// What a number spent in a span.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spender {
    /// The number.
    pub from: Party,
    /// Its posts, also those that it took back: X charges them, too.
    pub posts: u64,
    /// The segments of the replies to it, which Twilio charges by country.
    pub segments: u64,
}

impl Spender {
    /// What X charges for its posts, as an estimate in words: if none of them has a link, and if every one has.
    #[must_use]
    pub fn estimate(&self) -> String {
        match estimate(self.posts) {
            (0, 0) => dollars(0),
            (low, high) => format!("{} to {}", dollars(low), dollars(high)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_estimate_says_what_posts_cost_without_and_with_links() {
        for (posts, expected) in [
            (0, "$0.00"),
            (1, "$0.02 to $0.20"),
            (1000, "$15.00 to $200.00"),
        ] {
            let spender = Spender {
                from: Party::Forgotten,
                posts,
                segments: 9,
            };
            assert_eq!(spender.estimate(), expected);
        }
    }
}
