//! The inbox: what is taken in, and what becomes of it.

use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

use birdcall_domain::{
    clock::{Clock, ManualClock, Timestamp},
    command::Keyword,
    inbound::{Disposition, IgnoreReason, InboundText},
    sign_up::SignUpRule,
};
use birdcall_ledger::{
    Ledger, Tx,
    inbox::Inbox,
    inbox_lock::INBOX_LOCK,
    take_in::{InboxPolicy, Receipt},
};
use futures_util::future::join_all;
use sqlx::{Postgres, Transaction};

use crate::{
    engines::on_both_engines,
    ledger::{TestLedger, inbox_policy},
    values::{ALICE, BOB, HORIZON, NOW, SERVICE, inbound, phone, publishes, seconds, sid},
};

on_both_engines!(
    a_text_is_taken_in_once,
    a_text_that_two_processes_take_in_at_once_is_one_text,
    two_processes_that_take_texts_in_do_not_deadlock,
    a_number_that_is_not_linked_is_answered_with_the_link,
    a_linked_number_posts_and_commands,
    a_number_that_is_not_invited_is_recorded_and_nothing_else,
    a_sender_that_cannot_be_answered_is_recorded_and_nothing_else,
    stop_and_start_turn_our_texts_off_and_on,
    a_repeated_stop_does_not_undo_a_start,
    texts_of_one_phone_keep_their_order_while_the_clock_stands_still,
    texts_of_one_phone_keep_their_order_when_the_clock_is_set_back,
    texts_of_one_phone_keep_their_order_when_the_clocks_of_webs_differ,
    a_text_that_waits_for_the_inbox_arrives_when_it_opens,
    a_phone_that_floods_is_refused_and_told_once,
    a_text_whose_caller_has_given_up_is_not_taken_in,
    a_text_with_a_nul_is_taken_in_like_any_other,
);

async fn a_text_is_taken_in_once(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    let text = inbound(1, ALICE, "hello");
    let first = ledger.receive(text.clone()).await;
    assert_eq!(first, Receipt::New(Disposition::Post));
    assert_eq!(ledger.receive(text.clone()).await, Receipt::Known);
    let at_once = ledger.receive_all([text.clone(), text]).await;
    assert!(at_once.into_iter().all(|it| it.unwrap() == Receipt::Known));

    let row = ledger.text(1).await;
    assert_eq!(
        (row.phone.as_str(), row.service_number.as_str()),
        (ALICE, SERVICE)
    );
    assert_eq!(
        (row.body.as_str(), row.state.as_str()),
        ("hello", "received")
    );
    assert_eq!(row.next_attempt_at, Some(NOW.0));
    assert_eq!(row.deadline_at, (NOW + HORIZON).0);
    assert_eq!(ledger.number("SELECT COUNT(*) FROM texts").await, 1);
    assert_eq!(ledger.take_jobs(NOW).await, [format!("tweet {}", sid(1))]);
}

async fn a_text_that_two_processes_take_in_at_once_is_one_text(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    let (here, there) = (ledger.another().await, ledger.another().await);
    let here = ledger.inbox_of(&here, SignUpRule::Open);
    let there = ledger.inbox_of(&there, SignUpRule::Open);
    // The second process takes them in the other order, which is the worst case for locks.
    let forth = (1..=20).map(|n| here.receive(inbound(n, ALICE, "hello")));
    let back = (1..=20).rev();
    let back = back.map(|n| there.receive(inbound(n, ALICE, "hello")));
    let (forth, back) = tokio::join!(join_all(forth), join_all(back));

    let new = Receipt::New(Disposition::Post);
    for (one, other) in forth.into_iter().zip(back.into_iter().rev()) {
        let receipts = [one.unwrap(), other.unwrap()];
        assert!(receipts.contains(&new), "{receipts:?}");
        assert!(receipts.contains(&Receipt::Known), "{receipts:?}");
    }
    assert_eq!(ledger.number("SELECT COUNT(*) FROM texts").await, 20);
    let mut jobs: Vec<String> = (1..=20).map(|n| format!("tweet {}", sid(n))).collect();
    jobs.sort();
    assert_eq!(ledger.take_jobs(NOW).await, jobs);
}

