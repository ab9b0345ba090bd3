//! After SIGTERM, a program finishes what it has begun, and the next process does the rest.

use std::collections::BTreeSet;

use birdcall_sim::{Fault, FaultAction};

use crate::prelude::*;

on_both_engines!(
    a_worker_finishes_its_work_before_it_stops,
    an_idle_program_stops_at_once,
);

/// The number of texts, each from another phone. Texts from one phone would wait for each other.
const TEXTS: usize = 50;

async fn a_worker_finishes_its_work_before_it_stops(database_url: String) {
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
    until("the worker makes as many calls as it may", async || {
        system.under_way("x.create_post") >= 8
    })
    .await;
    assert_eq!(worker.stop().await.code(), Some(0));

    // The worker has finished every call, and the ledger holds the outcomes.
    assert_eq!(system.under_way("x.create_post"), 0);
    let begun = system.posts().len();
    assert!(begun >= 8, "{begun}");
    let published = system
        .json(&["texts", "list", "--state", "published"])
        .await;
    assert_eq!(published.as_array().map(Vec::len), Some(begun));
    for sid in &sids {
        let text = eventually("the text is in the ledger", async || system.text(sid).await).await;
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
