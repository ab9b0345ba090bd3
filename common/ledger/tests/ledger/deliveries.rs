//! What Twilio reports of our messages, in whatever order it arrives.

use birdcall_domain::{
    clock::Timestamp,
    reply::{NewReply, ReplyState, StatusUpdate},
};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    reply_work::{became, sent},
    values::{ALICE, HORIZON, NOW, inbound, reply, seconds, sid},
};

on_both_engines!(
    a_later_state_is_never_overwritten_by_an_earlier_one,
    a_report_that_comes_before_the_sid_is_known_is_kept,
    a_report_that_names_the_reply_proves_that_it_was_sent,
    a_report_proves_nothing_about_a_reply_that_waits,
    a_reply_that_was_not_delivered_is_sent_again_once,
    a_late_report_of_the_first_message_proves_nothing_about_the_second,
    a_reply_is_not_sent_again_past_its_deadline,
    a_reply_that_cannot_be_delivered_is_not_sent_again,
    a_report_of_an_opt_out_is_remembered,
    a_late_report_of_an_opt_out_does_not_silence_a_number_that_opted_in_since,
);

impl TestLedger {
    async fn report(
        &self,
        twilio_sid: &str,
        status: &str,
        error_code: Option<u32>,
        reply_id: Option<&str>,
        now: Timestamp,
    ) -> bool {
        let update = StatusUpdate {
            sid: twilio_sid.to_owned(),
            status: status.to_owned(),
            error_code,
        };
        let recorded = self.ledger.record_delivery(&update, reply_id, now);
        recorded.await.unwrap()
    }

    /// Sends a reply, which Twilio accepts.
    async fn send(&self, id: &str, twilio_sid: &str, now: Timestamp) {
        self.arm_reply(id, "w", now).await;
        assert!(self.settle_reply(id, "w", &sent(twilio_sid), now).await);
    }

    /// Writes and sends a reply, which Twilio accepts.
    async fn send_new(&self, id: &str, twilio_sid: &str, now: Timestamp) {
        self.add(id, ALICE, now).await;
        self.send(id, twilio_sid, now).await;
    }

    async fn add_reply_to_text(&self, id: &str) {
        let new = NewReply {
            text_sid: Some(sid(1)),
            ..reply(id, ALICE, "hi")
        };
        assert!(self.ledger.add_reply(&new, NOW).await.unwrap());
        assert_eq!(self.take_jobs(NOW).await, [format!("reply {id}")]);
    }

    async fn delivery(&self) -> Option<String> {
        let mut replies = self.ledger.replies_to(&sid(1)).await.unwrap();
        replies.pop().expect("a reply to the text").delivery
    }
}

async fn a_later_state_is_never_overwritten_by_an_earlier_one(ledger: TestLedger) {
    ledger.add_reply_to_text("r").await;
    ledger.send("r", "SM1", NOW).await;
    for (status, recorded, delivery) in [
        ("sent", true, "sent"),
        ("queued", false, "sent"),
        ("sent", false, "sent"),
        ("delivered", true, "delivered"),
        ("sending", false, "delivered"),
        ("undelivered", false, "delivered"),
        ("something new", false, "delivered"),
        ("read", true, "read"),
    ] {
        assert_eq!(
            ledger.report("SM1", status, None, None, NOW).await,
            recorded,
            "{status}"
        );
        assert_eq!(
            ledger.delivery().await.as_deref(),
            Some(delivery),
            "{status}"
        );
    }
}

async fn a_report_that_comes_before_the_sid_is_known_is_kept(ledger: TestLedger) {
    ledger.add_reply_to_text("r").await;
    ledger.arm_reply("r", "w", NOW).await;
    assert!(ledger.report("SM1", "delivered", None, None, NOW).await);
    assert_eq!(ledger.delivery().await, None);
    assert!(ledger.settle_reply("r", "w", &sent("SM1"), NOW).await);
    assert_eq!(ledger.delivery().await.as_deref(), Some("delivered"));
}

async fn a_report_that_names_the_reply_proves_that_it_was_sent(ledger: TestLedger) {
    for (number, id) in (1..).zip(["sending", "in doubt", "at rest"]) {
        ledger.add(id, ALICE, NOW).await;
        ledger.arm_reply(id, "w", NOW).await;
        if id != "sending" {
            let next = (id == "in doubt").then_some(NOW + seconds(5));
            let doubt = became(ReplyState::InDoubt, next);
            assert!(ledger.settle_reply(id, "w", &doubt, NOW).await);
        }
        let twilio_sid = format!("SM{number}");
        assert!(
            ledger
                .report(&twilio_sid, "queued", None, Some(id), NOW)
                .await
        );
        let proved = ledger.reply(id).await;
        assert_eq!(proved.state, "sent", "{id}");
        assert_eq!(proved.twilio_sid, Some(twilio_sid));
        assert_eq!(proved.next_attempt_at, None);
        // The worker's own answer comes late, and changes nothing.
        let doubt = became(ReplyState::InDoubt, Some(NOW));
        assert!(!ledger.settle_reply(id, "w", &doubt, NOW).await);
        assert_eq!(ledger.claim_reply(id, "w", NOW + HORIZON).await, "nothing");
    }
}