async fn two_processes_that_take_texts_in_do_not_deadlock(ledger: TestLedger) {
    let phones: Vec<String> = (1..=20).map(|n| format!("+155512300{n:02}")).collect();
    for phone in &phones {
        ledger.linked(phone).await;
    }
    let (here, there) = (ledger.another().await, ledger.another().await);
    let here = ledger.inbox_of(&here, SignUpRule::Open);
    let there = ledger.inbox_of(&there, SignUpRule::Open);
    // The same phones text to both processes, to the second one in the other order.
    let forth = (1..).zip(&phones);
    let forth = forth.map(|(n, phone)| here.receive(inbound(n, phone, "hello")));
    let back = (101..).zip(phones.iter().rev());
    let back = back.map(|(n, phone)| there.receive(inbound(n, phone, "hello")));
    let (forth, back) = tokio::join!(join_all(forth), join_all(back));
    for receipt in forth.into_iter().chain(back) {
        assert_eq!(receipt.unwrap(), Receipt::New(Disposition::Post));
    }
    // The clock stands still. A batch numbers its texts 0 to 19, and a text arrives after what its
    // phone has sent before: p and max(19 - p, p + 1), over all p. If the database had rolled a batch
    // back, each of its texts would have been taken in alone, with the number 0, and the sum would
    // be less.
    let counted = ledger.number("SELECT CAST(SUM(arrival) AS BIGINT) FROM texts");
    assert_eq!(counted.await - 40 * NOW.0 * 1000, 490);
}

async fn a_number_that_is_not_linked_is_answered_with_the_link(ledger: TestLedger) {
    let receipt = ledger.receive(inbound(1, ALICE, "hello")).await;
    assert_eq!(receipt, Receipt::New(Disposition::SignIn));
    assert_eq!(ledger.text(1).await.kind, "sign_in");
    assert_eq!(ledger.standing(1).await, "received");
    assert_eq!(ledger.take_jobs(NOW).await, [format!("reauth {}", sid(1))]);
}

async fn a_linked_number_posts_and_commands(ledger: TestLedger) {
    let account = ledger.linked(ALICE).await;
    ledger.clock.advance(seconds(60));
    ledger.post(1, ALICE).await;
    ledger.command(2, ALICE).await;
    assert_eq!(ledger.text(1).await.kind, "post");
    assert_eq!(ledger.text(2).await.kind, "command");
    let account = ledger.account(&account.id).await;
    assert_eq!(account.last_text_at, (NOW + seconds(60)).0);
    assert_eq!(
        ledger.take_jobs(NOW + seconds(60)).await,
        [format!("command {}", sid(2)), format!("tweet {}", sid(1))]
    );

    // A number that has to sign in again still posts. The text waits.
    ledger.disconnect_account(&account.id, 1).await.unwrap();
    ledger.post(3, ALICE).await;
}

async fn a_number_that_is_not_invited_is_recorded_and_nothing_else(ledger: TestLedger) {
    let invited = SignUpRule::Allowlist(vec![phone(BOB)]);
    let inbox = ledger.inbox_of(&ledger, invited);
    let receipt = inbox.receive(inbound(1, ALICE, "hello")).await.unwrap();
    let ignored = Receipt::New(Disposition::Ignore(IgnoreReason::NotInvited));
    assert_eq!(receipt, ignored);
    assert_eq!(ledger.standing(1).await, "ignored not_invited");
    assert_eq!(ledger.text(1).await.next_attempt_at, None);
    assert!(ledger.take_jobs(NOW).await.is_empty());

    let receipt = inbox.receive(inbound(2, BOB, "hello")).await.unwrap();
    assert_eq!(receipt, Receipt::New(Disposition::SignIn));
    // A number that is linked already may post.
    ledger.linked(ALICE).await;
    let receipt = inbox.receive(inbound(3, ALICE, "hello")).await.unwrap();
    assert_eq!(receipt, Receipt::New(Disposition::Post));
}

async fn a_sender_that_cannot_be_answered_is_recorded_and_nothing_else(ledger: TestLedger) {
    let ignored = Receipt::New(Disposition::Ignore(IgnoreReason::Sender));
    for (number, from) in (1..).zip(["72404", "BANK", "whatsapp:+15551230001", "", SERVICE]) {
        let receipt = ledger.receive(inbound(number, from, "hello")).await;
        assert_eq!(receipt, ignored, "{from}");
        assert_eq!(ledger.standing(number).await, "ignored sender");
    }
    assert!(ledger.take_jobs(NOW).await.is_empty());
}

