//! What the operator lists and counts.

use birdcall_domain::{
    clock::Timestamp,
    text::{MessageSid, Reason, TextState},
};
use birdcall_ledger::{
    audit::Deed, queue::JobFilter, texts::TextFilter, totals::Total, workers::Heartbeat,
};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    values::{ALICE, BOB, HORIZON, NOW, inbound, phone, publishes, seconds, sid, waits},
};

on_both_engines!(
    texts_are_found_by_phone_state_time_and_words,
    a_text_is_found_by_the_beginning_of_its_sid,
    a_list_knows_how_much_it_leaves_out,
    words_are_looked_for_in_the_newest_texts_and_the_list_says_how_far_back,
    handles_are_found_for_many_phones_at_once,
    queue_workers_are_forgotten_when_their_jobs_are_removed,
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
        since: NOW,
        ..TextFilter::default()
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
        (
            TextFilter {
                phone: Some(phone(ALICE)),
                state: Some(TextState::Published),
                ..all.clone()
            },
            vec![1],
        ),
        (
            TextFilter {
                phone: Some(phone(ALICE)),
                since: NOW + seconds(60),
                limit: 1,
                ..all.clone()
            },
            vec![3],
        ),
        (
            TextFilter {
                state: Some(TextState::Received),
                contains: Some("e".to_owned()),
                ..all.clone()
            },
            vec![3, 2],
        ),
        (TextFilter { limit: 2, ..all }, vec![3, 2]),
    ] {
        let found = ledger.texts(&filter).await.unwrap();
        let found: Vec<MessageSid> = found.into_iter().map(|text| text.sid).collect();
        let expected: Vec<MessageSid> = expected.into_iter().map(sid).collect();
        assert_eq!(found, expected);
    }
}

async fn a_text_is_found_by_the_beginning_of_its_sid(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    ledger.post(1, ALICE).await;
    ledger.post(2, ALICE).await;
    let whole = sid(1);
    let found = async |beginning: &str| ledger.texts_with_sid(beginning, 2).await.unwrap().len();
    assert_eq!(found(whole.as_str()).await, 1);
    let common = whole.as_str().len() - 1;
    assert_eq!(found(&whole.as_str()[..common]).await, 2);
    assert_eq!(found("SMffffff").await, 0);
}

async fn a_list_knows_how_much_it_leaves_out(ledger: TestLedger) {
    for number in [ALICE, BOB] {
        ledger.linked(number).await;
    }
    for number in 1..=3 {
        ledger.receive(inbound(number, ALICE, "Good morning")).await;
    }
    ledger.receive(inbound(4, BOB, "good evening")).await;
    let filter = TextFilter {
        phone: Some(phone(ALICE)),
        state: Some(TextState::Received),
        since: NOW,
        contains: Some("MORNING".to_owned()),
        limit: 1,
        ..TextFilter::default()
    };
    assert_eq!(ledger.texts(&filter).await.unwrap().len(), 1);
    let exactly = |count| Total { count, all: true };
    let at_least = |count| Total { count, all: false };
    for (filter, total) in [
        (filter.clone(), exactly(3)),
        (
            TextFilter {
                look_at: 2,
                ..filter.clone()
            },
            at_least(2),
        ),
        (
            TextFilter {
                contains: None,
                ..filter.clone()
            },
            exactly(3),
        ),
        (
            TextFilter {
                contains: None,
                look_at: 2,
                ..filter.clone()
            },
            at_least(2),
        ),
        (
            TextFilter {
                contains: Some("evening".to_owned()),
                phone: None,
                limit: 100,
                ..filter
            },
            exactly(1),
        ),
        (TextFilter::default(), exactly(4)),
    ] {
        let shown = ledger.texts(&filter).await.unwrap().len();
        let extent = ledger.text_extent(&filter, shown).await.unwrap();
        assert_eq!(extent.total, total, "{filter:?}");
    }
    let all = JobFilter {
        limit: 1,
        ..JobFilter::default()
    };
    assert_eq!(ledger.job_total(&all).await.unwrap(), exactly(4));
    let first = ledger.first_accounts(1).await.unwrap();
    assert_eq!(first.len(), 1);
    assert_eq!(ledger.account_total().await.unwrap(), exactly(2));
    assert_eq!(ledger.deed_total().await.unwrap(), exactly(0));
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

fn beat(name: &str) -> Heartbeat<'_> {
    Heartbeat {
        name,
        ..Heartbeat::default()
    }
}

