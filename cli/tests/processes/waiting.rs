//! Waits for what another process does.

use std::time::Duration;

use tokio::time::{Instant, interval};

/// The time between two looks.
const LOOK: Duration = Duration::from_millis(10);
/// The longest wait. It is long because a machine may be slow, and says nothing about speed.
pub(crate) const LIMIT: Duration = Duration::from_secs(60);

/// Waits until `look` finds something. `what` describes it.
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
            "after {} s, this was not so: {what}",
            LIMIT.as_secs()
        );
    }
}

/// Waits until something is so. `what` describes it.
pub(crate) async fn until(what: &str, is_so: impl AsyncFn() -> bool) {
    eventually(what, async || is_so().await.then_some(())).await;
}
