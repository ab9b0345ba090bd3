//! `birdcall replay` posts failed texts again, and never posts a text twice.

use birdcall_sim::{Fault, Preset};

use crate::prelude::*;

on_both_engines!(
    a_replay_does_not_post_a_published_text_again,
    a_replay_posts_a_failed_text,
    many_texts_are_counted_and_confirmed_and_run_oldest_first,
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
    assert_eq!(deeds[0]["actor"], "olivia");
    let detail = deeds[0]["detail"].as_str();
    assert_eq!(detail, Some("it was failed (horizon); it will be posted"));
    system.end().await;
}

async fn many_texts_are_counted_and_confirmed_and_run_oldest_first(database_url: String) {
    const TEXTS: usize = 12;
    let (system, _web, mut worker) = linked(&database_url).await;
    let refusal = serde_json::json!({"title": "Invalid Request", "detail": "Not like this."});
    system
        .sim
        .fault(Fault::answer("x.create_post", 400, refusal));
    let mut sids = Vec::new();
    for n in 0..TEXTS {
        let sid = system.sim.text(ALICE, &format!("text {n}")).await;
        eventually("the text is in the ledger", async || {
            system.text(&sid).await
        })
        .await;
        sids.push(sid);
    }
    for sid in &sids {
        system.text_once(sid, "refused").await;
    }
    // What is replayed stays in the ledger as it is.
    worker.stop().await;
    let deeds = async || system.json(&["audit"]).await.as_array().map(Vec::len);

    // Nobody is there to confirm it: nothing happens, and the cost and the way out are named.
    let arguments = ["replay", "--state", "refused", "--since", "24h"];
    let ran = system.birdcall(&arguments).await;
    assert_eq!((ran.code, ran.out.as_str()), (Some(1), ""));
    for words in [
        "12 of 13 texts would be posted",
        "$0.015",
        "$0.200",
        "$0.18",
        "$2.40",
        "--yes",
    ] {
        assert!(ran.err.contains(words), "{words}: {}", ran.err);
    }
    assert_eq!(deeds().await, Some(0));

    let dry = system
        .birdcall(&[&arguments[..], &["--dry-run"]].concat())
        .await;
    assert_eq!(dry.code, Some(0), "{}", dry.err);
    assert!(
        dry.out.contains("\nwill be posted: 12 texts\n"),
        "{}",
        dry.out
    );
    assert!(dry.out.contains("$2.40"), "{}", dry.out);
    assert_eq!(deeds().await, Some(0));

    let done = system.json(&[&arguments[..], &["--yes"]].concat()).await;
    let done = done.as_array().expect("an array").clone();
    // Alice's first text was refused with the link, and is passed over.
    assert_eq!(done[0]["done"], false);
    let done = &done[1..];
    assert!(done.iter().all(|row| row["done"] == true), "{done:?}");
    let order: Vec<&str> = done
        .iter()
        .filter_map(|row| row["message_sid"].as_str())
        .collect();
    assert_eq!(order, sids, "oldest first");
    assert_eq!(deeds().await, Some(TEXTS));

    // They are due already, so a second run changes nothing, and is no deed.
    let again = system
        .json(&["replay", "--state", "received", "--since", "24h"])
        .await;
    assert_eq!(again.as_array().map(Vec::len), Some(TEXTS));
    assert_eq!(deeds().await, Some(TEXTS));
    let rest = system.json(&arguments).await;
    assert_eq!(rest.as_array().map(Vec::len), Some(1));
    system.end().await;
}