async fn workers_that_were_seen_lately_are_alive(ledger: TestLedger) {
    ledger.worker_seen(&beat("one"), NOW).await.unwrap();
    ledger
        .worker_seen(&beat("two"), NOW + seconds(30))
        .await
        .unwrap();
    for (after, alive) in [(60, 2), (61, 1), (90, 1), (91, 0)] {
        let now = NOW + seconds(after);
        assert_eq!(ledger.workers_alive(now).await.unwrap(), alive, "{after}");
    }
    let later = NOW + seconds(100);
    ledger.worker_seen(&beat("one"), later).await.unwrap();
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

async fn words_are_looked_for_in_the_newest_texts_and_the_list_says_how_far_back(
    ledger: TestLedger,
) {
    ledger.linked(ALICE).await;
    for number in 1..=3 {
        ledger.receive(inbound(number, ALICE, "hello")).await;
        ledger.clock.advance(seconds(60));
    }
    for (look_at, found, back_to) in [
        (1, vec![3], Some(NOW + seconds(120))),
        (2, vec![3, 2], Some(NOW + seconds(60))),
        (4, vec![3, 2, 1], None),
    ] {
        let filter = TextFilter {
            contains: Some("hell".to_owned()),
            look_at,
            ..TextFilter::default()
        };
        let texts = ledger.texts(&filter).await.unwrap().into_iter();
        let sids: Vec<MessageSid> = texts.map(|text| text.sid).collect();
        let expected: Vec<MessageSid> = found.iter().copied().map(sid).collect();
        assert_eq!(sids, expected, "{look_at}");
        let extent = ledger.text_extent(&filter, found.len()).await.unwrap();
        assert_eq!(extent.looked_back_to, back_to);
        let without_words = TextFilter {
            contains: None,
            ..filter
        };
        assert_eq!(ledger.texts(&without_words).await.unwrap().len(), 3);
    }
}

async fn handles_are_found_for_many_phones_at_once(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    let (alice, bob) = (phone(ALICE), phone(BOB));
    let handles = ledger.handles(&[&alice, &bob, &alice]).await.unwrap();
    assert_eq!(handles.len(), 1);
    assert_eq!(handles[&alice], "birdcall");
    assert!(ledger.handles(&[]).await.unwrap().is_empty());
}

async fn queue_workers_are_forgotten_when_their_jobs_are_removed(ledger: TestLedger) {
    let (workers, jobs) = match ledger.jobs_table() {
        "Jobs" => ("Workers", "Jobs"),
        _ => ("apalis.workers", "apalis.jobs"),
    };
    let seen = |seconds: i64| match workers {
        "Workers" => seconds.to_string(),
        _ => format!("to_timestamp({seconds})"),
    };
    for (id, last_seen) in [("gone", 100), ("busy", 100), ("alive", 300)] {
        ledger
            .run(&format!(
                "INSERT INTO {workers} (id, worker_type, storage_name, last_seen)
                 VALUES ('{id}', 'tweet', 'storage', {})",
                seen(last_seen)
            ))
            .await;
    }
    ledger.post(1, ALICE).await;
    let worked = format!("UPDATE {jobs} SET status = 'Done', lock_by = 'busy'");
    ledger.run(&worked).await;
    let before = Timestamp::from_secs(200);
    for removed in [1, 0] {
        let pruned = ledger.prune_queue_workers(before).await.unwrap();
        assert_eq!(pruned, removed);
    }
    let left = format!("SELECT id FROM {workers} ORDER BY id");
    assert_eq!(ledger.words(&left).await, ["alive", "busy"]);
    ledger.run(&format!("DELETE FROM {jobs}")).await;
    assert_eq!(ledger.prune_queue_workers(before).await.unwrap(), 1);
    assert_eq!(ledger.words(&left).await, ["alive"]);
}
