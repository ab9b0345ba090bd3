//! Cancelling a text, and giving one up, at an operator's word.

use birdcall_domain::{
    clock::Timestamp,
    reply::ReplyWriter,
    text::{Ending, MessageSid, Reason, Settlement},
};
use birdcall_ledger::{audit::By, texts::Settled};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    values::{ALICE, DAILY, HORIZON, LEASE, NOW, doubts, only, publishes, sid, waits},
};

on_both_engines!(
    a_cancelled_text_is_refused_and_its_sender_is_told_once,
    a_text_that_is_given_up_fails_and_its_sender_reads_what_is_true,
    the_next_text_of_the_number_goes_on,
    a_text_in_the_hands_of_a_worker_is_left_to_it,
    a_lease_that_has_ended_holds_nobody_up,
    a_proof_that_comes_late_is_still_written,
    what_is_over_or_no_post_is_not_changed,
);

const WRITER: ReplyWriter = ReplyWriter {
    segments_max: 1,
    horizon: HORIZON,
    daily: DAILY,
};

fn by(audit_id: &str) -> By<'_> {
    By {
        actor: "ada",
        reason: "asked by phone",
        audit_id,
    }
}

impl TestLedger {
    async fn cancel(&self, number: u32, now: Timestamp) -> Ending {
        self.cancel_sid(&sid(number), now).await
    }

    async fn cancel_sid(&self, sid: &MessageSid, now: Timestamp) -> Ending {
        let id = format!("cancel {sid} {}", now.0);
        let ending = self.cancel_text(sid, &WRITER, by(&id), now);
        ending.await.unwrap()
    }

    async fn give_up(&self, number: u32, now: Timestamp) -> Ending {
        let id = format!("give up {number} {}", now.0);
        let sid = sid(number);
        let ending = self.give_text_up(&sid, &WRITER, by(&id), now);
        ending.await.unwrap()
    }

    /// What the sender of a text was told last about how it ended.
    async fn told(&self, number: u32) -> String {
        self.reply(&format!("{}:final", sid(number))).await.body
    }
}

async fn a_cancelled_text_is_refused_and_its_sender_is_told_once(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    let far = NOW + HORIZON;
    ledger.settle_as(1, &waits(Reason::Money, far), NOW).await;
    ledger.take_jobs(far).await;
    assert_eq!(ledger.cancel(1, NOW).await, Ending::Cancelled);
    assert_eq!(ledger.standing(1).await, "refused cancelled");
    assert_eq!(ledger.text(1).await.next_attempt_at, None);
    assert_eq!(
        ledger.told(1).await,
        "'hello' was not posted: the operator of this service cancelled it."
    );
    assert_eq!(
        ledger.take_jobs(far).await,
        [format!("reply {}:final", sid(1))]
    );
    // A second time, it is over already.
    assert_eq!(ledger.cancel(1, NOW).await, Ending::AlreadyOver);
    assert_eq!(ledger.give_up(1, NOW).await, Ending::AlreadyOver);
    assert_eq!(ledger.number("SELECT COUNT(*) FROM replies").await, 1);
    let deeds = ledger.deeds(10).await.unwrap();
    assert_eq!(deeds.len(), 1);
    let deed = &deeds[0];
    assert_eq!(
        (deed.actor.as_str(), deed.action.as_str()),
        ("ada", "cancel")
    );
    assert_eq!(
        (&deed.subject, &deed.reason),
        (&sid(1).to_string(), &"asked by phone".to_owned())
    );
    assert_eq!(
        deed.detail,
        "it was waiting (money); it is cancelled and will not be posted"
    );
}

async fn a_text_that_is_given_up_fails_and_its_sender_reads_what_is_true(ledger: TestLedger) {
    let not_posted = "'hello' was not posted: the operator of this service gave it up. Text it again if it still matters.";
    let may_be_posted = "X did not tell us whether it posted 'hello'. The operator of this service gave it up. Please check your timeline.";
    let far = NOW + HORIZON;
    let doubted = Settlement {
        doubted: true,
        ..waits(Reason::Money, far)
    };
    for (number, was, ending, told) in [
        (1, waits(Reason::Money, far), Ending::GivenUp, not_posted),
        (2, doubts(Some(far)), Ending::GivenUpInDoubt, may_be_posted),
        (3, doubts(None), Ending::GivenUpInDoubt, may_be_posted),
        (4, doubted, Ending::GivenUpInDoubt, may_be_posted),
    ] {
        ledger.post(number, ALICE).await;
        ledger.settle_as(number, &was, NOW).await;
        if ending == Ending::GivenUpInDoubt {
            assert_eq!(ledger.cancel(number, NOW).await, Ending::MayBePosted);
        }
        assert_eq!(ledger.give_up(number, NOW).await, ending, "{number}");
        assert_eq!(ledger.standing(number).await, "failed given_up");
        assert_eq!(ledger.told(number).await, told, "{number}");
    }
    let actions = ledger.words("SELECT DISTINCT action FROM audit").await;
    assert_eq!(actions, ["give-up"]);
}

