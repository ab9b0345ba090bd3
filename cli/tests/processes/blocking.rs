//! `birdcall accounts block` and `unblock`, `birdcall texts cancel` and `give-up`.

use serde_json::json;

use crate::prelude::*;

on_both_engines!(
    a_number_is_blocked_and_unblocked_by_the_command,
    a_waiting_text_is_cancelled_or_given_up_by_the_command,
);

async fn a_number_is_blocked_and_unblocked_by_the_command(database_url: String) {
    let (system, _web, _worker) = linked(&database_url).await;
    let told = system.sim.replies_to(ALICE).len();
    let printed = system
        .json(&["accounts", "block", ALICE, "--why", "stolen"])
        .await;
    let detail = "is unlinked and blocked; a worker has X revoke its tokens";
    assert_eq!(
        printed,
        json!({"phone": ALICE, "changed": true, "detail": detail, "texts": 0})
    );
    until("X has revoked the grant", async || {
        system.sim.grants_in_force("demo") == 0
    })
    .await;
    // The second time, nothing changes, and that is no error.
    let printed = system.json(&["accounts", "block", ALICE]).await;
    assert_eq!(printed["changed"], false);
    let ran = system.birdcall(&["accounts", "block", ALICE]).await;
    assert_eq!(ran.out, format!("{ALICE} was blocked already\n"));
    let listed = system.json(&["accounts", "blocked"]).await;
    assert_eq!(listed[0]["phone"], ALICE);
    assert_eq!(listed.as_array().map(Vec::len), Some(1));

    let sid = system.sim.text(ALICE, "post this").await;
    let text = system.text_once(&sid, "ignored").await;
    assert_eq!(text["reason"], "blocked");
    assert_eq!(system.sim.replies_to(ALICE).len(), told);
    assert_eq!(system.posts(), NONE);

    let printed = system.json(&["accounts", "unblock", ALICE]).await;
    assert_eq!(printed["changed"], true);
    let printed = system.json(&["accounts", "unblock", ALICE]).await;
    assert_eq!(
        printed,
        json!({"phone": ALICE, "changed": false, "detail": "was not blocked"})
    );
    let deeds = system.json(&["audit"]).await;
    let actions: Vec<_> = deeds.as_array().expect("an array").iter().collect();
    assert_eq!(actions.len(), 2, "{deeds}");
    assert_eq!(deeds[0]["action"], "unblock");
    assert_eq!(deeds[1]["action"], "block");
    assert_eq!(deeds[1]["reason"], "stolen");
    assert!(!deeds.to_string().contains(ALICE), "{deeds}");
    let ran = system.birdcall(&["accounts", "block", "nonsense"]).await;
    assert_eq!(ran.code, Some(2), "{}", ran.out);
    system.end().await;
}

async fn a_waiting_text_is_cancelled_or_given_up_by_the_command(database_url: String) {
    let (system, _web, _worker) = linked(&database_url).await;
    let posted = system.sim.text(ALICE, "posted").await;
    system.text_once_told(&posted).await;
    system.birdcall(&["queue", "pause", "tweet"]).await;
    let first = system.sim.text(ALICE, "first").await;
    let second = system.sim.text(ALICE, "second").await;
    system.text_once(&first, "waiting").await;
    system.text_once(&second, "waiting").await;

    // The later one first: the end of the earlier one would wake it, and a worker may hold it then.
    let ran = system.birdcall(&["texts", "give-up", &second]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let done = format!("the text {second} is given up and was not posted\n");
    assert_eq!(ran.out, done);
    let printed = system.json(&["texts", "cancel", &first]).await;
    let outcome = "is cancelled and will not be posted";
    assert_eq!(
        printed,
        json!({"message_sid": first, "done": true, "outcome": outcome})
    );
    for (sid, words) in [
        (
            &first,
            "'first' was not posted: the operator of this service cancelled it.",
        ),
        (
            &second,
            "'second' was not posted: the operator of this service gave it up. Text it again if it still matters.",
        ),
    ] {
        let text = system.text_once_told(sid).await;
        assert_eq!(text["reply"]["body"], words);
    }
    for (sid, words) in [
        (first.as_str(), "has already ended without being posted"),
        (&posted, "was already posted"),
        ("SMnothing", "there is no text"),
    ] {
        for command in ["cancel", "give-up"] {
            let ran = system.birdcall(&["texts", command, sid]).await;
            assert_eq!(ran.code, Some(1), "{}", ran.out);
            assert!(ran.err.contains(words), "{}", ran.err);
        }
    }
    system.birdcall(&["queue", "resume", "tweet"]).await;
    assert_eq!(system.posts(), ["posted"]);
    let deeds = system.json(&["audit"]).await;
    let actions = deeds.as_array().expect("an array").iter();
    let actions: Vec<_> = actions.filter_map(|deed| deed["action"].as_str()).collect();
    assert_eq!(actions, ["resume", "cancel", "give-up", "pause"]);
    system.end().await;
}
