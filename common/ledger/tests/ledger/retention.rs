//! Retention: what goes when it is old, what stays, and that nothing is posted again because of it.

use std::time::Duration;

use birdcall_domain::{
    clock::Timestamp,
    inbound::{InboundText, Missed},
    text::{Reason, TextState},
};
use birdcall_ledger::{
    audit::Deed,
    replay::outcome_of,
    retention::{Old, REMOVED_AT_ONCE, Walk},
    take_in::Receipt,
};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    reply_work::sent,
    values::{ALICE, BOB, CAROL, NOW, doubts, ends, inbound, publishes, seconds, sid, waits},
};

on_both_engines!(
    words_go_and_what_became_of_the_text_stays,
    texts_go_with_everything_that_belongs_to_them,
    what_is_younger_stays,
    what_is_open_or_in_doubt_stays,
    the_last_post_of_a_linked_number_stays_with_its_words,
    a_text_stays_while_a_command_of_its_number_is_under_way,
    a_text_stays_while_its_reply_is_open,
    a_text_that_became_open_since_it_was_looked_at_stays,
    a_text_that_was_removed_is_not_taken_for_missed,
    a_text_without_words_is_not_run_again,
    replies_reports_audit_and_numbers_go_too,
    everything_goes_however_much_there_is,
);

const DAY: Duration = Duration::from_secs(24 * 3600);
/// When everything of the test is old.
const LATER: Timestamp = Timestamp(NOW.0 + 100 * 86_400_000);

impl TestLedger {
    /// Removes what is older than `before`, as a worker does; returns how much.
    async fn remove(&self, old: Old, before: Timestamp) -> u64 {
        self.ledger.note_removal(before).await.unwrap();
        let (mut walk, mut removed) = (Walk::default(), 0);
        loop {
            let looked = self.ledger.look_for_old(old, &mut walk, before, LATER);
            let looked = looked.await.unwrap();
            for rows in looked.ripe.chunks(REMOVED_AT_ONCE) {
                removed += self.ledger.remove_old(old, rows, LATER).await.unwrap();
            }
            if !looked.more {
                return removed;
            }
        }
    }

    /// A post that is on X, from a number that is not linked any more unless `linked` is called again.
    async fn posted(&self, number: u32, from: &str) {
        self.post(number, from).await;
        let settlement = publishes(&format!("{number}"));
        self.settle_as(number, &settlement, NOW).await;
    }

    async fn unlink(&self, number: &str) {
        self.run(&format!("DELETE FROM accounts WHERE phone = '{number}'"))
            .await;
    }

    async fn has(&self, number: u32) -> bool {
        self.ledger.text(&sid(number)).await.unwrap().is_some()
    }

    async fn count(&self, table: &str) -> i64 {
        self.number(&format!("SELECT COUNT(*) FROM {table}")).await
    }

    /// A reply that was sent, to this text or to none.
    async fn reply_sent(&self, id: &str, to: &str, text: Option<u32>) {
        self.add(id, to, NOW).await;
        self.arm_reply(id, "w", NOW).await;
        let twilio_sid = format!("SM of {id}");
        assert!(self.settle_reply(id, "w", &sent(&twilio_sid), NOW).await);
        if let Some(number) = text {
            let sql = format!(
                "UPDATE replies SET text_sid = '{}' WHERE id = '{id}'",
                sid(number)
            );
            self.run(&sql).await;
        }
        self.run(&format!(
            "INSERT INTO deliveries (twilio_sid, status, rank, updated_at) VALUES ('{twilio_sid}', 'delivered', 5, {})",
            NOW.0
        ))
        .await;
    }
}

async fn words_go_and_what_became_of_the_text_stays(ledger: TestLedger) {
    ledger.posted(1, ALICE).await;
    ledger.unlink(ALICE).await;
    ledger.reply_sent("r", ALICE, Some(1)).await;
    assert_eq!(ledger.remove(Old::TextBodies, LATER).await, 1);
    assert_eq!(ledger.remove(Old::ReplyBodies, LATER).await, 1);
    let text = ledger.text(1).await;
    assert_eq!((text.body.as_str(), text.state.as_str()), ("", "published"));
    assert_eq!(text.post_id.as_deref(), Some("1"));
    assert_eq!(ledger.reply("r").await.body, "");
    // Nothing is left to do.
    assert_eq!(ledger.remove(Old::TextBodies, LATER).await, 0);
    assert_eq!(ledger.remove(Old::ReplyBodies, LATER).await, 0);
}

