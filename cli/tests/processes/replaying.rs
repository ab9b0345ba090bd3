//! `birdcall replay`.

use birdcall_sim::{Fault, Preset};

use crate::{
    engines::on_both_engines,
    system::{ALICE, System},
    waiting::until,
};

on_both_engines!(
    what_is_posted_is_not_posted_again,
    what_failed_is_posted_by_a_replay,
);

async fn what_is_posted_is_not_posted_again(database_url: String) {
    let (system, _web, _worker) = System::start(&database_url).await;
    system.link(ALICE, "demo").await;
    let sid = system.sim.text(ALICE, "hello from a process").await;
    system.text_once_told(&sid).await;

    // The outcome is said either way; a script sees by the exit code that it was refused.
    let ran = system.birdcall(&["replay", &sid]).await;
    assert!(ran.out.contains("is posted already"), "{}", ran.out);
    assert_eq!(ran.code, Some(1), "1 is for what was refused: {}", ran.out);

    // By state, what is posted is passed over.
    let arguments = ["replay", "--state", "published", "--since", "24h"];
    let replayed = system.json(&arguments).await;
    assert_eq!(replayed[0]["message_sid"], sid.as_str());
    assert_eq!(replayed[0]["done"], false);

    // Asked twice, nobody there to answer: nothing happens.
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

async fn what_failed_is_posted_by_a_replay(database_url: String) {
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
    assert_eq!(system.posts(), Vec::<String>::new());
    system.sim.clear_faults();
    // X's pause for everybody is over by an operator's word.
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
    until("it is posted", async || {
        system.posts() == ["hello, at last"]
    })
    .await;
    system.text_once(&sid, "published").await;
    let deeds = system.json(&["audit"]).await;
    assert_eq!(deeds[0]["action"], "replay");
    assert_eq!(deeds[0]["subject"], sid.as_str());
    system.end().await;
}
