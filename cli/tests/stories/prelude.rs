//! What most stories begin with.

use std::time::Duration;

use birdcall_ledger::accounts::Account;

pub(crate) use crate::app::{ALICE, App, BOB, Changes, Page};

pub(crate) const SECOND: Duration = Duration::from_secs(1);
pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);
pub(crate) const DAY: Duration = Duration::from_secs(24 * 3600);

/// No posts, no replies.
pub(crate) const NONE: [&str; 0] = [];

/// Alice has signed in.
pub(crate) async fn linked() -> App {
    linked_with(&[]).await
}

/// Alice has signed in; with changed settings.
pub(crate) async fn linked_with(changes: Changes<'_>) -> App {
    let app = App::start_with(changes).await;
    app.link_as(ALICE, "demo").await;
    app
}

/// Alice and Bob have signed in.
pub(crate) async fn both_linked() -> App {
    let app = linked().await;
    app.link_as(BOB, "bob").await;
    app
}

/// Alice's account.
pub(crate) async fn account(app: &App) -> Account {
    app.account_of(ALICE).await.expect("Alice is linked")
}
