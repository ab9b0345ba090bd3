//! Two transactions that cross each other: who waits for whom. On SQLite only one of them writes at a
//! time, so these orders cannot arise there.

use birdcall_domain::{reply::StatusUpdate, text::Effect};
use birdcall_ledger::{Ledger, texts::Settled};
use sqlx::{PgPool, Postgres, Transaction};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    reply_work::sent,
    values::{ALICE, NOW, done_with, inbound, only},
};

on_both_engines!(
    a_text_that_crosses_a_stop_is_the_first_text_of_a_new_number,
    a_report_takes_the_lane_before_the_reply,
);

fn pool(ledger: &TestLedger) -> Option<&PgPool> {
    match &ledger.ledger {
        Ledger::Sqlite { .. } => None,
        Ledger::Postgres { pool, .. } => Some(pool),
    }
}

/// A transaction that has locked a row.
async fn locked(pool: &PgPool, sql: &'static str) -> Transaction<'static, Postgres> {
    let mut tx = pool.begin().await.unwrap();
    sqlx::query(sql).execute(&mut *tx).await.unwrap();
    tx
}

/// Waits until this number of transactions wait for a lock.
async fn until_waiting(pool: &PgPool, number: i64) {
    let sql = "SELECT COUNT(*) FROM pg_stat_activity
               WHERE datname = current_database() AND wait_event_type = 'Lock'";
    loop {
        let waiting: i64 = sqlx::query_scalar(sql).fetch_one(pool).await.unwrap();
        if waiting >= number {
            return;
        }
        tokio::task::yield_now().await;
    }
}

async fn a_text_that_crosses_a_stop_is_the_first_text_of_a_new_number(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    ledger.receive(inbound(1, ALICE, r"\STOP")).await;
    ledger.hold(1, "w", NOW).await;
    let done = done_with(Effect::Forget {
        audit_id: "deed".to_owned(),
        revocation: birdcall_domain::account::Revocation::Revoked,
        revoked: None,
    });
    match pool(&ledger) {
        None => {
            ledger.receive(inbound(2, ALICE, "hello")).await;
            let settled = ledger.try_to_settle(1, "w", only(&done), NOW).await;
            assert_eq!(settled, Settled::Written);
        }
        Some(pool) => {
            // The text is taken in, and read as a post, while the account is there; the transaction
            // cannot end yet. The \STOP is settled in the meantime.
            let held = locked(pool, "SELECT * FROM accounts FOR UPDATE").await;
            let receive = ledger.receive(inbound(2, ALICE, "hello"));
            let settle = async {
                until_waiting(pool, 1).await;
                let settle = ledger.try_to_settle(1, "w", only(&done), NOW);
                let release = async {
                    until_waiting(pool, 2).await;
                    held.rollback().await.unwrap();
                };
                tokio::join!(settle, release).0
            };
            let (_, settled) = tokio::join!(receive, settle);
            assert_eq!(settled, Settled::Written);
        }
    }
    assert_eq!(ledger.account_of(ALICE).await.unwrap(), None);
    let text = ledger.text(2).await;
    assert_eq!((text.kind.as_str(), text.body.as_str()), ("sign_in", ""));
}

async fn a_report_takes_the_lane_before_the_reply(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    ledger.arm_reply("r", "w", NOW).await;
    assert!(ledger.settle_reply("r", "w", &sent("SM1"), NOW).await);
    let update = StatusUpdate {
        sid: "SM1".to_owned(),
        status: "undelivered".to_owned(),
        error_code: Some(21610),
    };
    let report = ledger.ledger.record_delivery(&update, Some("r"), NOW);
    match pool(&ledger) {
        None => assert!(report.await.unwrap()),
        Some(pool) => {
            // A worker that claims the reply has the lane, and wants the reply next.
            let mut worker = locked(pool, "SELECT * FROM lanes FOR UPDATE").await;
            let claim = async {
                until_waiting(pool, 1).await;
                let sql = "SELECT * FROM replies FOR UPDATE NOWAIT";
                let reply = sqlx::query(sql).execute(&mut *worker).await;
                worker.rollback().await.unwrap();
                reply.unwrap();
            };
            let (recorded, ()) = tokio::join!(report, claim);
            assert!(recorded.unwrap());
        }
    }
    assert!(ledger.opted_out(ALICE).await);
}
