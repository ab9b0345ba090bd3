//! What is known of the whole service at one moment.

use birdcall_domain::{
    overview::{Happening, VendorSeen},
    queue::Queue,
    reply::StatusUpdate,
    text::{Reason, TextState},
};
use birdcall_ledger::{overview::Cause, workers::Heartbeat};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    values::{ALICE, BOB, HORIZON, NOW, doubts, ends, publishes, seconds, waits},
};

on_both_engines!(
    a_worker_is_seen_with_its_version_and_what_it_saw_and_holds,
    what_waits_is_counted_by_what_it_waits_for,
    a_reply_that_did_not_arrive_is_counted_by_its_error,
    what_happened_is_counted_by_the_hour_and_forgotten_after_a_month,
    outcomes_are_counted_in_parts_of_a_span,
    an_overview_of_an_empty_ledger_is_empty,
    times_and_causes_are_those_of_the_texts,
    the_numbers_that_spend_most_come_first,
);

async fn a_worker_is_seen_with_its_version_and_what_it_saw_and_holds(ledger: TestLedger) {
    let x = VendorSeen {
        ok_at: Some(NOW),
        failed_at: Some(NOW + seconds(1)),
        failure: Some("timeout".to_owned()),
    };
    let beat = Heartbeat {
        name: "worker",
        version: "1.2.3",
        x: x.clone(),
        ..Heartbeat::default()
    };
    ledger
        .worker_seen(
            &Heartbeat {
                name: "other",
                ..Heartbeat::default()
            },
            NOW,
        )
        .await
        .unwrap();
    ledger.worker_seen(&beat, NOW + seconds(10)).await.unwrap();
    ledger.post(1, ALICE).await;
    ledger.claim(1, "worker/claim", NOW + seconds(10)).await;
    let seen = ledger.workers_seen(NOW + seconds(65)).await.unwrap();
    assert_eq!(seen.len(), 2);
    assert_eq!(
        (seen[0].name.as_str(), seen[0].version.as_str()),
        ("worker", "1.2.3")
    );
    assert_eq!((&seen[0].x, &seen[0].twilio), (&x, &VendorSeen::default()));
    assert_eq!(seen[0].holds, [crate::values::sid(1).to_string()]);
    assert!(seen[0].is_alive && !seen[1].is_alive);
    assert!(seen[1].holds.is_empty());

    // A heartbeat replaces the last one and keeps the start.
    let later = Heartbeat {
        x: VendorSeen::default(),
        ..beat
    };
    ledger.worker_seen(&later, NOW + seconds(70)).await.unwrap();
    let seen = ledger.workers_seen(NOW + seconds(70)).await.unwrap();
    assert_eq!(seen[0].started_at, NOW + seconds(10));
    assert_eq!(seen[0].x, VendorSeen::default());
}

async fn what_waits_is_counted_by_what_it_waits_for(ledger: TestLedger) {
    for number in 1..=4 {
        ledger
            .post(number, if number < 3 { ALICE } else { BOB })
            .await;
        ledger.clock.advance(seconds(60));
    }
    ledger
        .settle_as(1, &waits(Reason::Money, NOW + HORIZON), NOW)
        .await;
    let later = NOW + seconds(120);
    ledger.settle_as(3, &doubts(None), later).await;
    ledger
        .run("UPDATE texts SET state = 'waiting', reason = 'money' WHERE sid LIKE '%2'")
        .await;
    let facts = ledger.facts(NOW + seconds(300)).await.unwrap();
    let told: Vec<_> = facts
        .waiting
        .iter()
        .map(|rows| (rows.state, rows.reason, rows.count, rows.oldest))
        .collect();
    assert_eq!(
        told,
        [
            (TextState::Waiting, Some(Reason::Money), 2, NOW),
            (TextState::InDoubt, None, 1, NOW + seconds(120)),
        ]
    );
    ledger
        .run("UPDATE accounts SET state = 'needs_sign_in' WHERE phone = '+15551230001'")
        .await;
    ledger.pause_queue(Queue::Tweet, NOW).await.unwrap();
    let facts = ledger.facts(NOW + seconds(300)).await.unwrap();
    assert_eq!(facts.sign_ins_needed, 1);
    assert_eq!(facts.pauses[0].reason, Reason::Paused);
}

