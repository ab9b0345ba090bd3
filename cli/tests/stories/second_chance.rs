//! X's token endpoint hangs, drops answers or answers nonsense. Texts wait, in order, and nobody whose
//! grant X has not ended signs in again.

use std::time::Duration;

use birdcall_ledger::lease::Claimant;
use birdcall_sim::{Fault, FaultAction, Preset};
use serde_json::{Value, json};

use crate::prelude::*;

/// The number of times that a refresh token was presented.
fn refreshes(app: &App) -> usize {
    let requests = app.sim.requests();
    let refreshes = requests
        .iter()
        .filter(|request| request.params["grant_type"] == "refresh_token");
    refreshes.count()
}

/// Nobody was asked to sign in again: there is one link, that of the first text.
fn assert_nobody_signs_in_again(app: &App) {
    let replies = app.replies(ALICE);
    let links = replies.iter().filter(|reply| reply.contains("/auth/?"));
    assert_eq!(links.count(), 1, "{replies:?}");
}

fn answer(status: u16, body: Value) -> FaultAction {
    FaultAction::Answer {
        status,
        headers: Default::default(),
        body,
    }
}

/// X does not act on the refresh, and says nothing that can be understood.
fn unclear() -> [FaultAction; 7] {
    [
        FaultAction::Delay { millis: 60_000 },
        FaultAction::DropBefore,
        answer(200, json!("<html>")),
        answer(200, json!({"token_type": "bearer"})),
        answer(500, Value::Null),
        answer(503, json!("<html>Service Unavailable</html>")),
        answer(504, json!({"error": "invalid_grant"})),
    ]
}

/// X exchanges the refresh token, and the answer is lost.
fn lost() -> [FaultAction; 4] {
    let after = |status, body| FaultAction::AnswerAfter { status, body };
    [
        FaultAction::DropAfter,
        after(200, json!("<html>")),
        after(200, json!({"token_type": "bearer"})),
        after(502, Value::Null),
    ]
}

/// Calls that hang are given up soon, because tests do not wait.
const IMPATIENT: Changes<'static> = &[("CALL_TIMEOUT", "500ms")];

#[tokio::test]
async fn an_outage_of_the_token_endpoint_delays_texts_and_signs_nobody_out() {
    for trouble in unclear() {
        let app = linked_with(IMPATIENT).await;
        app.wait(95 * MINUTE).await;
        app.sim.fault(Fault::new("x.token", trouble.clone()));
        app.wait(20 * MINUTE).await;
        assert_eq!(
            refreshes(&app),
            1,
            "{trouble:?}: nothing is risked while the access token is good"
        );
        app.says(ALICE, "while it lasts").await;
        assert_eq!(app.posts(), ["while it lasts"], "{trouble:?}");

        // The access token is over, and the endpoint is in trouble for ten minutes more.
        app.wait(6 * MINUTE).await;
        let one = app.says(ALICE, "one").await;
        let two = app.says(ALICE, "two").await;
        app.wait(10 * MINUTE).await;
        assert_eq!(app.state(&one).await, "waiting/outage", "{trouble:?}");
        assert_eq!(app.state(&two).await, "waiting/order", "{trouble:?}");
        assert!(refreshes(&app) > 2, "{trouble:?}");
        assert_eq!(account(&app).await.state.as_str(), "active");

        app.sim.clear_faults();
        app.wait(15 * MINUTE).await;
        assert_eq!(app.posts(), ["while it lasts", "one", "two"], "{trouble:?}");
        assert_nobody_signs_in_again(&app);
        let account = account(&app).await;
        assert_eq!(
            (account.refresh_doubted_at, account.refresh_failures),
            (None, 0)
        );
        app.end().await;
    }
}