async fn stop_and_start_turn_our_texts_off_and_on(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    let keyword = |keyword| Receipt::New(Disposition::Ignore(IgnoreReason::Keyword(keyword)));
    let advanced = InboundText {
        opt_out_type: Some("STOP".to_owned()),
        ..inbound(4, ALICE, "arret")
    };
    for (text, expected, opted_out) in [
        (inbound(1, ALICE, "STOP"), Keyword::OptOut, true),
        (inbound(2, ALICE, "help"), Keyword::Help, true),
        (inbound(3, ALICE, "START"), Keyword::OptIn, false),
        (advanced, Keyword::OptOut, true),
    ] {
        assert_eq!(ledger.receive(text).await, keyword(expected));
        assert_eq!(ledger.opted_out(ALICE).await, opted_out, "{expected:?}");
    }
    assert!(!ledger.opted_out(BOB).await);
    assert_eq!(ledger.standing(1).await, "ignored keyword");
    assert!(ledger.take_jobs(NOW).await.is_empty());
}

async fn a_repeated_stop_does_not_undo_a_start(ledger: TestLedger) {
    ledger.receive(inbound(1, ALICE, "STOP")).await;
    ledger.receive(inbound(2, ALICE, "START")).await;
    let repeated = ledger.receive(inbound(1, ALICE, "STOP")).await;
    assert_eq!(repeated, Receipt::Known);
    assert!(!ledger.opted_out(ALICE).await);
}

async fn texts_of_one_phone_keep_their_order_while_the_clock_stands_still(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    for batch in 0..3 {
        let texts = (1..=50).map(|n| inbound(batch * 50 + n, ALICE, "hello"));
        for received in ledger.receive_all(texts).await {
            received.unwrap();
        }
    }
    assert_in_order(&ledger, 150).await;
}

/// A clock that goes backwards.
#[derive(Debug)]
struct SetBack(AtomicI64);

impl Clock for SetBack {
    fn now(&self) -> Timestamp {
        Timestamp(self.0.fetch_sub(1000, Ordering::SeqCst))
    }
}

async fn texts_of_one_phone_keep_their_order_when_the_clock_is_set_back(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    let clock = Arc::new(SetBack(AtomicI64::new(NOW.0)));
    let inbox = Inbox::open(&ledger, clock, inbox_policy(SignUpRule::Open));
    for number in 1..=5 {
        inbox
            .receive(inbound(number, ALICE, "hello"))
            .await
            .unwrap();
    }
    assert_in_order(&ledger, 5).await;
}

async fn texts_of_one_phone_keep_their_order_when_the_clocks_of_webs_differ(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    let clock = Arc::new(ManualClock::new(NOW - seconds(60)));
    let behind = Inbox::open(
        &ledger.another().await,
        clock,
        inbox_policy(SignUpRule::Open),
    );
    for number in [1, 3] {
        ledger.receive(inbound(number, ALICE, "hello")).await;
        let late = behind.receive(inbound(number + 1, ALICE, "hello"));
        late.await.unwrap();
    }
    assert_in_order(&ledger, 4).await;
}

