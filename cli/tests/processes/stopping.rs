//! SIGTERM: what is in hand is finished, the rest is left in order for the next process.

use std::collections::BTreeSet;

use birdcall_sim::{Fault, FaultAction};

use crate::{
    engines::on_both_engines,
    system::System,
    waiting::{eventually, until},
};

on_both_engines!(
    a_worker_that_is_told_to_stop_finishes_what_it_has_begun,
    an_idle_program_stops_at_once,
);

/// Texts of as many phones: those of one phone would wait for each other.
const TEXTS: usize = 50;

async fn a_worker_that_is_told_to_stop_finishes_what_it_has_begun(database_url: String) {
    let mut system = System::prepare(&database_url).await;
    system.set("WORKER_CONCURRENCY", "8");
    let _web = system.start_web().await;
    let mut worker = system.start_worker().await;
    let phones = system.link_phones(TEXTS).await;

    system.sim.fault(Fault::new(
        "x.create_post",
        FaultAction::Delay { millis: 300 },
    ));
    let mut sids = Vec::new();
    for phone in &phones {
        sids.push(system.sim.text(phone, &format!("bye from {phone}")).await);
    }
    until("the worker has its hands full", async || {
        system.under_way("x.create_post") >= 8
    })
    .await;
    assert_eq!(worker.stop().await.code(), Some(0));

    // What it began it finished, and said so.
    assert_eq!(system.under_way("x.create_post"), 0);
    let begun = system.posts().len();
    assert!(begun >= 8, "{begun}");
    let published = system
        .json(&["texts", "list", "--state", "published"])
        .await;
    assert_eq!(published.as_array().map(Vec::len), Some(begun));
    for sid in &sids {
        let text = eventually("the text is in the ledger", async || {
            let ran = system.birdcall(&["texts", "show", sid, "--json"]).await;
            serde_json::from_str::<serde_json::Value>(&ran.out).ok()
        })
        .await;
        assert_ne!(text["state"], "publishing", "{text:#}");
        for attempt in text["attempts"].as_array().expect("an array") {
            assert!(attempt["ended_at"].is_string(), "{text:#}");
        }
    }

    let _second = system.start_worker().await;
    until("every text is published", async || {
        let published = system
            .json(&["texts", "list", "--state", "published"])
            .await;
        published.as_array().map(Vec::len) == Some(TEXTS)
    })
    .await;
    let posts = system.posts();
    let once: BTreeSet<&String> = posts.iter().collect();
    assert_eq!((posts.len(), once.len()), (TEXTS, TEXTS));
    system.end().await;
}

async fn an_idle_program_stops_at_once(database_url: String) {
    for signal in ["TERM", "INT"] {
        let (system, mut web, mut worker) = System::start(&database_url).await;
        for program in [&mut web, &mut worker] {
            program.signal(signal).await;
            assert_eq!(program.ended().await.code(), Some(0));
        }
        system.end().await;
    }
}
