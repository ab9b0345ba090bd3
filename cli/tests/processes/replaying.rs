//! `birdcall replay` posts failed texts again, and never posts a text twice.

use birdcall_sim::{Fault, Preset};

use crate::prelude::*;

on_both_engines!(
    a_replay_does_not_post_a_published_text_again,
    a_replay_posts_a_failed_text,
);

async fn a_replay_does_not_post_a_published_text_again(database_url: String) {
    let (system, _web, _worker) = linked(&database_url).await;
    let sid = system.sim.text(ALICE, "hello from a process").await;
    system.text_once_told(&sid).await;

    // The outcome is printed, and the exit code tells a script that the text was not run again.
    let ran = system.birdcall(&["replay", &sid]).await;
    assert!(ran.out.contains("was already posted"), "{}", ran.out);
    assert_eq!(ran.code, Some(1), "{}", ran.out);

    // With --state, texts that were already posted are passed over.
    let arguments = ["replay", "--state", "published", "--since", "24h"];
    let replayed = system.json(&arguments).await;
    assert_eq!(replayed[0]["message_sid"], sid.as_str());
    assert_eq!(replayed[0]["done"], false);

    // Nobody answers the question, so nothing happens.
    let ran = system.birdcall(&["replay", "--force", &sid]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.err);

    let ran = system.birdcall(&["replay", "SMnothing"]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    system.text_once(&sid, "published").await;
    assert_eq!(system.posts(), ["hello from a process"]);
    assert_eq!(
        system.json(&["audit"]).await.as_array().map(Vec::len),
        Some(0)
    );
    system.end().await;
}

async fn a_replay_posts_a_failed_text(database_url: String) {
    let mut system = System::prepare(&database_url).await;
    system.set("RETRY_DELAY_MIN", "20ms");
    system.set("RETRY_DELAY_MAX", "50ms");
    system.set("RETRY_HORIZON", "200ms");
    system.set("SWEEP_INTERVAL", "100ms");
    let _web = system.start_web().await;
    let _worker = system.start_worker().await;
    system.link(ALICE, "demo").await;
    system.sim.fault(Fault::preset(Preset::XRateLimited));
    let sid = system.sim.text(ALICE, "hello, at last").await;
    system.text_once(&sid, "failed").await;
    assert_eq!(system.posts(), NONE);
    system.sim.clear_faults();
    // The rate limit paused the queue, and the operator ends the pause.
    system.birdcall(&["queue", "resume", "tweet"]).await;

    let arguments = ["replay", "--state", "failed", "--since", "24h"];
    let dry = system
        .json(&[&arguments[..], &["--dry-run"]].concat())
        .await;
    assert_eq!(dry[0]["message_sid"], sid.as_str());
    assert_eq!(dry[0]["done"], false);
    assert_eq!(
        system.text_once(&sid, "failed").await["post_id"],
        serde_json::Value::Null
    );

    let done = system.json(&arguments).await;
    assert_eq!(done[0]["done"], true);
    until("the text is posted", async || {
        system.posts() == ["hello, at last"]
    })
    .await;
    system.text_once(&sid, "published").await;
    let deeds = system.json(&["audit"]).await;
    assert_eq!(deeds[0]["action"], "replay");
    assert_eq!(deeds[0]["subject"], sid.as_str());
    system.end().await;
}
