//! Webhooks have connections of their own, which nothing else can hold.

use crate::{engines::on_both_engines, ledger::TestLedger};

on_both_engines!(a_ledger_apart_works_while_every_other_connection_is_held);

async fn a_ledger_apart_works_while_every_other_connection_is_held(ledger: TestLedger) {
    const CONNECTIONS: usize = 8;
    let apart = ledger.apart(1);
    let mut held = Vec::new();
    for _ in 0..CONNECTIONS {
        held.push(ledger.read("held").await.unwrap());
    }
    let tx = apart.write("webhook").await.unwrap();
    tx.commit().await.unwrap();
    drop(held);
    apart.close().await;
}