#[tokio::test]
async fn when_x_exchanged_the_token_and_the_answer_was_lost_the_access_token_is_used_to_its_end() {
    for trouble in lost() {
        let app = linked().await;
        app.sim
            .fault(Fault::new("x.token", trouble.clone()).times(1));
        app.wait(118 * MINUTE).await;
        assert_eq!(refreshes(&app), 1, "{trouble:?}");
        app.says(ALICE, "while it lasts").await;
        assert_eq!(app.posts(), ["while it lasts"]);
        assert_nobody_signs_in_again(&app);

        // Then the old refresh token is presented once more, and X ends the grant. The owner hears of
        // it at once.
        app.wait(3 * MINUTE).await;
        assert_eq!(refreshes(&app), 2, "{trouble:?}");
        assert_eq!(app.sim.counters().second_chances, 1);
        let reply = app.last_reply(ALICE);
        assert!(
            reply.starts_with("X no longer lets us post for you. Please sign in again: http"),
            "{reply}"
        );
        let sid = app.says(ALICE, "after that").await;
        assert_eq!(app.state(&sid).await, "waiting/sign_in");
        app.wait(HOUR).await;
        assert_eq!(refreshes(&app), 2, "what X has refused is not presented");
        app.sign_in(ALICE, "demo").await;
        assert_eq!(app.posts(), ["while it lasts", "after that"]);
        app.end().await;
    }
}

#[tokio::test]
async fn a_text_brings_the_second_chance_when_nothing_else_does() {
    // A silent account is not refreshed ahead of time.
    let app = linked_with(&[("REFRESH_IDLE_AFTER", "1h")]).await;
    app.wait(3 * HOUR).await;
    assert_eq!(refreshes(&app), 0);
    app.sim
        .fault(Fault::new("x.token", FaultAction::DropBefore).times(2));
    let sid = app.says(ALICE, "hello").await;
    assert_eq!(app.state(&sid).await, "waiting/outage");
    assert_eq!(refreshes(&app), 1, "X is asked once, and then later");
    app.wait(MINUTE).await;
    assert_eq!(app.posts(), ["hello"]);
    assert_eq!(refreshes(&app), 3);
    assert_nobody_signs_in_again(&app);
    app.end().await;
}

/// Eight phones, as the token endpoint does not answer for twelve seconds.
#[tokio::test]
async fn many_phones_outlive_a_token_endpoint_that_hangs() {
    let app = App::start_with(IMPATIENT).await;
    let phones: Vec<String> = (1..=8).map(|n| format!("+1555000{n:04}")).collect();
    for (n, phone) in phones.iter().enumerate() {
        app.link_as(phone, &format!("user{n}")).await;
    }
    let told = |phone: &str| app.replies(phone).len();
    let before: Vec<usize> = phones.iter().map(|phone| told(phone)).collect();
    app.sim.expire_access_tokens();
    app.sim
        .fault(Fault::new("x.token", FaultAction::Delay { millis: 60_000 }));
    for phone in &phones {
        app.text(phone, &format!("hello from {phone}")).await;
    }
    app.settle().await;
    app.wait(12 * SECOND).await;
    assert_eq!(app.posts(), NONE);
    app.sim.clear_faults();
    app.wait(3 * MINUTE).await;
    assert_eq!(app.posts().len(), 8);
    for (phone, before) in phones.iter().zip(before) {
        assert_eq!(told(phone), before + 1, "{:?}", app.replies(phone));
        assert!(
            app.last_reply(phone)
                .contains("has been successfully tweeted")
        );
    }
    app.end().await;
}

#[tokio::test]
async fn a_process_that_dies_with_the_refresh_token_in_its_hand_signs_nobody_out() {
    let app = linked().await;
    app.wait(95 * MINUTE).await;
    // It claims the right to present the token, and is never heard of again.
    let dead = Claimant {
        owner: "dead",
        lease: Duration::from_secs(30),
        now: app.now(),
    };
    let leased = app.ledger.claim_refresh(account(&app).await, dead).await;
    assert!(leased.expect("the ledger").is_some());
    app.wait(20 * MINUTE).await;
    app.says(ALICE, "while it lasts").await;
    assert_eq!(refreshes(&app), 0, "X may have exchanged the token");
    app.wait(10 * MINUTE).await;
    app.says(ALICE, "and on").await;
    assert_eq!(app.posts(), ["while it lasts", "and on"]);
    assert_eq!(refreshes(&app), 1);
    assert_nobody_signs_in_again(&app);
    app.end().await;
}

