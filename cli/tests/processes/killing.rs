//! A text whose webhook was answered 200 is on disk, even if web is killed.

use std::{
    collections::BTreeSet,
    sync::atomic::{AtomicBool, Ordering},
};

use birdcall_sim::DeliveryKind;

use crate::prelude::*;

on_both_engines!(
    every_webhook_answered_200_is_on_disk_when_web_is_killed,
    every_webhook_answered_200_is_on_disk_when_web_is_told_to_stop,
);

/// The number of phones that text at the same time.
const PHONES: usize = 40;
/// The number of webhooks that are answered before web ends.
const ANSWERED: usize = 200;
/// The largest number of texts that wait to be delivered.
const QUEUED_MAX: usize = 100;

async fn every_webhook_answered_200_is_on_disk_when_web_is_killed(database_url: String) {
    ends_under_load(&database_url, "KILL", None).await;
}

async fn every_webhook_answered_200_is_on_disk_when_web_is_told_to_stop(database_url: String) {
    ends_under_load(&database_url, "TERM", Some(0)).await;
}

async fn ends_under_load(database_url: &str, signal: &str, code: Option<i32>) {
    let system = System::prepare(database_url).await;
    let mut web = system.start_web().await;
    let ended = AtomicBool::new(false);
    let load = async {
        let mut number = 0;
        while !ended.load(Ordering::Relaxed) {
            until("there is room in the queue", async || {
                system.sim.undelivered() < QUEUED_MAX
            })
            .await;
            for _ in 0..PHONES {
                let phone = format!("+1555002{:04}", number % PHONES);
                system.sim.text(&phone, &format!("load {number}")).await;
                number += 1;
            }
        }
    };
    let end = async {
        until("web is under load", async || {
            answered(&system).len() >= ANSWERED
        })
        .await;
        web.signal(signal).await;
        let status = web.ended().await;
        ended.store(true, Ordering::Relaxed);
        assert_eq!(status.code(), code);
    };
    tokio::join!(load, end);

    until("every webhook was delivered or has failed", async || {
        system.sim.undelivered() == 0
    })
    .await;
    let answered = answered(&system);
    assert!(answered.len() >= ANSWERED);
    let kept: BTreeSet<String> = system
        .texts()
        .await
        .iter()
        .filter_map(|text| text["message_sid"].as_str().map(str::to_owned))
        .collect();
    let lost: Vec<&String> = answered.difference(&kept).collect();
    assert_eq!(
        lost,
        Vec::<&String>::new(),
        "these were answered 200 but are not on disk"
    );

    // A new web continues where the first one ended.
    let _web = system.start_web().await;
    let sid = system.sim.text("+15550029999", "one more").await;
    until("one more text is on disk", async || {
        system.birdcall(&["texts", "show", &sid]).await.code == Some(0)
    })
    .await;
    system.end().await;
}

/// The texts whose webhook was answered 200.
fn answered(system: &System) -> BTreeSet<String> {
    let deliveries = system.sim.deliveries().into_iter();
    deliveries
        .filter(|delivery| delivery.kind == DeliveryKind::Inbound)
        .filter(|delivery| delivery.answered == Some(200))
        .map(|delivery| delivery.message_sid)
        .collect()
}