async fn texts_go_with_everything_that_belongs_to_them(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    let held = ledger.hold(1, "w", NOW).await;
    ledger.arm(1, "w", NOW).await.unwrap();
    let published = publishes("1");
    let settled = ledger.settle(&held.text, "w", crate::values::only(&published), NOW);
    assert!(settled.await.unwrap());
    ledger.unlink(ALICE).await;
    ledger.reply_sent("r", ALICE, Some(1)).await;
    ledger.posted(2, BOB).await;
    ledger.reply_sent("s", BOB, Some(2)).await;
    assert_eq!(ledger.count("attempts").await, 1);
    assert_eq!(ledger.remove(Old::Texts, LATER).await, 1);
    assert!(!ledger.has(1).await);
    for (table, rows) in [
        ("texts", 1),
        ("attempts", 0),
        ("replies", 1),
        ("deliveries", 1),
    ] {
        assert_eq!(ledger.count(table).await, rows, "{table}");
    }
    assert!(ledger.has(2).await);
}

async fn what_is_younger_stays(ledger: TestLedger) {
    ledger.posted(1, ALICE).await;
    ledger.clock.advance(DAY);
    ledger.receive(inbound(2, ALICE, "two")).await;
    ledger.settle_as(2, &publishes("2"), NOW + DAY).await;
    ledger.unlink(ALICE).await;
    assert_eq!(ledger.remove(Old::Texts, NOW + seconds(1)).await, 1);
    assert!(ledger.has(2).await);
    assert_eq!(ledger.remove(Old::Texts, NOW + DAY).await, 0);
    assert_eq!(ledger.remove(Old::Texts, NOW + DAY + seconds(1)).await, 1);
}

async fn what_is_open_or_in_doubt_stays(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.post(2, BOB).await;
    ledger
        .settle_as(2, &waits(Reason::Money, NOW + DAY), NOW)
        .await;
    // It rests: nothing is due, and nobody knows whether it is on X.
    ledger.post(3, CAROL).await;
    ledger.settle_as(3, &doubts(None), NOW).await;
    for old in [Old::TextBodies, Old::Texts] {
        assert_eq!(ledger.remove(old, LATER).await, 0, "{old:?}");
    }
    for number in [1, 2, 3] {
        assert_eq!(ledger.text(number).await.body, "hello");
    }
}

async fn the_last_post_of_a_linked_number_stays_with_its_words(ledger: TestLedger) {
    for number in [1, 2, 3] {
        ledger.posted(number, ALICE).await;
    }
    // \UNDO took the third one back, so the second is the last that is on X.
    let undone = format!(
        "UPDATE texts SET undone_at = {} WHERE sid = '{}'",
        NOW.0,
        sid(3)
    );
    ledger.run(&undone).await;
    assert_eq!(ledger.remove(Old::TextBodies, LATER).await, 2);
    assert_eq!(ledger.remove(Old::Texts, LATER).await, 2);
    assert!(!ledger.has(1).await && !ledger.has(3).await);
    assert_eq!(ledger.text(2).await.body, "hello");
    // A number that is not linked cannot take anything back.
    ledger.unlink(ALICE).await;
    assert_eq!(ledger.remove(Old::Texts, LATER).await, 1);
}

async fn a_text_stays_while_a_command_of_its_number_is_under_way(ledger: TestLedger) {
    ledger.posted(1, ALICE).await;
    ledger.posted(2, ALICE).await;
    ledger.command(3, ALICE).await;
    ledger.posted(4, BOB).await;
    ledger.posted(5, BOB).await;
    assert_eq!(ledger.remove(Old::Texts, LATER).await, 1);
    assert!(ledger.has(1).await && !ledger.has(4).await);
    ledger.settle_as(3, &ends(TextState::Command), NOW).await;
    // The older post and the command; the last post stays.
    assert_eq!(ledger.remove(Old::Texts, LATER).await, 2);
    assert!(ledger.has(2).await);
}

async fn a_text_stays_while_its_reply_is_open(ledger: TestLedger) {
    ledger.posted(1, ALICE).await;
    ledger.unlink(ALICE).await;
    ledger.add("r", ALICE, NOW).await;
    let belongs = format!("UPDATE replies SET text_sid = '{}'", sid(1));
    ledger.run(&belongs).await;
    assert_eq!(ledger.remove(Old::Texts, LATER).await, 0);
    assert_eq!(ledger.remove(Old::ReplyBodies, LATER).await, 0);
    ledger.arm_reply("r", "w", NOW).await;
    assert_eq!(ledger.remove(Old::Texts, LATER).await, 0);
    assert!(ledger.settle_reply("r", "w", &sent("SM1"), NOW).await);
    assert_eq!(ledger.remove(Old::Texts, LATER).await, 1);
}

async fn a_text_that_became_open_since_it_was_looked_at_stays(ledger: TestLedger) {
    ledger.posted(1, ALICE).await;
    ledger.unlink(ALICE).await;
    let mut walk = Walk::default();
    let looked = ledger
        .ledger
        .look_for_old(Old::Texts, &mut walk, LATER, LATER);
    let ripe = looked.await.unwrap().ripe;
    assert_eq!(ripe.len(), 1);
    // An operator runs it again at this moment.
    let again = format!(
        "UPDATE texts SET state = 'received', next_attempt_at = {}",
        LATER.0
    );
    ledger.run(&again).await;
    assert_eq!(
        ledger
            .ledger
            .remove_old(Old::Texts, &ripe, LATER)
            .await
            .unwrap(),
        0
    );
    assert!(ledger.has(1).await);
}