/// The refresh token is in doubt, and X has not exchanged it.
async fn in_doubt() -> App {
    let app = linked().await;
    app.sim
        .fault(Fault::new("x.token", FaultAction::DropBefore).times(1));
    app.wait(106 * MINUTE).await;
    assert!(account(&app).await.refresh_doubted_at.is_some());
    app
}

#[tokio::test]
async fn a_stray_401_costs_nothing_while_the_refresh_token_is_in_doubt() {
    let app = in_doubt().await;
    app.sim
        .fault(Fault::preset(Preset::XStrayUnauthorized).times(2));
    let sid = app.says(ALICE, "hello").await;
    app.wait(20 * SECOND).await;
    assert_eq!(app.posts(), ["hello"]);
    assert_eq!(app.replies_to(&sid).await.len(), 1);
    assert_eq!(refreshes(&app), 1);
    assert_nobody_signs_in_again(&app);
    app.end().await;
}

#[tokio::test]
async fn an_access_token_that_x_keeps_refusing_is_over() {
    let app = in_doubt().await;
    app.sim.expire_access_tokens();
    let sid = app.says(ALICE, "hello").await;
    assert_eq!(app.state(&sid).await, "waiting/outage");
    assert_eq!(refreshes(&app), 1);
    app.wait(2 * MINUTE).await;
    assert_eq!(app.posts(), ["hello"]);
    assert_eq!(refreshes(&app), 2);
    assert_nobody_signs_in_again(&app);
    app.end().await;
}

#[tokio::test]
async fn a_401_during_an_outage_of_the_token_endpoint_does_not_cost_the_access_token() {
    let app = linked().await;
    app.sim.fault(Fault::answer("x.token", 429, Value::Null));
    app.sim
        .fault(Fault::preset(Preset::XStrayUnauthorized).times(1));
    app.says(ALICE, "hello").await;
    assert_eq!(app.posts(), ["hello"]);
    assert_nobody_signs_in_again(&app);
    app.end().await;
}

#[tokio::test]
async fn a_refresh_that_brings_no_new_refresh_token_keeps_the_old_one() {
    let app = linked().await;
    let half = json!({"token_type": "bearer", "access_token": "only-this", "expires_in": 7200});
    app.sim.fault(Fault::answer("x.token", 200, half).times(1));
    app.wait(110 * MINUTE).await;
    assert_eq!(refreshes(&app), 1);
    // X does not know that access token. The old refresh token brings a better one.
    app.says(ALICE, "hello").await;
    assert_eq!(app.posts(), ["hello"]);
    assert_eq!(refreshes(&app), 2);
    assert_nobody_signs_in_again(&app);
    app.end().await;
}

/// Alice signs in without `offline.access`, so X gives no refresh token.
async fn linked_without_refresh_token() -> App {
    let app = App::start().await;
    app.says(ALICE, "hello?").await;
    let authorize = app.press_start(&app.link(ALICE)).await;
    let less = authorize.replace("+offline.access", "");
    assert_ne!(less, authorize);
    let callback = app.sim.approve(&less, "demo").await;
    assert_eq!(app.get(&callback).await.status, 200);
    app.settle().await;
    app
}

#[tokio::test]
async fn without_a_refresh_token_a_401_signs_nobody_out() {
    let app = linked_without_refresh_token().await;
    app.sim
        .fault(Fault::preset(Preset::XStrayUnauthorized).times(3));
    app.says(ALICE, "hello").await;
    app.wait(2 * MINUTE).await;
    assert_eq!(app.posts(), ["hello"]);
    assert_nobody_signs_in_again(&app);

    // X refuses the token for good. The owner is asked when it would have expired anyway.
    app.sim.expire_access_tokens();
    let sid = app.says(ALICE, "kept").await;
    app.wait(90 * MINUTE).await;
    assert_eq!(app.state(&sid).await, "waiting/outage");
    app.wait(40 * MINUTE).await;
    assert_eq!(app.state(&sid).await, "waiting/sign_in");
    app.sign_in(ALICE, "demo").await;
    assert_eq!(app.posts(), ["hello", "kept"]);
    app.end().await;
}
