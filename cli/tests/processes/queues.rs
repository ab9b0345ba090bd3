//! `birdcall jobs`, `birdcall queue` and `birdcall audit`.

use serde_json::Value;

use crate::prelude::*;

on_both_engines!(
    jobs_are_listed_and_shown,
    a_paused_queue_waits_until_it_is_resumed_and_both_acts_are_audited,
    what_changes_nothing_is_no_deed_and_each_deed_has_a_name,
);

async fn jobs_are_listed_and_shown(database_url: String) {
    let (system, _web, _worker) = linked(&database_url).await;
    let sid = system.sim.text(ALICE, "hello from a process").await;
    system.text_once(&sid, "published").await;

    let job = eventually("the text's job is done", async || {
        let listed = system.json(&["jobs", "list", "--queue", "tweet"]).await;
        let jobs = listed.as_array().expect("an array").clone();
        let mut of_text = jobs
            .into_iter()
            .filter(|job| job["subject"] == sid.as_str());
        of_text.find(|job| job["state"] == "Done")
    })
    .await;
    assert_eq!(job["queue"], "tweet");
    let id = job["id"].as_str().expect("an id");
    assert_eq!(system.json(&["jobs", "show", id]).await, job);
    assert!(
        !job.to_string().contains("hello"),
        "a job carries only an id: {job}"
    );

    let listed = system.json(&["jobs", "list", "--state", "Done"]).await;
    let states = listed.as_array().expect("an array");
    assert!(states.iter().all(|job| job["state"] == "Done"), "{listed}");
    assert!(!states.is_empty());
    let ran = system.birdcall(&["jobs", "show", "nothing"]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    system.end().await;
}

async fn a_paused_queue_waits_until_it_is_resumed_and_both_acts_are_audited(database_url: String) {
    let (system, _web, _worker) = linked(&database_url).await;
    assert_eq!(
        system.birdcall(&["queue", "pause", "tweet"]).await.code,
        Some(0)
    );
    let queue = stats(&system, "tweet").await;
    assert_eq!(queue["paused"]["reason"], "paused");
    assert_eq!(stats(&system, "reply").await["paused"], Value::Null);

    let sid = system.sim.text(ALICE, "hello from a pause").await;
    let text = system.text_once(&sid, "waiting").await;
    assert_eq!(text["reason"], "paused");
    // Only the operator knows when the pause ends.
    assert_eq!(text["next_attempt_at"], Value::Null, "{text:#}");
    assert_eq!(system.posts(), NONE);

    assert_eq!(
        system.birdcall(&["queue", "resume", "tweet"]).await.code,
        Some(0)
    );
    system.text_once(&sid, "published").await;
    assert_eq!(stats(&system, "tweet").await["paused"], Value::Null);

    let deeds = system.json(&["audit"]).await;
    let deeds: Vec<(&str, &str, &str)> = deeds
        .as_array()
        .expect("an array")
        .iter()
        .map(|deed| {
            (
                text_of(deed, "actor"),
                text_of(deed, "action"),
                text_of(deed, "subject"),
            )
        })
        .collect();
    assert_eq!(
        deeds,
        [("olivia", "resume", "tweet"), ("olivia", "pause", "tweet")],
        "newest first"
    );
    let ran = system.birdcall(&["audit"]).await;
    assert_eq!(ran.out.lines().count(), 3, "{}", ran.out);
    system.end().await;
}

async fn what_changes_nothing_is_no_deed_and_each_deed_has_a_name(database_url: String) {
    let mut system = System::prepare(&database_url).await;
    let _web = system.start_web().await;
    let pause = [
        "queue",
        "pause",
        "tweet",
        "--as",
        "Oscar of the night shift",
    ];
    let first = system.json(&pause).await;
    assert_eq!(
        (&first["paused"], &first["changed"]),
        (&true.into(), &true.into())
    );
    let second = system.json(&pause).await;
    assert_eq!(
        (&second["paused"], &second["changed"]),
        (&true.into(), &false.into())
    );
    let again = system.birdcall(&["queue", "pause", "tweet"]).await;
    assert!(again.out.contains("was already paused"), "{}", again.out);

    system.set("BIRDCALL_OPERATOR", "petra");
    let resumed = system.json(&["queue", "resume", "tweet"]).await;
    assert_eq!(
        (&resumed["paused"], &resumed["changed"]),
        (&false.into(), &true.into())
    );
    let resumed = system.json(&["queue", "resume", "tweet"]).await;
    assert_eq!(resumed["changed"], false);
    let ran = system.birdcall(&["queue", "resume", "reply"]).await;
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (Some(0), "the queue reply was not paused\n")
    );

    // In a container, the environment names nobody: then the audit says which user it was, and where.
    for name in ["BIRDCALL_OPERATOR", "USER"] {
        system.settings.remove(name);
    }
    system.birdcall(&["queue", "pause", "reply"]).await;
    system.set("SUDO_USER", "quentin");
    system.set("USER", "root");
    system.birdcall(&["queue", "resume", "reply"]).await;

    let deeds = system.json(&["audit"]).await;
    let deeds = deeds.as_array().expect("an array").iter();
    let told: Vec<(&str, &str, &str)> = deeds
        .map(|deed| {
            let detail = text_of(deed, "detail");
            let until_time = detail.split(" since ").next().unwrap_or_default();
            (text_of(deed, "actor"), text_of(deed, "action"), until_time)
        })
        .collect();
    assert_eq!(told.len(), 4, "{told:?}");
    assert_eq!(
        told[0],
        ("quentin", "resume", "it was paused by an operator")
    );
    assert!(
        told[1].0.starts_with("uid ") && told[1].0.contains(" on "),
        "{told:?}"
    );
    assert_eq!((told[1].1, told[1].2), ("pause", "it was not paused"));
    assert_eq!(told[2], ("petra", "resume", "it was paused by an operator"));
    assert_eq!(
        told[3],
        ("Oscar of the night shift", "pause", "it was not paused")
    );
    system.end().await;
}

/// The entry of a queue in `birdcall queue stats`.
async fn stats(system: &System, queue: &str) -> Value {
    let stats = system.json(&["queue", "stats"]).await;
    let queues = stats.as_array().expect("an array");
    let names: Vec<&str> = queues.iter().map(|row| text_of(row, "queue")).collect();
    assert_eq!(
        names,
        [
            "command", "reauth", "refresh", "replay", "reply", "revoke", "tweet"
        ]
    );
    for row in queues {
        for count in ["ready", "delayed", "held", "done"] {
            assert!(row[count].is_u64(), "{row}");
        }
    }
    let found = queues.iter().find(|row| row["queue"] == queue);
    found.expect("the queue").clone()
}

fn text_of<'a>(row: &'a Value, field: &str) -> &'a str {
    row[field].as_str().unwrap_or_default()
}
