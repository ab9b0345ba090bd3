//! Blocking a number, as when a phone was stolen.

use birdcall_domain::{
    blocking::{Blocking, Unblocking},
    clock::Timestamp,
    inbound::{Disposition, IgnoreReason},
    text::Reason,
};
use birdcall_ledger::{accounts::Link, audit::By, grants::Grant, take_in::Receipt};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    reply_work::sent,
    values::{
        ALICE, BOB, CAROL, HORIZON, NOW, doubts, inbound, pair, phone, publishes, reply, seconds,
        sid, waits,
    },
};

on_both_engines!(
    blocking_ends_everything_of_a_number_at_once,
    a_second_block_changes_nothing_and_is_not_in_the_audit,
    a_number_that_was_never_linked_can_be_blocked,
    the_texts_of_a_blocked_number_are_recorded_and_nothing_else,
    what_a_worker_holds_when_its_number_is_blocked_ends_without_a_reply,
    no_sign_in_of_a_blocked_number_goes_on,
    unblocking_undoes_only_the_block,
);

/// An operator with a reason.
fn by(audit_id: &str) -> By<'_> {
    By {
        actor: "ada",
        reason: "stolen in the train",
        audit_id,
    }
}

impl TestLedger {
    async fn block(&self, number: &str, audit_id: &str) -> Blocking {
        let phone = phone(number);
        let blocked = self.block_number(&phone, by(audit_id), NOW);
        blocked.await.unwrap()
    }

    async fn unblock(&self, number: &str, audit_id: &str) -> Unblocking {
        let phone = phone(number);
        let unblocked = self.unblock_number(&phone, by(audit_id), NOW);
        unblocked.await.unwrap()
    }

    /// The audit, oldest first.
    async fn audited(&self) -> Vec<String> {
        self.words(
            "SELECT actor || ' ' || action || ' ' || subject || ': ' || detail || ' (' || reason || ')'
             FROM audit ORDER BY at, id",
        )
        .await
    }
}

async fn blocking_ends_everything_of_a_number_at_once(ledger: TestLedger) {
    let account = ledger.linked(ALICE).await;
    ledger.post(1, ALICE).await;
    ledger.settle_as(1, &publishes("100"), NOW).await;
    ledger.post(3, ALICE).await;
    let far = NOW + HORIZON;
    ledger.settle_as(3, &waits(Reason::Money, far), NOW).await;
    // Nothing comes before this one.
    ledger.post(2, ALICE).await;
    let first = format!(
        "UPDATE texts SET arrival = -arrival WHERE sid = '{}'",
        sid(2)
    );
    ledger.run(&first).await;
    let look = Some(NOW + seconds(30));
    ledger.settle_as(2, &doubts(look), NOW).await;
    ledger.post(4, ALICE).await;
    ledger.command(5, ALICE).await;
    ledger.receive(inbound(6, ALICE, r"\stop")).await;
    ledger.post(7, BOB).await;
    ledger.add("queued", ALICE, NOW).await;
    ledger.add("to bob", BOB, NOW).await;
    ledger.take_jobs(far).await;

    let blocked = ledger.block(ALICE, "deed").await;
    let (was_linked, texts) = (true, 2);
    assert_eq!(blocked, Blocking::Blocked { was_linked, texts });
    assert!(ledger.account_of(ALICE).await.unwrap().is_none());
    let pending = ledger.words("SELECT access_token FROM revocations").await;
    assert_eq!(pending, [account.access_token]);
    for (number, standing, due) in [
        (1, "published", None),
        (2, "in_doubt", None),
        (3, "refused blocked", None),
        (4, "refused blocked", None),
        (5, "command blocked", None),
        (6, "received", Some(NOW.0)),
        (7, "received", Some(NOW.0)),
    ] {
        assert_eq!(ledger.standing(number).await, standing, "text {number}");
        assert_eq!(ledger.text(number).await.next_attempt_at, due, "{number}");
    }
    assert_eq!(ledger.reply("queued").await.state, "suppressed");
    assert_eq!(ledger.claim_reply("queued", "w", NOW).await, "nothing");
    assert_eq!(ledger.claim_reply("to bob", "w", NOW).await, "send");
    assert_eq!(
        ledger.take_jobs(NOW).await,
        [format!("revoke account {ALICE}:1")]
    );
    assert_eq!(
        ledger.audited().await,
        [
            "ada block +15*******01: is unlinked and blocked; a worker has X revoke its tokens; 2 texts that waited \
             will not be posted (stolen in the train)"
        ]
    );
}