async fn a_reply_that_did_not_arrive_is_counted_by_its_error(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    let reply = |id: &str, state: &str, sid: &str| {
        format!(
            "INSERT INTO replies (id, phone, body, purpose, encoding, segments, state, twilio_sid, error_code, created_at,
                 deadline_at, woken_at, claims, failures, attempts, checks, resends)
             VALUES ('{id}', '{ALICE}', 'x', 'final', 'GSM-7', 1, '{state}', {sid}, NULL, {}, {}, 0, 0, 0, 1, 0, 0)",
            NOW.0, NOW.0
        )
    };
    for (id, state, sid) in [
        ("one", "sent", "'SM1'"),
        ("two", "sent", "'SM2'"),
        ("three", "sent", "'SM3'"),
        ("four", "failed", "NULL"),
    ] {
        ledger.run(&reply(id, state, sid)).await;
    }
    for (sid, status, error_code) in [
        ("SM1", "undelivered", Some(30007)),
        ("SM2", "failed", Some(30007)),
        ("SM3", "delivered", None),
        ("SM of nobody", "failed", Some(30007)),
    ] {
        let update = StatusUpdate {
            sid: sid.to_owned(),
            status: status.to_owned(),
            error_code,
        };
        ledger.record_delivery(&update, None, NOW).await.unwrap();
    }
    let facts = ledger.facts(NOW + seconds(60)).await.unwrap();
    let told: Vec<_> = facts
        .undelivered
        .iter()
        .map(|row| (row.error_code, row.count))
        .collect();
    assert_eq!(told, [(Some(30007), 2), (None, 1)]);
    // A day later, they count no more.
    let facts = ledger.facts(NOW + seconds(86_401)).await.unwrap();
    assert_eq!(facts.undelivered, []);
}

async fn what_happened_is_counted_by_the_hour_and_forgotten_after_a_month(ledger: TestLedger) {
    let what = Happening::SignatureRefused;
    let day = seconds(24 * 3600);
    for (count, at) in [(2, NOW), (3, NOW + seconds(3600)), (1, NOW + day)] {
        ledger.note_happening(what, count, at).await.unwrap();
    }
    ledger
        .note_happening(Happening::MissedTakenIn, 7, NOW)
        .await
        .unwrap();
    let facts = ledger.facts(NOW + day).await.unwrap();
    let refused = facts.happened(what).unwrap();
    assert_eq!((refused.count, refused.last_at), (6, NOW + day));
    let lately = ledger.happenings(NOW + seconds(3600)).await.unwrap();
    assert_eq!(lately.len(), 1);
    assert_eq!(lately[0].count, 4);
    ledger
        .note_happening(what, 1, NOW + day * 40)
        .await
        .unwrap();
    let left = "SELECT COUNT(*) FROM happenings WHERE what = 'signature_refused'";
    assert_eq!(ledger.number(left).await, 1);
}

async fn outcomes_are_counted_in_parts_of_a_span(ledger: TestLedger) {
    for number in 1..=4 {
        ledger.post(number, ALICE).await;
        ledger.clock.advance(seconds(40));
    }
    ledger.settle_as(1, &publishes("100"), NOW).await;
    let outcomes = ledger
        .outcomes(NOW, seconds(60), NOW + seconds(200))
        .await
        .unwrap();
    let totals: Vec<u64> = outcomes
        .buckets
        .iter()
        .map(|bucket| bucket.total())
        .collect();
    assert_eq!(totals, [2, 1, 1, 0], "at 0, 40, 80 and 120 seconds");
    assert_eq!(outcomes.in_state(TextState::Published), 1);
    assert_eq!(outcomes.total(), 4);
    // What came before the span is not counted.
    let late = ledger.outcomes(NOW + seconds(80), seconds(60), NOW + seconds(200));
    assert_eq!(late.await.unwrap().total(), 2);
    // Nor is what came at the end of a span that ends, or after it.
    let some = ledger.outcomes_until(NOW, seconds(60), 2, NOW + seconds(120));
    let some = some.await.unwrap();
    let totals: Vec<u64> = some.buckets.iter().map(|bucket| bucket.total()).collect();
    assert_eq!(totals, [2, 1]);
    // A text from a clock that is ahead counts in the last part.
    let behind = ledger
        .outcomes(NOW, seconds(60), NOW + seconds(60))
        .await
        .unwrap();
    assert_eq!(behind.buckets[1].total(), 2);
}

