//! Replies that operators write.

use birdcall_domain::reply::{HandReply, HandWritten, ReplyWriter};
use birdcall_ledger::{audit::By, replies::ByHand};

use crate::{
    engines::on_both_engines,
    forgetting::stop,
    ledger::TestLedger,
    values::{ALICE, BOB, DAILY, HORIZON, NOW, SERVICE, inbound, phone, publishes, sid},
};

on_both_engines!(
    an_operators_words_are_texted_once_as_they_are,
    the_audit_says_how_long_a_reply_is_and_not_what_it_says,
    what_may_not_be_answered_is_not,
    a_reply_that_waits_is_not_sent_to_a_number_that_says_stop_or_is_blocked,
);

impl TestLedger {
    async fn reply_with(&self, number: u32, key: &str, words: &str, audit_id: &str) -> HandReply {
        let words: HandWritten = words.parse().unwrap();
        let reply = ByHand {
            sid: &sid(number),
            key,
            words: &words,
            writer: &ReplyWriter {
                segments_max: 1,
                horizon: HORIZON,
                daily: DAILY,
            },
        };
        let by = By {
            actor: "ada",
            reason: "asked by telephone",
            audit_id,
        };
        self.reply_by_hand(reply, by, NOW).await.unwrap()
    }
}

async fn an_operators_words_are_texted_once_as_they_are(ledger: TestLedger) {
    // The sender need not be linked, nor may sign up.
    ledger.receive(inbound(1, ALICE, "hello")).await;
    ledger.take_jobs(NOW).await;
    let words = "It works again. ".repeat(20);
    let first = ledger.reply_with(1, "key", &words, "one").await;
    assert_eq!(first, HandReply::Written);
    let second = ledger.reply_with(1, "key", &words, "two").await;
    assert_eq!(second, HandReply::AlreadyWritten);
    let id = format!("{}:by_hand:key", sid(1));
    assert_eq!(ledger.take_jobs(NOW).await, [format!("reply {id}")]);
    let reply = ledger.ledger.reply(&id).await.unwrap().unwrap();
    assert_eq!(reply.body, words.trim());
    assert_eq!(reply.segments, 3);
    assert_eq!(reply.text_sid, Some(sid(1)));
    assert_eq!(reply.purpose.as_str(), "by_hand");
    let other = ledger.reply_with(1, "another key", &words, "three").await;
    assert_eq!(other, HandReply::Written);
    assert_eq!(ledger.number("SELECT COUNT(*) FROM audit").await, 2);
}

async fn the_audit_says_how_long_a_reply_is_and_not_what_it_says(ledger: TestLedger) {
    ledger.receive(inbound(1, ALICE, "hello")).await;
    ledger.reply_with(1, "key", "It works again.", "one").await;
    let deeds = "SELECT actor || ' ' || action || ' ' || subject || ': ' || detail || ' (' || reason || ')' FROM audit";
    assert_eq!(
        ledger.words(deeds).await,
        [format!(
            "ada reply {}: 15 characters in 1 segment (asked by telephone)",
            sid(1)
        )]
    );
}

async fn what_may_not_be_answered_is_not(ledger: TestLedger) {
    ledger.receive(inbound(1, "72404", "an advert")).await;
    ledger.receive(inbound(2, SERVICE, "an echo")).await;
    ledger.receive(inbound(3, BOB, "hello")).await;
    ledger.receive(inbound(4, BOB, "STOP")).await;
    ledger.post(5, ALICE).await;
    ledger.settle_as(5, &publishes("100"), NOW).await;
    stop(&ledger, 6).await;
    let blocked = "+15551230007";
    ledger.receive(inbound(7, blocked, "hello")).await;
    let by = By {
        actor: "ada",
        reason: "",
        audit_id: "block",
    };
    let block = ledger.block_number(&phone(blocked), by, NOW).await;
    block.unwrap();
    let before = ledger.number("SELECT COUNT(*) FROM replies").await;
    for (number, expected) in [
        (1, HandReply::NoPhone),
        (2, HandReply::NoPhone),
        (3, HandReply::OptedOut),
        (4, HandReply::OptedOut),
        (5, HandReply::Forgotten),
        (6, HandReply::Forgotten),
        (7, HandReply::Blocked),
        (8, HandReply::Unknown),
    ] {
        let became = ledger.reply_with(number, "key", "Hello", "reply").await;
        assert_eq!(became, expected, "text {number}");
    }
    let after = ledger.number("SELECT COUNT(*) FROM replies").await;
    assert_eq!(before, after);
    let replied = "SELECT COUNT(*) FROM audit WHERE action = 'reply'";
    assert_eq!(ledger.number(replied).await, 0);
    // Once the confirmation of `\STOP` is sent, nothing leads to the number any more.
    let goodbyes = "UPDATE replies SET next_attempt_at = NULL WHERE purpose = 'goodbye'";
    ledger.run(goodbyes).await;
    ledger.forget_goodbyes().await.unwrap();
    let became = ledger.reply_with(6, "key", "Hello", "reply").await;
    assert_eq!(became, HandReply::Forgotten);
}

async fn a_reply_that_waits_is_not_sent_to_a_number_that_says_stop_or_is_blocked(
    ledger: TestLedger,
) {
    ledger.receive(inbound(1, ALICE, "hello")).await;
    ledger.receive(inbound(2, BOB, "hello")).await;
    ledger.reply_with(1, "key", "Hello", "one").await;
    ledger.reply_with(2, "key", "Hello", "two").await;
    ledger.receive(inbound(3, ALICE, "STOP")).await;
    let by = By {
        actor: "ada",
        reason: "",
        audit_id: "block",
    };
    ledger.block_number(&phone(BOB), by, NOW).await.unwrap();
    let of = |number| format!("{}:by_hand:key", sid(number));
    assert_eq!(ledger.claim_reply(&of(1), "w", NOW).await, "opted out");
    assert_eq!(ledger.claim_reply(&of(2), "w", NOW).await, "nothing");
}
