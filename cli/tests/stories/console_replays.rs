//! Replays of many texts in the console: planned, begun, followed and stopped.

use birdcall_domain::operator::Role;
use birdcall_sim::Fault;

use crate::{
    console::{OPEN, Operator, PASSWORD, add, audit},
    prelude::*,
};

/// The texts that X refuses in these stories, and Alice's first one, which is not a text to post.
const PLAN: &str = "/admin/replays/plan?state=failed&state=refused&since=24h";

/// X refuses these texts of Alice, and posts what comes later.
async fn refused(app: &App, bodies: &[&str]) {
    let times = u32::try_from(bodies.len()).expect("few");
    let fault = Fault::answer("x.create_post", 403, serde_json::json!({}));
    app.sim.fault(fault.times(times));
    for body in bodies {
        app.says(ALICE, body).await;
    }
    assert_eq!(app.posts(), NONE);
}

/// The address and the key of the form that begins what a page plans.
fn form(page: &Page) -> (String, String) {
    let rest = page.body.split("action=\"/admin/replays/begin?").nth(1);
    let rest = rest.and_then(|rest| rest.split('"').next());
    let query = rest.expect("a form").replace("&#38;", "&");
    let mut fields = page.fields().into_iter();
    let key = fields.find(|(name, _)| name == "key");
    let (_, key) = key.expect("a key");
    (format!("/admin/replays/begin?{query}"), key)
}

/// The pages of the replays that the list links, the latest first.
async fn listed(operator: &Operator<'_>) -> Vec<String> {
    let list = operator.gets("/admin/replays").await;
    let links = list.body.split("<a href=\"/admin/replays/R").skip(1);
    let links = links.filter_map(|rest| rest.split('"').next());
    links.map(|id| format!("/admin/replays/R{id}")).collect()
}

#[tokio::test]
async fn a_plan_says_what_a_replay_would_do_and_does_nothing() {
    let app = linked_with(OPEN).await;
    refused(&app, &["one", "two"]).await;
    app.says(ALICE, "three").await;
    let operator = Operator::admin(&app).await;
    let audited = audit(&app).await;
    operator
        .gets("/admin/replays/plan?since=24h&pace=60&phone=%2B15550001111")
        .await
        .says("4 texts match. The oldest was received at ")
        .says("2 of 4 texts would be posted.")
        .says("X charges $0.015 for a post, and $0.200 for a post with a link: together $0.03 if no text has a link")
        .says("At 60 a minute, this takes 2s.")
        .says("will be posted")
        .says("was already posted")
        .says("is not a text to post")
        .hides("--force")
        .says("from +15*******11");
    operator
        .gets("/admin/replays/plan?state=published&since=24h")
        .await
        .says("No text that matches would be run again.")
        .hides("Begin the replay");
    app.wait(MINUTE).await;
    assert_eq!(app.posts(), ["three"]);
    assert_eq!(audit(&app).await, audited);
    assert!(listed(&operator).await.is_empty());
    app.end().await;
}

#[tokio::test]
async fn the_list_of_texts_leads_to_the_plan_of_a_replay_of_what_it_finds() {
    let app = linked_with(OPEN).await;
    refused(&app, &["one hill", "two hills", "a valley"]).await;
    let operator = Operator::admin(&app).await;
    for (query, found) in [
        ("q=hill&state=refused&since=24h", "2 texts match."),
        ("q=%2B15550001111", "4 texts match."),
        ("error=403&since=24h", "3 texts match."),
        ("state=published&since=24h", "0 texts match."),
        ("state=refused", "Say since when, or from which number."),
    ] {
        let list = operator.gets(&format!("/admin/texts?{query}")).await;
        let rest = list.body.split("href=\"/admin/replays/plan?").nth(1);
        let rest = rest.unwrap_or_else(|| panic!("no link for {query}"));
        let plan = rest.split('"').next().expect("an address");
        let plan = format!("/admin/replays/plan?{}", plan.replace("&#38;", "&"));
        operator.gets(&plan).await.says(found);
    }
    app.end().await;
}

#[tokio::test]
async fn pressing_begin_twice_begins_one_replay_that_posts_each_text_once() {
    let app = linked_with(OPEN).await;
    refused(&app, &["one", "two", "three"]).await;
    let operator = Operator::admin(&app).await;
    let (begin, key) = form(&operator.gets(PLAN).await);
    // What comes after the plan is not a part of it.
    app.clock.advance(SECOND);
    app.sim
        .fault(Fault::answer("x.create_post", 403, serde_json::json!({})).times(1));
    app.says(ALICE, "too late").await;
    let order = [("key", &*key), ("pace", "6000"), ("reason", "X is back")];
    let (first, second) = tokio::join!(
        operator.posts(&begin, &order),
        operator.posts(&begin, &order)
    );
    assert_eq!(first.status, 303, "{}", first.body);
    assert_eq!(first.location, second.location);
    let [run] = &listed(&operator).await[..] else {
        panic!("not one replay");
    };
    assert_eq!(first.location, format!("{run}?done=replay-begun"));
    operator
        .gets(&first.location)
        .await
        .says("The replay has begun.")
        .says("0 of 4")
        .says("<progress value=\"0\" max=\"4\"")
        .says("6000 a minute")
        .says("X is back");

    app.wait(MINUTE).await;
    assert_eq!(app.posts(), ["one", "two", "three"]);
    // Also after it is over, the same form begins nothing.
    let late = operator.posts(&begin, &order).await;
    assert_eq!(late.location, first.location);
    app.wait(MINUTE).await;
    assert_eq!(app.posts(), ["one", "two", "three"]);
    operator
        .gets(run)
        .await
        .says("<progress value=\"4\" max=\"4\"")
        .says("Every text that it was to reach was reached.")
        .hides(">Stop<");
    operator
        .gets("/admin/replays")
        .await
        .says("failed or refused, since ")
        .says("done")
        .says("admin");
    let begun = audit(&app).await.into_iter();
    let begun = begun.filter(|deed| deed.contains("begin_replay"));
    assert_eq!(begun.count(), 1);
    app.end().await;
}