async fn a_text_that_was_removed_is_not_taken_for_missed(ledger: TestLedger) {
    ledger.posted(1, ALICE).await;
    ledger.unlink(ALICE).await;
    assert_eq!(ledger.remove(Old::Texts, NOW + seconds(1)).await, 1);
    ledger.linked(ALICE).await;
    let listed = |number: u32, texted_at: Timestamp| InboundText {
        missed: Some(Missed {
            texted_at,
            after: None,
            before: None,
            left: false,
        }),
        ..inbound(number, ALICE, "hello")
    };
    assert_eq!(ledger.receive(listed(1, NOW)).await, Receipt::Known);
    assert!(!ledger.has(1).await);
    // Clocks differ a little.
    let close = listed(2, NOW + seconds(3000));
    assert_eq!(ledger.receive(close).await, Receipt::Known);
    let missed = listed(3, NOW + seconds(3700));
    assert!(matches!(ledger.receive(missed).await, Receipt::New(_)));
    // The note of what was removed never goes back.
    ledger.ledger.note_removal(NOW - DAY).await.unwrap();
    assert_eq!(ledger.receive(listed(4, NOW)).await, Receipt::Known);
}

async fn a_text_without_words_is_not_run_again(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.settle_as(1, &ends(TextState::Failed), NOW).await;
    let words = |text| outcome_of(&text, true).as_str();
    let text = ledger.ledger.text(&sid(1)).await.unwrap().unwrap();
    assert_eq!(words(text), "will be posted");
    assert_eq!(ledger.remove(Old::TextBodies, LATER).await, 1);
    let text = ledger.ledger.text(&sid(1)).await.unwrap().unwrap();
    assert_eq!(
        words(text),
        "has no words, or has lost them because of its age"
    );
}

async fn replies_reports_audit_and_numbers_go_too(ledger: TestLedger) {
    ledger.posted(1, ALICE).await;
    ledger.unlink(ALICE).await;
    ledger.reply_sent("of the text", ALICE, Some(1)).await;
    ledger.reply_sent("of none", ALICE, None).await;
    let deed = Deed {
        actor: "ann",
        action: "pause",
        subject: "tweet",
        detail: "",
    };
    ledger.ledger.audit("a", deed, NOW).await.unwrap();
    let orphan = format!(
        "INSERT INTO deliveries (twilio_sid, status, rank, updated_at) VALUES ('SMgone', 'sent', 3, {})",
        NOW.0
    );
    ledger.run(&orphan).await;
    // The number has a text, so it stays.
    assert_eq!(ledger.remove(Old::Lanes, LATER).await, 0);
    assert_eq!(ledger.remove(Old::Replies, LATER).await, 1);
    assert_eq!(ledger.remove(Old::Deliveries, LATER).await, 1);
    assert_eq!(ledger.count("deliveries").await, 1);
    assert_eq!(ledger.remove(Old::Audit, NOW).await, 0);
    assert_eq!(ledger.remove(Old::Audit, LATER).await, 1);
    assert_eq!(ledger.remove(Old::Texts, LATER).await, 1);
    assert_eq!(ledger.count("deliveries").await, 0);
    assert_eq!(ledger.remove(Old::Lanes, LATER).await, 1);
    assert_eq!(ledger.count("lanes").await, 0);
    // Nobody may forget that a number wants no texts.
    ledger
        .run("INSERT INTO lanes (phone, opted_out, touched_at) VALUES ('+15551230009', 1, 1)")
        .await;
    assert_eq!(ledger.remove(Old::Lanes, LATER).await, 0);
}

async fn everything_goes_however_much_there_is(ledger: TestLedger) {
    // All in one moment, and more than one look reads.
    let rows = (1..=2100).map(|number| {
        format!(
            "('{}', '+15550000001', '+15559999999', 'hello', 0, 'post', 'refused', {number}, {now}, {now}, 0, 0, 0, 0, 0, 0, 0, 0)",
            sid(number),
            now = NOW.0
        )
    });
    let rows: Vec<String> = rows.collect();
    let sql = format!(
        "INSERT INTO texts (sid, phone, service_number, body, num_media, kind, state, arrival, received_at, deadline_at,
             woken_at, claims, deaths, failures, attempts, checks, doubted, replays) VALUES {}",
        rows.join(", ")
    );
    ledger.run(&sql).await;
    assert_eq!(ledger.remove(Old::TextBodies, LATER).await, 2100);
    assert_eq!(ledger.remove(Old::Texts, LATER).await, 2100);
    assert_eq!(ledger.count("texts").await, 0);
}
