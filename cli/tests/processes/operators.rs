//! `birdcall operators`: an operator who was added can sign in to the console, with the newest password
//! only, and not after being removed.

use serde_json::Value;

use crate::prelude::*;

on_both_engines!(operators_are_added_changed_and_removed);

/// The status of the answer to a sign-in: 303 if it worked.
async fn sign_in(system: &System, web: &Program, name: &str, password: &Value) -> u16 {
    let password = password.as_str().expect("a password");
    let form = [("name", name), ("password", password)];
    system.post_form(web, "/admin/sign-in", &form).await
}

async fn operators_are_added_changed_and_removed(database_url: String) {
    let system = System::prepare(&database_url).await;
    let web = system.start_web().await;
    assert_eq!(system.get(&web, "/admin/sign-in").await.0, 404);
    let add = [
        "operators",
        "add",
        "olivia",
        "--role",
        "read",
        "--why",
        "she helps",
    ];
    let added = system.json(&add).await;
    let first = &added["password"];
    assert_eq!(system.get(&web, "/admin/sign-in").await.0, 200);
    assert_eq!(sign_in(&system, &web, "olivia", first).await, 303);
    assert_eq!(
        system.birdcall(&add).await.code,
        Some(1),
        "the name is taken"
    );

    let role = ["operators", "role", "olivia", "operate"];
    assert_eq!(system.json(&role).await["changed"], true);
    assert_eq!(system.json(&role).await["changed"], false);
    let listed = system.json(&["operators", "list"]).await;
    assert_eq!(listed[0]["role"], "operate");
    assert!(listed[0]["created_at"].is_string());

    let reset = system.json(&["operators", "password", "olivia"]).await;
    assert_eq!(sign_in(&system, &web, "olivia", first).await, 403);
    assert_eq!(
        sign_in(&system, &web, "olivia", &reset["password"]).await,
        303
    );

    let audit = system.json(&["audit"]).await;
    let deeds: Vec<(&str, &str)> = audit
        .as_array()
        .expect("an array")
        .iter()
        .rev()
        .map(|deed| {
            let word = |name: &str| deed[name].as_str().expect("text");
            (word("action"), word("reason"))
        })
        .collect();
    assert!(deeds.contains(&("operators add", "she helps")), "{deeds:?}");
    for action in ["operators role", "operators password", "sign in"] {
        assert!(deeds.contains(&(action, "")), "{action}: {deeds:?}");
    }

    let remove = ["operators", "remove", "olivia"];
    assert_eq!(system.birdcall(&remove).await.code, Some(0));
    assert_eq!(system.birdcall(&remove).await.code, Some(1));
    assert_eq!(system.get(&web, "/admin/sign-in").await.0, 404);
    for wrong in [
        &["operators", "add", "admin", "--role", "read"][..],
        &["operators", "add", "olivia"],
    ] {
        assert_eq!(system.birdcall(wrong).await.code, Some(2), "{wrong:?}");
    }
    system.end().await;
}
