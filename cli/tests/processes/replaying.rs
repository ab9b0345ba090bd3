//! `birdcall replay` posts failed texts again, and never posts a text twice.

use std::{path::Path, process::Stdio};

use birdcall_sim::{Fault, Preset};
use serde_json::{Value, json};

use crate::{prelude::*, program::command};

on_both_engines!(
    a_replay_does_not_post_a_published_text_again,
    a_replay_posts_a_failed_text,
    many_texts_are_counted_and_confirmed_and_run_oldest_first,
    a_replay_of_hundreds_survives_its_workers_and_web,
    a_replay_goes_on_without_its_command_and_is_stopped,
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
    assert_eq!(replayed["plan"]["outcomes"]["already_posted"], 1);
    assert_eq!(replayed["run"], Value::Null);

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
    assert_eq!(dry["plan"]["outcomes"]["again"], 1);
    assert_eq!(dry["run"], Value::Null);
    let text = system.text_once(&sid, "failed").await;
    assert_eq!(text["post_id"], Value::Null);

    let done = system.json(&arguments).await;
    assert_eq!(done["run"]["state"], "done");
    assert_eq!(done["run"]["outcomes"]["again"], 1);
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
    let refusal = json!({"title": "Invalid Request", "detail": "Not like this."});
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

    // Nobody carries it out yet, and the command does not wait for that.
    let arguments = [&arguments[..], &["--yes", "--json"]].concat();
    let begun = system.birdcall(&arguments).await;
    assert_eq!(begun.code, Some(0), "{}", begun.err);
    assert!(begun.err.contains("No worker is alive"), "{}", begun.err);
    let begun: Value = serde_json::from_str(&begun.out).expect("JSON");
    assert_eq!(begun["run"]["state"], "planned");
    // Alice's first text was refused with the link, and is passed over.
    assert_eq!(begun["run"]["planned"], 13);
    let id = begun["run"]["id"].as_str().expect("an id").to_owned();
    let mut worker = system.start_worker().await;
    let run = run_once(&system, &id, "done").await;
    assert_eq!(run["outcomes"]["again"], 12);
    assert_eq!(run["outcomes"]["not_a_post"], 1);
    let calls = "each text is tried once more, and no more";
    until(calls, async || system.calls("x.create_post") == 2 * TEXTS).await;
    let deeds = system.json(&["audit"]).await;
    let deeds = deeds.as_array().expect("an array");
    let when = |sid: &String| {
        let mut of_sid = deeds.iter().filter(|deed| deed["subject"] == sid.as_str());
        let deed = of_sid.next().expect("the text was run again");
        assert_eq!(of_sid.count(), 0, "{sid} was run again once");
        assert_eq!(
            (&deed["action"], &deed["actor"]),
            (&json!("replay"), &json!("olivia"))
        );
        deed["at"].to_string()
    };
    let order: Vec<String> = sids.iter().map(when).collect();
    assert!(order.is_sorted(), "oldest first: {order:?}");
    assert_eq!(deeds.last().expect("the first")["action"], "begin_replay");
    worker.stop().await;
    system.end().await;
}

/// Waits until a replay is in this state, and returns it.
async fn run_once(system: &System, id: &str, state: &str) -> Value {
    eventually(&format!("replay {id} is {state}"), async || {
        let run = system.json(&["replay", "show", id]).await;
        (run["state"] == state).then_some(run)
    })
    .await
}

/// Texts of several phones that X has refused, and X takes posts again.
async fn refused_texts(system: &System, phones: usize, each: usize) -> Vec<String> {
    let phones = system.link_phones(phones).await;
    let refusal = json!({"title": "Invalid Request", "detail": "Not like this."});
    system
        .sim
        .fault(Fault::answer("x.create_post", 400, refusal));
    let mut sids = Vec::new();
    for n in 0..each {
        for phone in &phones {
            sids.push(
                system
                    .sim
                    .text(phone, &format!("text {n} of {phone}"))
                    .await,
            );
        }
    }
    until("every text is refused", async || {
        let arguments = [
            "replay",
            "--state",
            "refused",
            "--since",
            "24h",
            "--dry-run",
        ];
        let plan = system.json(&arguments).await;
        plan["plan"]["outcomes"]["again"] == sids.len()
    })
    .await;
    system.sim.clear_faults();
    sids
}

