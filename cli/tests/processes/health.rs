//! Readiness proves that work gets done, and the door stays open when it does not.

use crate::prelude::*;

on_both_engines!(a_worker_that_is_gone_is_noticed_and_texts_are_taken_meanwhile,);

async fn a_worker_that_is_gone_is_noticed_and_texts_are_taken_meanwhile(database_url: String) {
    let mut system = System::prepare(&database_url).await;
    system.set("PROBE_INTERVAL", "500ms");
    system.set("PROBE_AGE_MAX", "5s");
    system.set("SWEEP_INTERVAL", "200ms");
    let web = system.start_web().await;
    let (status, words) = system.get(&web, "/healthz/work").await;
    assert_eq!(status, 503);
    assert!(
        words.contains("no worker has finished a probe of the queue tweet yet"),
        "{words}"
    );
    let mut worker = system.start_worker().await;
    for (program, path) in [(&worker, "/readyz"), (&web, "/healthz/work")] {
        until("work gets done", async || {
            system.get(program, path).await.0 == 200
        })
        .await;
    }
    system.link(ALICE, "demo").await;

    worker.signal("KILL").await;
    let _ = worker.ended().await;
    until("the worker is missed", async || {
        system.get(&web, "/healthz/work").await.0 == 503
    })
    .await;
    let (_, words) = system.get(&web, "/healthz/work").await;
    let missed = "no worker has finished a probe of the queue ";
    assert!(words.starts_with(missed), "{words}");
    let open = (200, "open\n".to_owned());
    assert_eq!(system.get(&web, "/healthz/door").await, open);
    let sid = system.sim.text(ALICE, "is anybody there?").await;
    until("the text is taken", async || {
        system.text(&sid).await.is_some()
    })
    .await;

    let _another = system.start_worker().await;
    system.text_once(&sid, "published").await;
    until("work gets done again", async || {
        system.get(&web, "/healthz/work").await.0 == 200
    })
    .await;
    system.end().await;
}
