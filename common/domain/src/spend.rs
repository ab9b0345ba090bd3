//! What posts cost, as an estimate: X's bill is the truth, and nothing here reads it.

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
