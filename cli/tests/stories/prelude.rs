//! What most stories begin with.

use std::time::Duration;

use birdcall_ledger::accounts::Account;

pub(crate) use crate::app::{App, Changes, Page};

/// The phone that most stories are about.
pub(crate) const ALICE: &str = "+15550001111";
/// A second phone.
pub(crate) const BOB: &str = "+15550002222";
/// The number that people text.
pub(crate) const SERVICE: &str = "+15550009999";

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// An empty list of posts or replies.
pub(crate) const NONE: [&str; 0] = [];

/// Alice has signed in as `demo`.
pub(crate) async fn linked() -> App {
    linked_with(&[]).await
}

/// Alice has signed in as `demo`, and some settings are changed.
pub(crate) async fn linked_with(changes: Changes<'_>) -> App {
    let app = App::start_with(changes).await;
    app.link_as(ALICE, "demo").await;
    app
}

/// Alice has signed in as `demo`, and Bob as `bob`.
pub(crate) async fn both_linked() -> App {
    let app = linked().await;
    app.link_as(BOB, "bob").await;
    app
}

/// Alice's account, which must exist.
pub(crate) async fn account(app: &App) -> Account {
    app.account_of(ALICE).await.expect("Alice is linked")
}
