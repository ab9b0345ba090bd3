//! `birdcall status`, `workers` and `replies`.

use serde_json::Value;

use crate::{
    documented::{documented, fields},
    prelude::*,
};

on_both_engines!(
    status_says_in_one_sentence_whether_anything_is_wrong,
    replies_are_listed_filtered_and_shown,
);

async fn status_says_in_one_sentence_whether_anything_is_wrong(database_url: String) {
    let (system, _web, mut worker) = linked(&database_url).await;
    let sid = system.sim.text(ALICE, "hello from a status").await;
    system.text_once_told(&sid).await;

    let healthy = eventually("the worker has called X and Twilio", async || {
        let ran = system.birdcall(&["status", "--json"]).await;
        let status: Value = serde_json::from_str(&ran.out).expect("JSON");
        let both = ["x", "twilio"].map(|vendor| status["vendors"][vendor]["ok_at"].is_string());
        (both == [true, true]).then_some((ran.code, status))
    })
    .await;
    assert_eq!(healthy.0, Some(0), "{:#}", healthy.1);
    assert_eq!(healthy.1["sentence"], "Nothing is wrong.");
    assert_eq!(healthy.1["wrong"], false);
    assert_eq!(healthy.1["texts_last_hour"]["published"], 1);
    assert_eq!(healthy.1["posts_today"]["count"], 1);
    assert_eq!(healthy.1["text_to_post"]["of"], 1);
    let workers = system.json(&["workers", "list"]).await;
    assert_eq!(workers.as_array().map(Vec::len), Some(1));
    assert_eq!(workers[0]["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(workers[0]["alive"], true);
    let ran = system.birdcall(&["status"]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    assert!(ran.out.starts_with("Nothing is wrong.\n"), "{}", ran.out);

    system.birdcall(&["queue", "pause", "tweet"]).await;
    let ran = system.birdcall(&["status"]).await;
    assert_eq!((ran.code, ran.err.as_str()), (Some(1), ""), "{}", ran.out);
    let first: Vec<&str> = ran.out.lines().take(2).collect();
    assert!(
        first[0].starts_with("Posting has been paused by an operator for "),
        "{}",
        ran.out
    );
    assert_eq!(first[1], "   -> birdcall queue resume tweet");
    // What waits is counted as on the overview of the console.
    let waits = system.sim.text(ALICE, "this one waits").await;
    system.text_once(&waits, "waiting").await;
    let ran = system.birdcall(&["status", "--json"]).await;
    let status: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(fields(&status), documented("`status`", 0));
    assert_eq!(status["paused"][0]["queue"], "tweet", "{status:#}");
    let waiting = &status["waiting"][0];
    assert_eq!(fields(waiting), documented("`status`", 2));
    assert_eq!(
        (&waiting["reason"], &waiting["count"]),
        (&"paused".into(), &1.into())
    );
    let ran = system.birdcall(&["status"]).await;
    assert!(
        ran.out.contains("1 waiting (paused), the oldest"),
        "{}",
        ran.out
    );
    system.birdcall(&["queue", "resume", "tweet"]).await;

    // A worker that stops says goodbye.
    worker.stop().await;
    let ran = system.birdcall(&["status", "--json"]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let status: Value = serde_json::from_str(&ran.out).expect("JSON");
    assert_eq!(status["troubles"][0]["kind"], "no_worker", "{status:#}");
    assert_eq!(status["troubles"][0]["severity"], "stopped");

    let ran = system.birdcall(&["status", "--watch"]).await;
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    assert!(ran.err.contains("terminal"), "{}", ran.err);
    system.end().await;
}

async fn replies_are_listed_filtered_and_shown(database_url: String) {
    let (system, _web, _worker) = linked(&database_url).await;
    let sid = system.sim.text(ALICE, "hello from a reply").await;
    system.text_once_told(&sid).await;

    let all = system.json(&["replies", "list"]).await;
    let all = all.as_array().expect("an array").clone();
    let told = all
        .iter()
        .find(|reply| reply["message_sid"] == sid.as_str());
    let told = told.expect("the reply to the text");
    assert_eq!(told["phone"], ALICE);
    assert_eq!(told["state"], "sent");
    assert_eq!(told["purpose"], "final");
    let created = told["created_at"].as_str().expect("a time");
    assert!(created.ends_with('Z') && created.contains('T'), "{created}");
    let id = told["id"].as_str().expect("an id");
    assert_eq!(&system.json(&["replies", "show", id]).await, told);
    let ran = system.birdcall(&["replies", "show", id]).await;
    assert!(ran.out.starts_with("sent: "), "{}", ran.out);

    let count = async |filter: &[&str]| {
        let listed = system.json(&[&["replies", "list"], filter].concat()).await;
        listed.as_array().expect("an array").len()
    };
    assert_eq!(count(&["--phone", ALICE]).await, all.len());
    assert_eq!(count(&["--phone", "+15550002222"]).await, 0);
    assert_eq!(
        count(&["--state", "sent", "--since", "1w"]).await,
        all.len()
    );
    assert_eq!(count(&["--state", "failed"]).await, 0);
    assert_eq!(count(&["--error", "30007"]).await, 0);
    assert_eq!(count(&["--until", "2020-01-01"]).await, 0);
    assert_eq!(count(&["--limit", "1"]).await, 1);
    let ran = system.birdcall(&["replies", "show", "nothing"]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    system.end().await;
}
