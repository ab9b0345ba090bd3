//! A process dies at each fail point, and the next process resolves what it finds.

use birdcall_ledger::fail_point::POINTS;
use birdcall_sim::Fault;
use serde_json::json;

use crate::prelude::*;

on_both_engines!(
    a_text_on_disk_survives_the_death_of_web,
    a_text_survives_the_death_of_its_worker,
    a_reply_survives_the_death_of_its_worker,
    a_refresh_survives_the_death_of_its_worker,
    a_stop_survives_the_death_of_its_worker,
    a_revocation_survives_the_death_of_its_worker,
    an_undo_survives_the_death_of_its_worker,
    a_replay_of_many_survives_the_death_of_its_worker,
);

/// The fail points whose name begins with `begin`.
fn points(begin: &str) -> impl Iterator<Item = &'static str> {
    POINTS
        .into_iter()
        .filter(move |point| point.starts_with(begin))
}

#[test]
fn every_fail_point_is_tested() {
    let tested: usize = [
        "inbox.", "text.", "reply.", "refresh.", "stop.", "undo.", "command.", "revoke.", "replay.",
    ]
    .map(|begin| points(begin).count())
    .iter()
    .sum();
    assert_eq!(tested, POINTS.len());
}

/// Web runs with short limits, no worker runs, and Alice has signed in.
async fn prepared(database_url: &str) -> (System, Program) {
    let mut system = System::prepare(database_url).await;
    for (name, value) in [
        ("LEASE", "4s"),
        ("CALL_TIMEOUT", "2s"),
        ("RESOLVE_DELAYS", "200ms,500ms"),
        ("RETRY_DELAY_MIN", "200ms"),
        ("SWEEP_INTERVAL", "500ms"),
        ("SWEEP_GRACE", "500ms"),
        ("SWEEP_AGAIN", "2s"),
        ("REFUSED_TOKEN_PAUSE", "1s"),
    ] {
        system.set(name, value);
    }
    let web = system.start_web().await;
    let mut worker = system.start_worker().await;
    system.link(ALICE, "demo").await;
    worker.stop().await;
    (system, web)
}

/// Alice sends `text`, a worker dies at `point` while it works on it, and a new worker starts.
/// Returns the sid of the text and the new worker.
async fn dies_at(system: &mut System, point: &str, text: &str) -> (String, Program) {
    system.set("FAIL_POINT", point);
    let mut victim = system.start_worker().await;
    let sid = system.sim.text(ALICE, text).await;
    let status = victim.ended().await;
    assert_eq!(status.code(), None, "{point}: it is killed by a signal");
    system.set("FAIL_POINT", "");
    (sid, system.start_worker().await)
}

fn count(all: &[String], wanted: impl Fn(&str) -> bool) -> usize {
    all.iter().filter(|one| wanted(one)).count()
}

/// The text is published once, and confirmed once.
async fn ends_well(system: &System, point: &str, sid: &str, text: &str) {
    system.text_once(sid, "published").await;
    system.text_once_told(sid).await;
    assert_eq!(
        count(&system.posts(), |post| post == text),
        1,
        "{point}: posts"
    );
    let confirmation = format!("'{text}' has been successfully tweeted");
    let replies = system.sim.replies_to(ALICE);
    assert_eq!(
        count(&replies, |reply| reply.starts_with(&confirmation)),
        1,
        "{point}: confirmations"
    );
}

async fn a_text_on_disk_survives_the_death_of_web(database_url: String) {
    let (mut system, mut web) = prepared(&database_url).await;
    for point in points("inbox.") {
        web.stop().await;
        system.set("FAIL_POINT", point);
        // Web reaches this point only when a text arrives.
        let mut victim = system.start_web().await;
        let text = format!("hello {point}");
        let sid = system.sim.text(ALICE, &text).await;
        assert_eq!(
            victim.ended().await.code(),
            None,
            "{point}: it is killed by a signal"
        );
        system.set("FAIL_POINT", "");
        web = system.start_web().await;
        let known = system.birdcall(&["texts", "show", &sid]).await.code == Some(0);
        assert_eq!(
            known,
            point == "inbox.committed",
            "{point}: the text is on disk only if it was committed"
        );
        if known {
            let mut worker = system.start_worker().await;
            ends_well(&system, point, &sid, &text).await;
            worker.stop().await;
        }
    }
    system.end().await;
}

async fn a_text_survives_the_death_of_its_worker(database_url: String) {
    let (mut system, _web) = prepared(&database_url).await;
    for point in points("text.") {
        let text = format!("hello {point}");
        let (sid, mut worker) = dies_at(&mut system, point, &text).await;
        ends_well(&system, point, &sid, &text).await;
        worker.stop().await;
    }
    system.end().await;
}

async fn a_reply_survives_the_death_of_its_worker(database_url: String) {
    let (mut system, _web) = prepared(&database_url).await;
    for point in points("reply.") {
        let text = format!("hello {point}");
        let (sid, mut worker) = dies_at(&mut system, point, &text).await;
        ends_well(&system, point, &sid, &text).await;
        worker.stop().await;
    }
    system.end().await;
}

