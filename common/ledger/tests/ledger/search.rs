//! The one box that finds, and the pages of its lists.

use birdcall_domain::{
    search::Sought,
    text::{Reason, TextState},
};
use birdcall_ledger::{
    queue::{JobFilter, Queue},
    texts::TextFilter,
};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    values::{ALICE, BOB, NOW, inbound, phone, publishes, reply, seconds, sid, waits},
};

on_both_engines!(
    a_text_is_found_by_whatever_belongs_to_it,
    a_filter_narrows_what_words_and_numbers_find_and_not_what_names_one_thing,
    texts_are_listed_by_reason_error_and_time,
    pages_follow_each_other_without_a_gap_or_a_repetition,
);

/// Three texts, newest last: Alice's, which was posted and answered, Bob's, and Alice's again.
async fn three_texts(ledger: &TestLedger) {
    for number in [ALICE, BOB] {
        ledger.linked(number).await;
    }
    for (number, from, body) in [
        (1, ALICE, "Good morning from 1989012345678901234"),
        (2, BOB, "good evening"),
        (3, ALICE, "call 15551230002 at 10:05"),
    ] {
        ledger.receive(inbound(number, from, body)).await;
        ledger.clock.advance(seconds(60));
    }
    ledger
        .settle_as(1, &publishes("1989012345678901234"), NOW)
        .await;
    let mut answer = reply(&format!("{}:final", sid(1)), ALICE, "It was tweeted");
    answer.text_sid = Some(sid(1));
    ledger.add_reply(&answer, NOW).await.unwrap();
    let alone = reply("sign_in:abc", BOB, "You are signed in");
    ledger.add_reply(&alone, NOW).await.unwrap();
    ledger
        .run(&format!(
            "UPDATE replies SET twilio_sid = 'SM{:032x}' WHERE id = '{}:final'",
            0xffee_0001_u32,
            sid(1)
        ))
        .await;
}

/// What a query finds: what it was found to be, and the numbers of the texts.
async fn found(ledger: &TestLedger, query: &str, filter: &TextFilter) -> (Sought, Vec<u32>) {
    let found = ledger.find(query, filter).await.unwrap();
    let numbers = found.texts.iter().map(|text| {
        let number = (1..100).find(|number| sid(*number) == text.sid);
        number.expect("a text of the test")
    });
    (found.sought, numbers.collect())
}

async fn job_of(ledger: &TestLedger, queue: Queue, subject: &str) -> String {
    let filter = JobFilter {
        queue: Some(queue),
        subject: Some(subject.to_owned()),
        limit: 1,
        ..JobFilter::default()
    };
    ledger.jobs(&filter).await.unwrap()[0].id.clone()
}

async fn a_text_is_found_by_whatever_belongs_to_it(ledger: TestLedger) {
    three_texts(&ledger).await;
    let answer = format!("{}:final", sid(1));
    let job = job_of(&ledger, Queue::Tweet, sid(2).as_str()).await;
    let of_reply = job_of(&ledger, Queue::Reply, &answer).await;
    let of_other = job_of(&ledger, Queue::Reply, "sign_in:abc").await;
    let all = TextFilter::default();
    for (query, expected) in [
        (sid(2).as_str(), (Sought::MessageSid, vec![2])),
        (&sid(2).as_str()[..33], (Sought::MessageSid, vec![1, 2, 3])),
        ("SMffffffffff", (Sought::Words, vec![])),
        (
            "SM000000000000000000000000ffee0001",
            (Sought::ReplySid, vec![1]),
        ),
        (
            "SM000000000000000000000000ffee",
            (Sought::ReplySid, vec![1]),
        ),
        ("1989012345678901234", (Sought::Post, vec![1])),
        (
            "https://x.com/demo/status/1989012345678901234",
            (Sought::Post, vec![1]),
        ),
        ("https://x.com/demo/status/7", (Sought::Post, vec![])),
        (&answer, (Sought::Reply, vec![1])),
        ("sign_in:abc", (Sought::Reply, vec![])),
        (&job, (Sought::Job, vec![2])),
        (&of_reply, (Sought::Job, vec![1])),
        (&of_other, (Sought::Job, vec![])),
        (ALICE, (Sought::Phone, vec![3, 1])),
        ("1 555 123-0002", (Sought::Phone, vec![2])),
        ("+15550000000", (Sought::Phone, vec![])),
        ("15551230009", (Sought::Words, vec![])),
        ("GOOD", (Sought::Words, vec![2, 1])),
        ("10:05", (Sought::Words, vec![3])),
        ("", (Sought::All, vec![3, 2, 1])),
    ] {
        assert_eq!(found(&ledger, query, &all).await, expected, "{query}");
    }
    let alone = ledger.find("sign_in:abc", &all).await.unwrap();
    assert_eq!(alone.reply.unwrap().id, "sign_in:abc");
    let alone = ledger.find(&of_other, &all).await.unwrap();
    assert_eq!(alone.job.unwrap().id, of_other);
    assert_eq!(alone.reply.unwrap().id, "sign_in:abc");
}