async fn a_second_block_changes_nothing_and_is_not_in_the_audit(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    assert!(ledger.block(ALICE, "first").await.changed());
    assert_eq!(
        ledger.block(ALICE, "second").await,
        Blocking::AlreadyBlocked
    );
    assert_eq!(ledger.words("SELECT id FROM audit").await, ["first"]);
    let since = ledger
        .number("SELECT blocked_at FROM blocked_numbers")
        .await;
    assert_eq!(since, NOW.0);
}

async fn a_number_that_was_never_linked_can_be_blocked(ledger: TestLedger) {
    ledger.receive(inbound(1, CAROL, "hello?")).await;
    let (was_linked, texts) = (false, 0);
    let blocked = ledger.block(CAROL, "deed").await;
    assert_eq!(blocked, Blocking::Blocked { was_linked, texts });
    // Its first text is not answered with the link any more.
    assert_eq!(ledger.standing(1).await, "refused blocked");
    assert!(ledger.block(BOB, "other").await.changed());
    let listed = ledger.blocked_numbers(None, 10).await.unwrap();
    let listed: Vec<&str> = listed.iter().map(|one| one.phone.as_str()).collect();
    assert_eq!(listed, [BOB, CAROL]);
    assert_eq!(ledger.blocked_total().await.unwrap().count, 2);
    assert!(ledger.is_blocked(&phone(BOB)).await.unwrap());
    assert!(!ledger.is_blocked(&phone(ALICE)).await.unwrap());
}

async fn the_texts_of_a_blocked_number_are_recorded_and_nothing_else(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    ledger.block(ALICE, "deed").await;
    ledger.take_jobs(NOW).await;
    for (number, body, reason) in [
        (1, "hello", IgnoreReason::Blocked),
        (2, r"\undo", IgnoreReason::Blocked),
        (3, r"\stop", IgnoreReason::Blocked),
    ] {
        let receipt = ledger.receive(inbound(number, ALICE, body)).await;
        assert_eq!(receipt, Receipt::New(Disposition::Ignore(reason)), "{body}");
        assert_eq!(ledger.standing(number).await, "ignored blocked");
    }
    // Twilio acts on its words, so they are known.
    ledger.receive(inbound(4, ALICE, "STOP")).await;
    assert_eq!(ledger.standing(4).await, "ignored keyword");
    assert!(ledger.opted_out(ALICE).await);
    assert!(ledger.take_jobs(NOW + HORIZON).await.is_empty());
    assert_eq!(ledger.number("SELECT COUNT(*) FROM replies").await, 0);
}

async fn what_a_worker_holds_when_its_number_is_blocked_ends_without_a_reply(ledger: TestLedger) {
    // One text is being posted, and one was only claimed.
    ledger.post(1, ALICE).await;
    ledger.post(2, BOB).await;
    let posting = ledger.hold(1, "w", NOW).await;
    assert_eq!(ledger.arm(1, "w", NOW).await, Some(1));
    ledger.hold(2, "w", NOW).await;
    // One confirmation is with Twilio, and one waits for its turn.
    ledger.add("sending", ALICE, NOW).await;
    ledger.arm_reply("sending", "w", NOW).await;
    ledger.block(ALICE, "1").await;
    ledger.block(BOB, "2").await;

    assert_eq!(ledger.arm(2, "w", NOW).await, None, "nothing may be called");
    assert_eq!(ledger.standing(2).await, "refused blocked");
    let published = publishes("100");
    let outcome = birdcall_ledger::texts::TextOutcome {
        reply: Some(reply("final", ALICE, "posted")),
        ..crate::values::only(&published)
    };
    let settled = ledger.settle(&posting.text, "w", outcome, NOW).await;
    assert!(settled.unwrap());
    assert_eq!(ledger.standing(1).await, "published");
    // The post is on X, and nobody is told.
    assert_eq!(ledger.claim_reply("final", "w", NOW).await, "blocked");
    assert!(ledger.settle_reply("sending", "w", &sent("SM1"), NOW).await);
    assert_eq!(ledger.reply("sending").await.state, "sent");
}