async fn a_report_proves_nothing_about_a_reply_that_waits(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    assert!(ledger.report("SM1", "queued", None, Some("r"), NOW).await);
    let row = ledger.reply("r").await;
    assert_eq!((row.state.as_str(), row.twilio_sid), ("queued", None));
    assert!(
        ledger
            .report("SM2", "queued", None, Some("no such reply"), NOW)
            .await
    );
}

async fn a_reply_that_was_not_delivered_is_sent_again_once(ledger: TestLedger) {
    ledger.add_reply_to_text("r").await;
    ledger.send("r", "SM1", NOW).await;
    assert!(
        ledger
            .report("SM1", "undelivered", Some(30003), Some("r"), NOW)
            .await
    );
    let again = NOW + seconds(300);
    let row = ledger.reply("r").await;
    assert_eq!((row.state.as_str(), row.resends), ("queued", 1));
    assert_eq!(row.twilio_sid, None);
    assert_eq!(row.next_attempt_at, Some(again.0));
    // Twilio reports it once more.
    assert!(
        !ledger
            .report("SM1", "undelivered", Some(30003), Some("r"), NOW)
            .await
    );
    assert!(ledger.take_jobs(again - seconds(1)).await.is_empty());
    assert_eq!(ledger.take_jobs(again).await, ["reply r"]);

    ledger.send("r", "SM2", again).await;
    assert!(
        ledger
            .report("SM2", "undelivered", Some(30003), Some("r"), again)
            .await
    );
    let row = ledger.reply("r").await;
    assert_eq!((row.state.as_str(), row.resends), ("sent", 1));
    assert_eq!(row.error_code, Some(30003));
    assert_eq!(
        row.error.as_deref(),
        Some("the phone is off or out of reach")
    );
    assert!(ledger.take_jobs(again + HORIZON).await.is_empty());
    assert_eq!(ledger.delivery().await.as_deref(), Some("undelivered"));
    assert_eq!(row.delivery.as_deref(), Some("undelivered"));
}

async fn a_late_report_of_the_first_message_proves_nothing_about_the_second(ledger: TestLedger) {
    ledger.add_reply_to_text("r").await;
    ledger.send("r", "SM1", NOW).await;
    assert!(
        ledger
            .report("SM1", "undelivered", Some(30003), Some("r"), NOW)
            .await
    );
    let again = NOW + seconds(300);
    ledger.arm_reply("r", "w", again).await;
    assert!(!ledger.report("SM1", "sent", None, Some("r"), again).await);
    let sending = ledger.reply("r").await;
    assert_eq!(
        (sending.state.as_str(), sending.twilio_sid),
        ("sending", None)
    );
    assert!(ledger.settle_reply("r", "w", &sent("SM2"), again).await);
}

async fn a_reply_is_not_sent_again_past_its_deadline(ledger: TestLedger) {
    ledger.add_reply_to_text("r").await;
    ledger.send("r", "SM1", NOW).await;
    let late = NOW + HORIZON - seconds(300);
    assert!(
        ledger
            .report("SM1", "undelivered", Some(30003), Some("r"), late)
            .await
    );
    assert_eq!(ledger.reply("r").await.state, "sent");
}

async fn a_reply_that_cannot_be_delivered_is_not_sent_again(ledger: TestLedger) {
    ledger.add_reply_to_text("r").await;
    ledger.send("r", "SM1", NOW).await;
    assert!(
        ledger
            .report("SM1", "undelivered", Some(30005), Some("r"), NOW)
            .await
    );
    let row = ledger.reply("r").await;
    assert_eq!((row.state.as_str(), row.error_code), ("sent", Some(30005)));
    assert_eq!(row.error.as_deref(), Some("the number does not exist"));
    assert!(ledger.take_jobs(NOW + HORIZON).await.is_empty());
    assert!(!ledger.opted_out(ALICE).await);
}

async fn a_report_of_an_opt_out_is_remembered(ledger: TestLedger) {
    ledger.add_reply_to_text("r").await;
    ledger.send("r", "SM1", NOW).await;
    assert!(
        ledger
            .report("SM1", "failed", Some(21610), Some("r"), NOW)
            .await
    );
    assert!(ledger.opted_out(ALICE).await);
}

async fn a_late_report_of_an_opt_out_does_not_silence_a_number_that_opted_in_since(
    ledger: TestLedger,
) {
    ledger.receive(inbound(1, ALICE, "STOP")).await;
    ledger.receive(inbound(2, ALICE, "START")).await;
    ledger.clock.advance(seconds(10));
    ledger.send_new("early", "SM1", NOW + seconds(5)).await;
    ledger.receive(inbound(3, ALICE, "STOP")).await;
    ledger.clock.advance(seconds(10));
    ledger.receive(inbound(4, ALICE, "START")).await;
    assert!(!ledger.opted_out(ALICE).await);
    let late = NOW + seconds(60);
    ledger
        .report("SM1", "undelivered", Some(21610), Some("early"), late)
        .await;
    assert!(!ledger.opted_out(ALICE).await);
    ledger.send_new("late", "SM2", late).await;
    ledger
        .report("SM2", "undelivered", Some(21610), Some("late"), late)
        .await;
    assert!(ledger.opted_out(ALICE).await);
}