#[tokio::test]
async fn a_replay_is_stopped_from_its_page_and_reaches_no_further_text() {
    let app = linked_with(OPEN).await;
    refused(&app, &["one", "two", "three"]).await;
    let operator = Operator::admin(&app).await;
    let (begin, key) = form(&operator.gets(PLAN).await);
    let order = [("key", &*key), ("pace", "1")];
    let page = operator.posts(&begin, &order).await;
    app.settle().await;
    let run = page.location.split('?').next().expect("a path").to_owned();
    operator
        .gets(&run)
        .await
        .says("2 of 4")
        .says("<progress value=\"2\" max=\"4\"")
        .says("(in 2m)")
        .says("will be posted");
    for word in ["replay-stopped", "replay-was-over"] {
        let why = [("reason", "wrong texts")];
        let page = operator.posts(&format!("{run}/stop"), &why).await;
        assert_eq!(page.location, format!("{run}?done={word}"));
    }
    operator.gets(&run).await.says("stopped").says("2 of 4");
    app.wait(5 * MINUTE).await;
    assert_eq!(app.posts(), ["one"]);
    let id = run.rsplit('/').next().expect("an id");
    let stops = audit(&app).await.into_iter();
    let stops = stops.filter(|deed| *deed == format!("admin: stop_replay ({id})"));
    assert_eq!(stops.count(), 1);
    let nothing = operator.posts("/admin/replays/Rnothing/stop", &[]).await;
    assert_eq!(nothing.status, 404);
    app.end().await;
}

#[tokio::test]
async fn who_may_only_read_plans_a_replay_and_neither_begins_nor_stops_one() {
    let app = linked_with(OPEN).await;
    refused(&app, &["one", "two"]).await;
    let admin = Operator::admin(&app).await;
    add(&app, "rita", Role::Read, PASSWORD).await;
    let rita = Operator::signed_in(&app, "rita", PASSWORD).await;
    let (begin, key) = form(&admin.gets(PLAN).await);
    rita.gets(PLAN)
        .await
        .says("2 of 3 texts would be posted.")
        .hides("Begin the replay");
    let order = [("key", &*key), ("pace", "1")];
    assert_eq!(rita.posts(&begin, &order).await.status, 403);
    assert!(listed(&rita).await.is_empty());
    let begun = admin.posts(&begin, &order).await;
    let run = begun.location.split('?').next().expect("a path");
    rita.gets(run).await.says("0 of 3").hides(">Stop<");
    let stop = rita.posts(&format!("{run}/stop"), &[]).await;
    assert_eq!(stop.status, 403);
    admin.gets(run).await.says(">Stop<");
    app.end().await;
}

#[tokio::test]
async fn a_replay_that_names_no_texts_is_not_begun_and_says_what_is_wrong() {
    let app = linked_with(OPEN).await;
    refused(&app, &["one"]).await;
    let operator = Operator::admin(&app).await;
    operator
        .gets("/admin/replays/plan")
        .await
        .hides("Say since when");
    let key = "abcdefghijklmnop";
    for (query, pace, said) in [
        (
            "state=failed",
            "60",
            "Say since when, or from which number.",
        ),
        (
            "since=24h",
            "a lot",
            "Pace: write a number of texts per minute",
        ),
        (
            "since=24h&state=%3Cevil",
            "60",
            "There is no such state of a text.",
        ),
    ] {
        operator
            .gets(&format!("/admin/replays/plan?{query}&pace=60"))
            .await
            .hides("<evil");
        let path = format!("/admin/replays/begin?{query}");
        let order = [("key", key), ("pace", pace)];
        let page = operator.posts(&path, &order).await;
        assert_eq!(page.status, 303, "{query}");
        operator.gets(&page.location).await.says(said);
    }
    // Nothing would be run again.
    let path = "/admin/replays/begin?state=published&since=24h";
    let page = operator.posts(path, &[("key", key)]).await;
    operator
        .gets(&page.location)
        .await
        .says("Nothing was begun: no text that matches would be run again.");
    assert!(listed(&operator).await.is_empty());
    app.end().await;
}