async fn a_replay_of_hundreds_survives_its_workers_and_web(database_url: String) {
    const PHONES: usize = 6;
    const EACH: usize = 40;
    let mut system = System::prepare(&database_url).await;
    for (name, value) in [
        ("LEASE", "4s"),
        ("CALL_TIMEOUT", "2s"),
        ("RESOLVE_DELAYS", "200ms,500ms"),
        ("SWEEP_INTERVAL", "500ms"),
        ("SWEEP_GRACE", "500ms"),
        ("SWEEP_AGAIN", "2s"),
    ] {
        system.set(name, value);
    }
    let web = system.start_web().await;
    let worker = system.start_worker().await;
    let sids = refused_texts(&system, PHONES, EACH).await;
    let arguments = ["replay", "--state", "refused", "--since", "24h", "--yes"];
    let more = ["--pace", "1200", "--detach"];
    let begun = system.json(&[&arguments[..], &more].concat()).await;
    let id = begun["run"]["id"].as_str().expect("an id").to_owned();

    // Everything is killed twice in the middle of it.
    let (mut web, mut worker) = (web, worker);
    for reached in [40, 120] {
        until("some texts are reached", async || {
            let run = system.json(&["replay", "show", &id]).await;
            run["reached"].as_u64() >= Some(reached)
        })
        .await;
        for program in [&mut worker, &mut web] {
            program.signal("KILL").await;
            program.ended().await;
        }
        web = system.start_web().await;
        worker = system.start_worker().await;
    }
    // A second replay of everything begins meanwhile.
    let everything = ["replay", "--since", "24h", "--yes", "--pace", "6000"];
    let second = system.json(&everything).await;
    assert_eq!(second["run"]["state"], "done");
    let run = run_once(&system, &id, "done").await;
    // Each text was run again by one of them.
    let again = |run: &Value| run["outcomes"]["again"].as_u64().expect("a number");
    let each = u64::try_from(sids.len()).expect("a number");
    assert_eq!(again(&run) + again(&second["run"]), each);

    for sid in &sids {
        system.text_once(sid, "published").await;
    }
    let mut posts = system.posts();
    posts.sort();
    assert_eq!(posts.len(), sids.len(), "each text is posted once");
    posts.dedup();
    assert_eq!(posts.len(), sids.len(), "each text is posted once");
    // Nothing is left for a third.
    let third = system.json(&everything).await;
    assert_eq!(third["run"], Value::Null);
    assert_eq!(third["plan"]["outcomes"]["already_posted"], sids.len());
    drop((web, worker));
    system.end().await;
}

async fn a_replay_goes_on_without_its_command_and_is_stopped(database_url: String) {
    let (system, _web, _worker) = linked(&database_url).await;
    let sids = refused_texts(&system, 1, 3).await;
    let arguments = [
        "replay", "--reason", "rejected", "--since", "1w", "--pace", "1",
    ];
    let mut command = command("birdcall", Path::new("/"), &system.settings);
    let follower = command
        .args(arguments)
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .expect("the command starts");
    let id = eventually("the first text is run", async || {
        let runs = system.json(&["replay", "runs"]).await;
        (runs[0]["reached"] == 1).then(|| runs[0]["id"].as_str().expect("an id").to_owned())
    })
    .await;
    let signal = format!("kill -INT {}", follower.id().expect("it still follows"));
    let sent = tokio::process::Command::new("sh")
        .args(["-c", &signal])
        .status();
    assert!(sent.await.expect("a shell").success());
    let ended = follower.wait_with_output().await.expect("it ends");
    assert_eq!(ended.status.code(), Some(1));
    let said = String::from_utf8_lossy(&ended.stderr).into_owned();
    assert!(
        said.contains(&format!("birdcall replay stop {id}")),
        "{said}"
    );

    let run = system.json(&["replay", "show", &id]).await;
    assert_eq!(
        (&run["state"], &run["planned"]),
        (&json!("running"), &json!(3))
    );
    let shown = system.birdcall(&["replay", "show", &id]).await.out;
    assert!(shown.starts_with("running: 1 of 3 texts\n"), "{shown}");
    let stopped = system.json(&["replay", "stop", &id]).await;
    assert_eq!(stopped["outcome"], "stopped");
    let again = system.json(&["replay", "stop", &id]).await;
    assert_eq!(again["outcome"], "was_over");
    assert_eq!(
        system.birdcall(&["replay", "stop", "R0"]).await.code,
        Some(1)
    );
    assert_eq!(
        system.birdcall(&["replay", "show", "R0"]).await.code,
        Some(1)
    );
    run_once(&system, &id, "stopped").await;
    system.text_once(&sids[0], "published").await;
    for sid in &sids[1..] {
        system.text_once(sid, "refused").await;
    }
    let deeds = system.json(&["audit"]).await;
    assert_eq!(
        (&deeds[0]["action"], &deeds[0]["subject"]),
        (&json!("stop_replay"), &json!(id))
    );
    system.end().await;
}