async fn no_sign_in_of_a_blocked_number_goes_on(ledger: TestLedger) {
    // Three sign-ins: one that was not begun, one at X, and one that waits to be confirmed.
    ledger.begin("open", ALICE, NOW).await;
    ledger.begin("granted", ALICE, NOW + seconds(1)).await;
    ledger.use_sign_in("granted", NOW).await;
    let grant = Grant {
        account_id: "account".to_owned(),
        state_hash: "granted".to_owned(),
        pair: pair("1"),
        x_user_id: "2244994945".to_owned(),
        x_handle: "birdcall".to_owned(),
    };
    let until = NOW + seconds(900);
    let kept = ledger.keep_grant(&grant, "secret", until, NOW);
    kept.await.unwrap();
    assert!(ledger.link_works(&phone(ALICE), NOW).await.unwrap());

    ledger.block(ALICE, "deed").await;
    assert!(!ledger.link_works(&phone(ALICE), NOW).await.unwrap());
    let used = ledger.use_authorization("open", NOW).await.unwrap();
    assert!(used.is_none());
    let used = ledger.use_confirmation("secret", true, NOW).await.unwrap();
    assert!(!used);
    let due = ledger.unconfirmed_grants(NOW, 10).await.unwrap();
    assert_eq!(due.len(), 1, "it is revoked at once");
    for link_issued_at in [None, Some(NOW)] {
        let link = Link {
            id: "late",
            phone: &phone(ALICE),
            pair: &pair("1"),
            x_user_id: "2244994945",
            x_handle: "birdcall",
            retry_horizon: HORIZON,
            state_hash: "granted",
            link_issued_at,
            reply: &reply("welcome", ALICE, "You are signed in."),
        };
        assert!(!ledger.link_account(link, NOW).await.unwrap());
    }
    // A link that was texted after all leads nowhere.
    let late: Timestamp = NOW + seconds(60);
    ledger
        .run(&format!(
            "UPDATE replies SET link_works = 1, link_issued_at = {} WHERE phone = '{ALICE}' AND sign_in = 1",
            late.0
        ))
        .await;
    assert!(!ledger.link_works(&phone(ALICE), late).await.unwrap());
    assert!(ledger.account_of(ALICE).await.unwrap().is_none());
}

async fn unblocking_undoes_only_the_block(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    assert_eq!(ledger.unblock(ALICE, "0").await, Unblocking::NotBlocked);
    ledger.block(ALICE, "1").await;
    assert_eq!(ledger.unblock(ALICE, "2").await, Unblocking::Unblocked);
    assert_eq!(ledger.unblock(ALICE, "3").await, Unblocking::NotBlocked);
    assert_eq!(
        ledger.words("SELECT id FROM audit ORDER BY id").await,
        ["1", "2"]
    );
    assert_eq!(
        ledger.audited().await[1],
        "ada unblock +15*******01: is not blocked any more; it is not linked (stolen in the train)"
    );
    assert_eq!(ledger.standing(1).await, "refused blocked");
    assert!(ledger.account_of(ALICE).await.unwrap().is_none());
    let receipt = ledger.receive(inbound(2, ALICE, "hello?")).await;
    assert_eq!(receipt, Receipt::New(Disposition::SignIn));
    ledger.link(ALICE, "again", "welcome").await;
    ledger.post(3, ALICE).await;
    assert!(ledger.text(3).await.sid == sid(3));
}
