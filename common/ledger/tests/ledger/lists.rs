//! What the operator lists and counts.

use birdcall_domain::text::{MessageSid, Reason, TextState};
use birdcall_ledger::{audit::Deed, texts::TextFilter};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    values::{ALICE, BOB, HORIZON, NOW, inbound, phone, publishes, seconds, sid, waits},
};

on_both_engines!(
    texts_are_found_by_phone_state_time_and_words,
    texts_are_counted_by_state,
    workers_that_were_seen_lately_are_alive,
    deeds_are_listed_newest_first,
);

async fn texts_are_found_by_phone_state_time_and_words(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    for (number, from, body) in [
        (1, ALICE, "Good morning"),
        (2, BOB, "good evening"),
        (3, ALICE, "it's late"),
    ] {
        ledger.receive(inbound(number, from, body)).await;
        ledger.clock.advance(seconds(60));
    }
    ledger.settle_as(1, &publishes("100"), NOW).await;

    let all = TextFilter {
        phone: None,
        state: None,
        since: NOW,
        contains: None,
        limit: 100,
    };
    for (filter, expected) in [
        (all.clone(), vec![3, 2, 1]),
        (
            TextFilter {
                phone: Some(phone(ALICE)),
                ..all.clone()
            },
            vec![3, 1],
        ),
        (
            TextFilter {
                state: Some(TextState::Published),
                ..all.clone()
            },
            vec![1],
        ),
        (
            TextFilter {
                since: NOW + seconds(60),
                ..all.clone()
            },
            vec![3, 2],
        ),
        (
            TextFilter {
                contains: Some("GOOD".to_owned()),
                ..all.clone()
            },
            vec![2, 1],
        ),
        (
            TextFilter {
                contains: Some("it's".to_owned()),
                ..all.clone()
            },
            vec![3],
        ),
        (TextFilter { limit: 2, ..all }, vec![3, 2]),
    ] {
        let found = ledger.texts(&filter).await.unwrap();
        let found: Vec<MessageSid> = found.into_iter().map(|text| text.sid).collect();
        let expected: Vec<MessageSid> = expected.into_iter().map(sid).collect();
        assert_eq!(found, expected);
    }
}

async fn texts_are_counted_by_state(ledger: TestLedger) {
    for number in 1..=3 {
        ledger.post(number, ALICE).await;
    }
    ledger.settle_as(1, &publishes("100"), NOW).await;
    let waiting = waits(Reason::SignIn, NOW + HORIZON);
    ledger.settle_as(2, &waiting, NOW).await;
    let counts = ledger.text_counts().await.unwrap();
    let expected = [
        TextState::Published,
        TextState::Received,
        TextState::Waiting,
    ];
    assert_eq!(counts, expected.map(|state| (state, 1)));
}

async fn workers_that_were_seen_lately_are_alive(ledger: TestLedger) {
    ledger.worker_seen("one", NOW).await.unwrap();
    ledger.worker_seen("two", NOW + seconds(30)).await.unwrap();
    for (after, alive) in [(60, 2), (61, 1), (90, 1), (91, 0)] {
        let now = NOW + seconds(after);
        assert_eq!(ledger.workers_alive(now).await.unwrap(), alive, "{after}");
    }
    let later = NOW + seconds(100);
    ledger.worker_seen("one", later).await.unwrap();
    assert_eq!(ledger.workers_alive(later).await.unwrap(), 1);
    ledger.worker_gone("one").await.unwrap();
    assert_eq!(ledger.workers_alive(later).await.unwrap(), 0);
}

async fn deeds_are_listed_newest_first(ledger: TestLedger) {
    let deed = Deed {
        actor: "root",
        action: "pause",
        subject: "tweet",
        detail: "",
    };
    for (after, id) in (0..).zip(["first", "second", "third"]) {
        let done = ledger.audit(id, deed, NOW + seconds(after));
        done.await.unwrap();
    }
    let deeds = ledger.deeds(2).await.unwrap();
    let ids: Vec<&str> = deeds.iter().map(|deed| deed.id.as_str()).collect();
    assert_eq!(ids, ["third", "second"]);
}