async fn a_refresh_survives_the_death_of_its_worker(database_url: String) {
    let (mut system, _web) = prepared(&database_url).await;
    for point in points("refresh.") {
        system.sim.expire_access_tokens();
        let text = format!("hello {point}");
        let (sid, mut worker) = dies_at(&mut system, point, &text).await;
        // Nobody knows whether X has exchanged the refresh token. Once the access token is over, it is
        // presented again: if the first process died before the call, all is well.
        if point == "refresh.called" {
            until("the phone is asked to sign in again", async || {
                let shown = system
                    .birdcall(&["texts", "show", &sid, "--json"])
                    .await
                    .out;
                shown.contains("\"sign_in\"")
            })
            .await;
            system.link(ALICE, "demo").await;
        }
        ends_well(&system, point, &sid, &text).await;
        worker.stop().await;
    }
    assert_eq!(system.sim.counters().reused_refresh_tokens, 0);
    system.end().await;
}

async fn a_revocation_survives_the_death_of_its_worker(database_url: String) {
    let (mut system, _web) = prepared(&database_url).await;
    for point in points("revoke.") {
        system.set("FAIL_POINT", point);
        let mut victim = system.start_worker().await;
        // X refuses the refresh token once, so Alice signs in again, and that replaces the pair.
        let spent = json!({"error": "invalid_request", "error_description": "Value passed for the token was invalid."});
        system
            .sim
            .fault(Fault::answer("x.token", 400, spent).times(1));
        system.sim.expire_access_tokens();
        system.link(ALICE, "demo").await;
        let status = victim.ended().await;
        assert_eq!(status.code(), None, "{point}: it is killed by a signal");
        system.set("FAIL_POINT", "");
        let calls = system.calls("x.revoke");
        let mut worker = system.start_worker().await;
        until("X is asked again", async || {
            system.calls("x.revoke") == calls + 2
        })
        .await;
        worker.stop().await;
        assert_eq!(system.sim.grants_in_force("demo"), 1);
    }
    system.end().await;
}

async fn a_stop_survives_the_death_of_its_worker(database_url: String) {
    let (mut system, _web) = prepared(&database_url).await;
    for point in points("stop.").chain(points("command.")) {
        let told = count(&system.sim.replies_to(ALICE), |reply| {
            reply.starts_with("Done.")
        });
        let (_, mut worker) = dies_at(&mut system, point, r"\STOP").await;
        until("the phone is told that it is done", async || {
            count(&system.sim.replies_to(ALICE), |reply| {
                reply.starts_with("Done.")
            }) == told + 1
        })
        .await;
        until("nothing of the number is left", async || {
            let texts = system.json(&["texts", "list", "--phone", ALICE]).await;
            texts.as_array().is_some_and(Vec::is_empty)
        })
        .await;
        assert_eq!(
            system.json(&["accounts", "list"]).await,
            serde_json::json!([]),
            "{point}"
        );
        system.link(ALICE, "demo").await;
        worker.stop().await;
    }
    system.end().await;
}

/// After two posts and one `\UNDO`, exactly one post is deleted, although a worker dies.
async fn an_undo_survives_the_death_of_its_worker(database_url: String) {
    let (mut system, _web) = prepared(&database_url).await;
    let others = ["text.claimed", "text.settled"];
    for point in points("undo.").chain(points("command.")).chain(others) {
        let mut worker = system.start_worker().await;
        for text in ["first", "second"] {
            let text = format!("{text} {point}");
            let sid = system.sim.text(ALICE, &text).await;
            system.text_once(&sid, "published").await;
        }
        worker.stop().await;
        let (sid, mut worker) = dies_at(&mut system, point, r"\UNDO").await;
        system.text_once(&sid, "command").await;
        system.text_once_told(&sid).await;
        let posts = system.posts();
        assert_eq!(count(&posts, |post| post == format!("first {point}")), 1);
        assert_eq!(count(&posts, |post| post == format!("second {point}")), 0);
        worker.stop().await;
    }
    system.end().await;
}

async fn a_replay_of_many_survives_the_death_of_its_worker(database_url: String) {
    const TEXTS: usize = 3;
    let (mut system, _web) = prepared(&database_url).await;
    for point in points("replay.") {
        let mut worker = system.start_worker().await;
        let refusal = json!({"title": "Invalid Request", "detail": "Not like this."});
        system
            .sim
            .fault(Fault::answer("x.create_post", 400, refusal));
        let mut sids = Vec::new();
        for n in 0..TEXTS {
            sids.push(system.sim.text(ALICE, &format!("{point} {n}")).await);
        }
        for sid in &sids {
            system.text_once(sid, "refused").await;
        }
        worker.stop().await;
        system.sim.clear_faults();

        // The pace makes it rest between two texts.
        let arguments = ["replay", "--state", "refused", "--reason", "rejected"];
        let more = ["--since", "24h", "--pace", "60", "--detach"];
        let begun = system.json(&[&arguments[..], &more].concat()).await;
        let id = begun["run"]["id"].as_str().expect("an id").to_owned();
        system.set("FAIL_POINT", point);
        let mut victim = system.start_worker().await;
        let status = victim.ended().await;
        assert_eq!(status.code(), None, "{point}: it is killed by a signal");
        system.set("FAIL_POINT", "");
        let mut worker = system.start_worker().await;
        let run = eventually(&format!("{point}: the replay is done"), async || {
            let run = system.json(&["replay", "show", &id]).await;
            (run["state"] == "done").then_some(run)
        })
        .await;
        assert_eq!(run["outcomes"]["again"], TEXTS, "{point}");
        for (n, sid) in sids.iter().enumerate() {
            ends_well(&system, point, sid, &format!("{point} {n}")).await;
        }
        worker.stop().await;
    }
    system.end().await;
}
