//! `birdcall accounts`: linked numbers are listed, shown and unlinked.

use std::sync::Arc;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use birdcall_common::vault::{SecretKeys, Vault};
use birdcall_domain::random::SystemRandom;
use birdcall_ledger::{Ledger, accounts::seal_context, database::DatabaseUrl};
use secrecy::ExposeSecret as _;

use crate::{prelude::*, system::SECRET_KEY};

on_both_engines!(
    linked_numbers_are_shown_without_their_tokens,
    a_number_is_unlinked_and_its_tokens_are_revoked_at_x,
    a_number_is_unlinked_whatever_x_says,
);

async fn linked_numbers_are_shown_without_their_tokens(database_url: String) {
    let (system, _web, _worker) = linked(&database_url).await;
    let tokens = tokens(&database_url).await;

    let listed = system.json(&["accounts", "list"]).await;
    let shown = system.json(&["accounts", "show", ALICE]).await;
    assert_eq!(listed[0], shown);
    assert_eq!(shown["phone"], ALICE);
    assert_eq!(shown["x_handle"], "demo");
    assert_eq!(shown["x_user_id"], system.sim.user("demo").id.as_str());
    assert_eq!(shown["state"], "active");
    for arguments in [
        &["accounts", "list"][..],
        &["accounts", "list", "--json"],
        &["accounts", "show", ALICE],
        &["accounts", "show", ALICE, "--json"],
    ] {
        let ran = system.birdcall(arguments).await;
        assert_eq!(ran.code, Some(0), "{}", ran.err);
        for token in &tokens {
            assert!(!ran.out.contains(token), "{arguments:?}: {}", ran.out);
            assert!(!ran.err.contains(token), "{arguments:?}: {}", ran.err);
        }
    }

    let ran = system.birdcall(&["accounts", "show", "+15550002222"]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    system.end().await;
}

async fn a_number_is_unlinked_and_its_tokens_are_revoked_at_x(database_url: String) {
    let (system, _web, _worker) = linked(&database_url).await;
    let ran = system.birdcall(&["accounts", "unlink", ALICE]).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    until("X has revoked the grant", async || {
        system.sim.grants_in_force("demo") == 0
    })
    .await;
    let ran = system.birdcall(&["accounts", "show", ALICE]).await;
    assert_eq!(ran.code, Some(1), "{}", ran.err);
    let ran = system.birdcall(&["accounts", "unlink", ALICE]).await;
    assert_eq!(
        ran.code,
        Some(1),
        "the number is no longer linked: {}",
        ran.out
    );
    let deeds = system.json(&["audit"]).await;
    assert_eq!(deeds[0]["action"], "unlink");
    assert!(!deeds.to_string().contains(ALICE), "{deeds}");

    system.sim.text(ALICE, "am I still there?").await;
    until("the number gets the link again", async || {
        let replies = system.sim.replies_to(ALICE);
        let links = replies
            .iter()
            .filter(|reply| reply.contains("/auth/?phone="));
        links.count() == 2
    })
    .await;
    assert_eq!(system.posts(), NONE);
    system.end().await;
}

async fn a_number_is_unlinked_whatever_x_says(database_url: String) {
    let (mut system, _web, mut worker) = linked(&database_url).await;
    worker.stop().await;
    // The command needs no settings but those of the database, so a wrong key is in nobody's way.
    system.set("SECRET_KEY", &STANDARD.encode([9; 32]));
    let asked = ["--why", "stolen phone", "accounts", "unlink", ALICE];
    let ran = system.birdcall(&asked).await;
    assert_eq!(ran.code, Some(0), "{}", ran.err);
    let words = "is unlinked; a worker has X revoke its tokens";
    assert_eq!(ran.out, format!("{ALICE} {words}\n"));
    let deeds = system.json(&["audit"]).await;
    assert_eq!(deeds[0]["detail"], words);
    assert_eq!(deeds[0]["reason"], "stolen phone");
    assert_eq!(system.calls("x.revoke"), 0);
    system.set("SECRET_KEY", SECRET_KEY);
    let _worker = system.start_worker().await;
    until("X has revoked the grant", async || {
        system.sim.grants_in_force("demo") == 0
    })
    .await;
    system.end().await;
}

/// Alice's tokens, both as the ledger stores them and as X knows them.
async fn tokens(database_url: &str) -> Vec<String> {
    let url: DatabaseUrl = database_url.parse().expect("a database's URL");
    let ledger = Ledger::open(&url.into()).await.expect("the ledger");
    let account = ledger
        .account_of(&ALICE.parse().expect("a phone"))
        .await
        .expect("the ledger");
    let account = account.expect("Alice is linked");
    ledger.close().await;
    let key = STANDARD.decode(SECRET_KEY).expect("base64");
    let keys = SecretKeys::new(vec![key.try_into().expect("32 bytes")]).expect("a key");
    let vault = Vault::new(keys, Arc::new(SystemRandom));
    let mut tokens = vec![account.access_token.clone(), account.refresh_token.clone()];
    for (sealed, what) in [
        (&account.access_token, "access"),
        (&account.refresh_token, "refresh"),
    ] {
        let context = seal_context(&account.id, what);
        let opened = vault.open(sealed, &context).expect("our seal");
        tokens.push(opened.expose_secret().to_owned());
    }
    tokens
}
