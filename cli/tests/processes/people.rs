//! `birdcall people` and `birdcall texts reply`.

use serde_json::json;

use crate::prelude::*;

on_both_engines!(
    a_number_is_allowed_invited_and_removed_by_the_command,
    an_operator_replies_to_the_sender_of_a_text_by_the_command,
);

const BOB: &str = "+15550002222";

async fn a_number_is_allowed_invited_and_removed_by_the_command(database_url: String) {
    let mut system = System::prepare(&database_url).await;
    system.set("SIGNUP", "allowlist");
    system.set("ALLOWED_NUMBERS", BOB);
    let _web = system.start_web().await;
    let _worker = system.start_worker().await;
    let ignored = system.sim.text(ALICE, "hello?").await;
    let text = system.text_once(&ignored, "ignored").await;
    assert_eq!(text["reason"], "not_invited");

    let allowed = system
        .json(&["people", "allow", ALICE, "--note", "Alice"])
        .await;
    let detail = "may sign up from now on";
    assert_eq!(
        allowed,
        json!({"phone": ALICE, "changed": true, "detail": detail})
    );
    let again = system.json(&["people", "allow", ALICE]).await;
    assert_eq!(again["changed"], false);
    let ran = system
        .birdcall(&["people", "invite", ALICE, "--why", "a friend"])
        .await;
    let invited = format!("{ALICE} may sign up, and the sign-in link is texted to it\n");
    assert_eq!(
        (ran.code, ran.out.as_str()),
        (Some(0), invited.as_str()),
        "{}",
        ran.err
    );
    until("the invitation is delivered", async || {
        system.json(&["people", "list"]).await[0]["delivery"] == "delivered"
    })
    .await;
    let told = system.sim.replies_to(ALICE);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].starts_with("Birdcall posts your texts on X. You are invited: http"));
    let ran = system.birdcall(&["people", "invite", ALICE]).await;
    assert_eq!(ran.code, Some(1));
    assert!(ran.err.contains("INVITE_AGAIN_AFTER"), "{}", ran.err);

    let listed = system.json(&["people", "list"]).await;
    let rows = listed.as_array().expect("an array");
    assert_eq!(rows.len(), 2, "{listed}");
    assert_eq!(rows[0]["phone"], ALICE);
    assert_eq!(rows[0]["note"], "Alice");
    assert_eq!(rows[0]["allowed_by"], "olivia");
    assert_eq!(rows[0]["invitation"], "sent");
    assert_eq!(rows[1]["phone"], BOB);
    assert_eq!(rows[1]["allowed_by"], "ALLOWED_NUMBERS");
    assert!(rows[1]["allowed_at"].is_null(), "{listed}");
    let ran = system.birdcall(&["people", "list"]).await;
    assert!(ran.out.contains("may sign up"), "{}", ran.out);
    assert!(ran.out.contains("(delivered)"), "{}", ran.out);

    let ran = system.birdcall(&["people", "remove", ALICE]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let sid = system.sim.text(ALICE, "hello?").await;
    system.text_once(&sid, "ignored").await;
    for (arguments, words) in [
        (["people", "remove", ALICE], "was not on the list"),
        (["people", "remove", BOB], "removed from that setting"),
        (["accounts", "block", ALICE], ""),
        (["people", "allow", ALICE], "unblock it first"),
        (["people", "invite", ALICE], "unblock it first"),
    ] {
        let ran = system.birdcall(&arguments).await;
        assert_eq!(
            ran.code,
            Some(i32::from(!words.is_empty())),
            "{arguments:?}"
        );
        assert!(ran.err.contains(words), "{}", ran.err);
    }
    let long = "x".repeat(81);
    let ran = system
        .birdcall(&["people", "allow", ALICE, "--note", &long])
        .await;
    assert_eq!(ran.code, Some(2), "{}", ran.err);
    let deeds = system.json(&["audit"]).await;
    let actions = deeds.as_array().expect("an array").iter();
    let actions: Vec<_> = actions.filter_map(|deed| deed["action"].as_str()).collect();
    assert_eq!(actions, ["block", "remove", "invite", "allow"]);
    assert!(!deeds.to_string().contains(ALICE), "{deeds}");
    assert_eq!(deeds[2]["reason"], "a friend");
    system.end().await;
}

async fn an_operator_replies_to_the_sender_of_a_text_by_the_command(database_url: String) {
    let (system, _web, _worker) = linked(&database_url).await;
    let sid = system.sim.text(ALICE, "are you there?").await;
    system.text_once_told(&sid).await;
    let told = system.sim.replies_to(ALICE).len();
    let printed = system
        .json(&["texts", "reply", &sid, "Yes,", "we", "are."])
        .await;
    assert_eq!(
        printed,
        json!({
            "message_sid": sid, "done": true, "outcome": "is answered: the reply is on its way",
            "length": "12 characters in 1 segment",
        })
    );
    until("the reply is delivered", async || {
        let replies = system.json(&["replies", "list"]).await;
        replies[0]["purpose"] == "by_hand" && replies[0]["delivery"] == "delivered"
    })
    .await;
    let replies = system.sim.replies_to(ALICE);
    assert_eq!(replies.len(), told + 1, "{replies:?}");
    assert!(replies.contains(&"Yes, we are.".to_owned()));
    // It says how a text ended, also after a reply by hand.
    let text = system.json(&["texts", "show", &sid]).await;
    assert_eq!(text["reply"]["purpose"], "final");
    let deeds = system.json(&["audit"]).await;
    assert_eq!(deeds[0]["action"], "reply");
    assert_eq!(deeds[0]["detail"], "12 characters in 1 segment");
    assert!(!deeds.to_string().contains("Yes"), "{deeds}");

    let long = "x".repeat(1601);
    for (arguments, code, words) in [
        (
            &["texts", "reply", &sid, &long][..],
            2,
            "1 to 1600 characters",
        ),
        (&["texts", "reply", &sid], 2, ""),
        (
            &["texts", "reply", "SMnothing", "hello"],
            1,
            "there is no text",
        ),
        (&["accounts", "block", ALICE], 0, ""),
        (&["texts", "reply", &sid, "hello"], 1, "a blocked number"),
    ] {
        let ran = system.birdcall(arguments).await;
        assert_eq!(ran.code, Some(code), "{arguments:?} {}", ran.err);
        assert!(ran.err.contains(words), "{}", ran.err);
    }
    assert_eq!(system.sim.replies_to(ALICE).len(), told + 1);
    system.end().await;
}