async fn an_overview_of_an_empty_ledger_is_empty(ledger: TestLedger) {
    let overview = ledger.overview(NOW).await.unwrap();
    assert!(overview.facts.workers.is_empty() && overview.facts.waiting.is_empty());
    let last_hour = ledger.last_hour(NOW).await.unwrap();
    assert_eq!(last_hour.total(), 0);
    assert_eq!(last_hour.buckets.len(), 61);
    assert_eq!(
        (overview.speed.to_post, overview.speed.to_confirmation),
        (None, None)
    );
    assert_eq!((overview.posts_today, overview.posts_this_month), (0, 0));
    assert_eq!(overview.causes, []);
    assert_eq!(overview.queues.len(), Queue::ALL.len());
}

async fn times_and_causes_are_those_of_the_texts(ledger: TestLedger) {
    for number in 1..=3 {
        ledger.post(number, ALICE).await;
    }
    ledger
        .settle_as(1, &publishes("100"), NOW + seconds(2))
        .await;
    let refused = birdcall_domain::text::Settlement {
        reason: Some(Reason::Rejected),
        ..ends(TextState::Refused)
    };
    ledger.settle_as(2, &refused, NOW).await;
    ledger
        .run(&format!(
            "INSERT INTO replies (id, text_sid, phone, body, purpose, encoding, segments, state, twilio_sid, created_at,
                 deadline_at, woken_at, claims, failures, attempts, checks, resends)
             VALUES ('told', '{}', '{ALICE}', 'x', 'final', 'GSM-7', 1, 'sent', 'SMx', {now}, {now}, 0, 0, 0, 1, 0, 0);
             INSERT INTO deliveries (twilio_sid, status, rank, updated_at) VALUES ('SMx', 'delivered', 5, {})",
            crate::values::sid(1),
            (NOW + seconds(5)).0,
            now = NOW.0,
        ))
        .await;
    let overview = ledger.overview(NOW + seconds(10)).await.unwrap();
    let to_post = overview.speed.to_post.unwrap();
    assert_eq!(
        (to_post.p50, to_post.p95, to_post.of),
        (seconds(2), seconds(2), 1)
    );
    assert_eq!(overview.speed.to_confirmation.unwrap().p50, seconds(5));
    let rejected = Cause {
        state: TextState::Refused,
        reason: Some(Reason::Rejected),
        count: 1,
    };
    assert_eq!(overview.causes, [rejected]);
    assert_eq!((overview.posts_today, overview.posts_this_month), (1, 1));
}

async fn the_numbers_that_spend_most_come_first(ledger: TestLedger) {
    let spenders = ledger.spenders(NOW, 10).await.unwrap();
    assert_eq!((spenders.rows.len(), spenders.total), (0, 0));
    for number in 1..=4 {
        let phone = if number == 2 { ALICE } else { BOB };
        ledger.post(number, phone).await;
        ledger.clock.advance(seconds(60));
    }
    // The first one was too early, and the last one was not posted.
    for number in 1..=3 {
        ledger
            .settle_as(number, &publishes(&number.to_string()), NOW + seconds(240))
            .await;
    }
    for (id, phone, at) in [("r1", BOB, 0), ("r2", ALICE, 60), ("r3", BOB, 120)] {
        ledger.add(id, phone, NOW + seconds(at)).await;
    }
    ledger
        .run("UPDATE replies SET state = 'sent', segments = CASE id WHEN 'r2' THEN 3 ELSE 2 END")
        .await;
    let since = NOW + seconds(60);
    let spenders = ledger.spenders(since, 10).await.unwrap();
    let told: Vec<_> = spenders
        .rows
        .iter()
        .map(|row| (row.from.as_str(), row.posts, row.segments))
        .collect();
    assert_eq!(told, [(ALICE, 1, 3), (BOB, 1, 2)]);
    assert_eq!((spenders.total, spenders.since), (2, since));
    let one = ledger.spenders(since, 1).await.unwrap();
    assert_eq!((one.rows.len(), one.total), (1, 2));
    assert_eq!(one.rows[0].from.as_str(), ALICE);
}
