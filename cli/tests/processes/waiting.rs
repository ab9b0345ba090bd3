//! Waiting for what comes in its own time.

use std::time::Duration;

use tokio::time::{Instant, interval};

/// Between two looks.
const LOOK: Duration = Duration::from_millis(10);
/// What takes longer will never come. A limit for machines with much to do, not a measure.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// Looks until `look` finds something.
pub(crate) async fn eventually<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let begun = Instant::now();
    let mut looks = interval(LOOK);
    loop {
        looks.tick().await;
        if let Some(found) = look().await {
            return found;
        }
        assert!(
            begun.elapsed() < LIMIT,
            "in {} s it did not come: {what}",
            LIMIT.as_secs()
        );
    }
}

/// Looks until something holds.
pub(crate) async fn until(what: &str, holds: impl AsyncFn() -> bool) {
    eventually(what, async || holds().await.then_some(())).await;
}