/// The transaction of another process that takes texts in.
enum HeldDoor {
    Sqlite(Tx),
    Postgres(Transaction<'static, Postgres>),
}

/// Holds the lock of the inbox, as a process that takes texts in does.
async fn hold_door(ledger: &TestLedger) -> HeldDoor {
    match &ledger.ledger {
        Ledger::Sqlite { .. } => HeldDoor::Sqlite(ledger.write("take_in").await.unwrap()),
        Ledger::Postgres { pool, .. } => {
            let mut tx = pool.begin().await.unwrap();
            let lock = sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(INBOX_LOCK);
            lock.execute(&mut *tx).await.unwrap();
            HeldDoor::Postgres(tx)
        }
    }
}

impl HeldDoor {
    async fn open(self) {
        match self {
            Self::Sqlite(tx) => tx.commit().await.unwrap(),
            Self::Postgres(tx) => tx.commit().await.unwrap(),
        }
    }
}

async fn a_text_that_waits_for_the_inbox_arrives_when_it_opens(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    let held = hold_door(&ledger).await;
    let mut waiting = Box::pin(ledger.receive(inbound(1, ALICE, "hello")));
    assert!(futures_util::poll!(&mut waiting).is_pending());
    // The inbox has done what it does before it has the lock. Only now does time pass.
    tokio::task::yield_now().await;
    ledger.clock.advance(seconds(60));
    held.open().await;
    waiting.await;
    assert_eq!(ledger.text(1).await.received_at, (NOW + seconds(60)).0);
}

async fn a_phone_that_floods_is_refused_and_told_once(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    ledger.linked(BOB).await;
    let policy = InboxPolicy {
        open_texts_max: 2,
        ..inbox_policy(SignUpRule::Open)
    };
    let inbox = Inbox::open(&ledger, Arc::new(ledger.clock.clone()), policy);
    let receive = async |number, from, body| {
        let receipt = inbox.receive(inbound(number, from, body)).await;
        receipt.unwrap()
    };
    for number in [1, 2] {
        let receipt = receive(number, ALICE, "hello").await;
        assert_eq!(receipt, Receipt::New(Disposition::Post));
    }
    for number in [3, 4] {
        let receipt = receive(number, ALICE, "too much").await;
        assert_eq!(receipt, Receipt::New(Disposition::TooMany));
        assert_eq!(ledger.standing(number).await, "refused too_many");
    }
    // Other phones are not refused, and \STOP is done.
    let receipt = receive(5, BOB, "hello").await;
    assert_eq!(receipt, Receipt::New(Disposition::Post));
    let receipt = receive(6, ALICE, r"\STOP").await;
    assert_eq!(receipt, Receipt::New(Disposition::Command));

    let told = ledger.reply(&format!("{}:too_many", sid(1))).await;
    assert!(
        told.body.starts_with("'too much' was not posted"),
        "{}",
        told.body
    );
    assert_eq!(ledger.number("SELECT COUNT(*) FROM replies").await, 1);
    let mut jobs = vec![format!("reply {}:too_many", sid(1))];
    jobs.extend([1, 2, 5].map(|number| format!("tweet {}", sid(number))));
    jobs.push(format!("command {}", sid(6)));
    jobs.sort();
    assert_eq!(ledger.take_jobs(NOW).await, jobs);

    // Once there is room again, texts are taken, and the next flood is answered again.
    for (number, post) in [(1, "100"), (2, "101")] {
        let published = publishes(post);
        ledger.settle_as(number, &published, NOW).await;
    }
    let receipt = receive(7, ALICE, "hello").await;
    assert_eq!(receipt, Receipt::New(Disposition::Post));
    let receipt = receive(8, ALICE, r"\status").await;
    let ignored = Disposition::Ignore(IgnoreReason::TooMany);
    assert_eq!(receipt, Receipt::New(ignored));
    ledger.reply(&format!("{}:too_many", sid(6))).await;
}

async fn assert_in_order(ledger: &TestLedger, texts: usize) {
    let by_arrival = ledger.words("SELECT sid FROM texts ORDER BY arrival").await;
    let expected: Vec<String> = (1..)
        .map(|number| sid(number).to_string())
        .take(texts)
        .collect();
    assert_eq!(by_arrival, expected);
    let moments = ledger
        .number("SELECT COUNT(DISTINCT arrival) FROM texts")
        .await;
    assert_eq!(usize::try_from(moments).unwrap(), texts);
}

async fn a_text_whose_caller_has_given_up_is_not_taken_in(ledger: TestLedger) {
    let inbox = ledger.inbox_of(&ledger, SignUpRule::Open);
    {
        let mut given_up = Box::pin(inbox.receive(inbound(1, ALICE, "hello")));
        assert!(futures_util::poll!(&mut given_up).is_pending());
    }
    inbox.receive(inbound(2, ALICE, "hello")).await.unwrap();
    let taken = ledger.words("SELECT sid FROM texts").await;
    assert_eq!(taken, [sid(2).to_string()]);
}

/// UCS-2 can carry U+0000, and PostgreSQL's `TEXT` cannot. What is stored may differ, but the text
/// must not be lost.
async fn a_text_with_a_nul_is_taken_in_like_any_other(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    let bodies = ["before", "zero \0 zero", "after"];
    let texts = (1..).zip(bodies).map(|(n, body)| inbound(n, ALICE, body));
    let received = ledger.receive_all(texts).await;
    let new = Receipt::New(Disposition::Post);
    for (body, receipt) in bodies.into_iter().zip(received) {
        assert_eq!(receipt.expect(body), new, "{body:?}");
    }
    assert_in_order(&ledger, 3).await;
}