async fn a_filter_narrows_what_words_and_numbers_find_and_not_what_names_one_thing(
    ledger: TestLedger,
) {
    three_texts(&ledger).await;
    let posted = TextFilter {
        state: Some(TextState::Published),
        ..TextFilter::default()
    };
    for (query, expected) in [
        ("good", (Sought::Words, vec![1])),
        (ALICE, (Sought::Phone, vec![1])),
        (BOB, (Sought::Phone, vec![])),
        ("", (Sought::All, vec![1])),
        (sid(3).as_str(), (Sought::MessageSid, vec![3])),
    ] {
        assert_eq!(found(&ledger, query, &posted).await, expected, "{query}");
    }
    // The caller learns of which list it is, for how much there is and for the next page.
    let found = ledger.find(ALICE, &posted).await.unwrap();
    let list = found.list.expect("a list");
    assert_eq!(list.phone, Some(phone(ALICE)));
    let one = ledger.find(sid(1).as_str(), &posted).await.unwrap();
    assert!(one.list.is_none());
}

async fn texts_are_listed_by_reason_error_and_time(ledger: TestLedger) {
    three_texts(&ledger).await;
    let later = NOW + seconds(3600);
    let then = NOW + seconds(180);
    ledger
        .settle_as(2, &waits(Reason::Outage, later), then)
        .await;
    ledger
        .settle_as(3, &waits(Reason::Money, later), then)
        .await;
    let errors = format!(
        "UPDATE texts SET error = 'outcome unknown: HTTP 503' WHERE sid = '{}'",
        sid(2)
    );
    ledger.run(&errors).await;
    let all = TextFilter::default();
    for (filter, expected) in [
        (
            TextFilter {
                reason: Some(Reason::Money),
                ..all.clone()
            },
            vec![3],
        ),
        (
            TextFilter {
                reason: Some(Reason::Outage),
                state: Some(TextState::Waiting),
                ..all.clone()
            },
            vec![2],
        ),
        (
            TextFilter {
                reason: Some(Reason::Outage),
                state: Some(TextState::Failed),
                ..all.clone()
            },
            vec![],
        ),
        (
            TextFilter {
                reason: Some(Reason::Money),
                phone: Some(phone(ALICE)),
                ..all.clone()
            },
            vec![3],
        ),
        (
            TextFilter {
                reason: Some(Reason::Money),
                phone: Some(phone(BOB)),
                ..all.clone()
            },
            vec![],
        ),
        (
            TextFilter {
                error: Some("http 503".to_owned()),
                ..all.clone()
            },
            vec![2],
        ),
        (
            TextFilter {
                error: Some("503".to_owned()),
                reason: Some(Reason::Money),
                ..all.clone()
            },
            vec![],
        ),
        (
            TextFilter {
                error: Some("50_".to_owned()),
                ..all.clone()
            },
            vec![],
        ),
        (
            TextFilter {
                until: NOW + seconds(60),
                ..all.clone()
            },
            vec![1],
        ),
        (
            TextFilter {
                since: NOW + seconds(60),
                until: NOW + seconds(120),
                ..all.clone()
            },
            vec![2],
        ),
    ] {
        let (_, numbers) = found(&ledger, "", &filter).await;
        assert_eq!(numbers, expected, "{filter:?}");
        let extent = ledger.text_extent(&filter, numbers.len()).await.unwrap();
        assert_eq!(extent.total.count, numbers.len() as u64, "{filter:?}");
    }
}

async fn pages_follow_each_other_without_a_gap_or_a_repetition(ledger: TestLedger) {
    ledger.linked(ALICE).await;
    // Of texts that came in within one millisecond, the sid decides.
    for number in 1..=9 {
        ledger.receive(inbound(number, ALICE, "Good morning")).await;
        if number % 3 == 0 {
            ledger.clock.advance(seconds(60));
        }
    }
    ledger.run("UPDATE texts SET arrival = received_at").await;
    let of_alice = TextFilter {
        phone: Some(phone(ALICE)),
        ..TextFilter::default()
    };
    let words = TextFilter {
        contains: Some("morning".to_owned()),
        ..TextFilter::default()
    };
    for filter in [TextFilter::default(), of_alice, words] {
        let mut page = TextFilter { limit: 2, ..filter };
        let mut seen = Vec::new();
        loop {
            let texts = ledger.texts(&page).await.unwrap();
            let extent = ledger.text_extent(&page, texts.len()).await.unwrap();
            assert_eq!((extent.total.count, extent.total.all), (9, true));
            let Some(last) = texts.last() else { break };
            page.after = Some(last.place());
            seen.extend(texts.into_iter().map(|text| text.sid));
        }
        let expected: Vec<_> = (1..=9).rev().map(sid).collect();
        assert_eq!(seen, expected, "{page:?}");
    }
    // A page ends where the list ends, even if its place is younger than that.
    let newest = ledger.texts(&TextFilter::default()).await.unwrap();
    let bounded = TextFilter {
        until: NOW + seconds(60),
        after: newest.first().map(|text| text.place()),
        ..TextFilter::default()
    };
    assert_eq!(found(&ledger, "", &bounded).await.1, [3, 2, 1]);
}