async fn the_next_text_of_the_number_goes_on(ledger: TestLedger) {
    for gives_up in [false, true] {
        let first = if gives_up { 11 } else { 1 };
        let far = NOW + HORIZON;
        ledger.post(first, ALICE).await;
        ledger
            .settle_as(first, &waits(Reason::Outage, far), NOW)
            .await;
        ledger.post(first + 1, ALICE).await;
        assert_eq!(
            crate::text_work::word(&ledger.claim(first + 1, "w", NOW).await),
            "blocked"
        );
        ledger.take_jobs(far).await;
        match gives_up {
            false => ledger.cancel(first, NOW).await,
            true => ledger.give_up(first, NOW).await,
        };
        let jobs = ledger.take_jobs(NOW).await;
        assert!(
            jobs.contains(&format!("tweet {}", sid(first + 1))),
            "{jobs:?}"
        );
        ledger
            .settle_as(first + 1, &publishes(&first.to_string()), NOW)
            .await;
    }
}

async fn a_text_in_the_hands_of_a_worker_is_left_to_it(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.hold(1, "w", NOW).await;
    assert_eq!(ledger.cancel(1, NOW).await, Ending::Held);
    assert_eq!(ledger.give_up(1, NOW).await, Ending::Held);
    assert_eq!(ledger.arm(1, "w", NOW).await, Some(1));
    assert_eq!(ledger.cancel(1, NOW).await, Ending::Held);
    assert_eq!(ledger.give_up(1, NOW).await, Ending::Held);
    // Its worker has died: the next one finds out whether it was posted.
    assert_eq!(ledger.cancel(1, NOW + LEASE).await, Ending::MayBePosted);
    assert_eq!(ledger.give_up(1, NOW + LEASE).await, Ending::Held);
    assert_eq!(ledger.number("SELECT COUNT(*) FROM audit").await, 0);
    assert_eq!(ledger.number("SELECT COUNT(*) FROM replies").await, 0);
    let published = publishes("100");
    let settled = ledger.try_to_settle(1, "w", only(&published), NOW).await;
    assert_eq!(settled, Settled::Written);
}

async fn a_lease_that_has_ended_holds_nobody_up(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.hold(1, "slow", NOW).await;
    let over = NOW + LEASE;
    assert_eq!(ledger.cancel(1, over).await, Ending::Cancelled);
    // The worker was only slow. It may not call X any more.
    assert_eq!(ledger.arm(1, "slow", over).await, None);
    assert_eq!(ledger.standing(1).await, "refused cancelled");
}

async fn a_proof_that_comes_late_is_still_written(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.hold(1, "slow", NOW).await;
    ledger.arm(1, "slow", NOW).await;
    let over = NOW + LEASE;
    ledger.settle_as(1, &doubts(None), over).await;
    assert_eq!(ledger.give_up(1, over).await, Ending::GivenUpInDoubt);
    let published = publishes("100");
    let settled = ledger.try_to_settle(1, "slow", only(&published), over);
    assert_eq!(settled.await, Settled::Written);
    assert_eq!(ledger.standing(1).await, "published");
}

async fn what_is_over_or_no_post_is_not_changed(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.settle_as(1, &publishes("100"), NOW).await;
    ledger.command(2, ALICE).await;
    ledger.post(3, ALICE).await;
    ledger
        .run(&format!(
            "UPDATE texts SET phone = '' WHERE sid = '{}'",
            sid(3)
        ))
        .await;
    for (number, ending) in [
        (1, Ending::AlreadyPosted),
        (2, Ending::NotAPost),
        (3, Ending::Forgotten),
        (99, Ending::Unknown),
    ] {
        assert_eq!(ledger.cancel(number, NOW).await, ending, "{number}");
        assert_eq!(ledger.give_up(number, NOW).await, ending, "{number}");
    }
    assert_eq!(ledger.number("SELECT COUNT(*) FROM audit").await, 0);
    assert_eq!(ledger.number("SELECT COUNT(*) FROM replies").await, 0);
}
