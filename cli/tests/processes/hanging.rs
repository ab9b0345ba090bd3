//! Posts whose calls hang use up their own slots, and nobody else's.

use birdcall_sim::{Fault, FaultAction};

use crate::prelude::*;

on_both_engines!(posts_that_hang_hold_up_neither_commands_nor_sign_ins);

/// The number of slots for posts.
const SLOTS: usize = 4;
/// Phones whose posts hang: more than there are slots of every kind together.
const PHONES: usize = 12;

async fn posts_that_hang_hold_up_neither_commands_nor_sign_ins(database_url: String) {
    let mut system = System::prepare(&database_url).await;
    system.set("WORKER_CONCURRENCY", &SLOTS.to_string());
    system.set("SHUTDOWN_TIMEOUT", "200ms");
    system.set("CALL_TIMEOUT", "15m");
    system.set("LEASE", "30m");
    let _web = system.start_web().await;
    let _worker = system.start_worker().await;
    let phones = system.link_phones(PHONES).await;
    system.link(ALICE, "demo").await;

    // No call ends before the test does.
    let hangs = FaultAction::Delay { millis: 900_000 };
    system.sim.fault(Fault::new("x.create_post", hangs));
    for phone in &phones {
        system.sim.text(phone, "this hangs").await;
    }
    until("every slot for posts has a call that hangs", async || {
        system.under_way("x.create_post") == SLOTS
    })
    .await;

    for command in [r"\STATUS", r"\STOP"] {
        let told = system.sim.replies_to(ALICE).len();
        system.sim.text(ALICE, command).await;
        until(&format!("{command} is answered"), async || {
            system.sim.replies_to(ALICE).len() > told
        })
        .await;
    }
    system.link("+15550003333", "newcomer").await;
    assert_eq!(system.under_way("x.create_post"), SLOTS);
    assert_eq!(system.posts(), NONE);
}
