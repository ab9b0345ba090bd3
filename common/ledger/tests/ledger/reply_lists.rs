//! Lists of replies.

use birdcall_domain::reply::ReplyState;
use birdcall_ledger::{replies::ReplyFilter, totals::Total};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    values::{ALICE, BOB, NOW, phone, reply, seconds},
};

on_both_engines!(
    replies_are_found_by_phone_state_error_and_time,
    the_pages_of_a_list_of_replies_have_each_of_them_once,
);

async fn the_pages_of_a_list_of_replies_have_each_of_them_once(ledger: TestLedger) {
    // Some are written at the same moment.
    for (after, id) in [(0, "a"), (0, "b"), (0, "c"), (60, "d"), (60, "e")] {
        let at = NOW + seconds(after);
        ledger
            .add_reply(&reply(id, ALICE, "hello"), at)
            .await
            .unwrap();
    }
    ledger
        .run("UPDATE replies SET state = 'sent', error_code = 30007 WHERE id IN ('a', 'c', 'e')")
        .await;
    for (lost, expected) in [(false, "edcba"), (true, "eca")] {
        let mut found = String::new();
        let mut filter = ReplyFilter {
            lost,
            limit: 2,
            ..ReplyFilter::default()
        };
        loop {
            let page = ledger.replies(&filter).await.unwrap();
            found.extend(page.iter().map(|reply| reply.id.as_str()));
            let Some(last) = page.last() else {
                break;
            };
            filter.before = Some((last.created_at, last.id.clone()));
        }
        assert_eq!(found, expected);
    }
    // What is not sent because its recipient does not want it is not lost.
    ledger
        .run("UPDATE replies SET state = 'suppressed', error_code = 21610 WHERE id = 'a'")
        .await;
    let lost = ReplyFilter {
        lost: true,
        ..ReplyFilter::default()
    };
    assert_eq!(ledger.replies(&lost).await.unwrap().len(), 2);
}

async fn replies_are_found_by_phone_state_error_and_time(ledger: TestLedger) {
    for (after, id, to) in [(0, "one", ALICE), (60, "two", BOB), (120, "three", ALICE)] {
        let written = reply(id, to, "hello");
        let at = NOW + seconds(after);
        ledger.add_reply(&written, at).await.unwrap();
    }
    ledger
        .run("UPDATE replies SET state = 'failed', error_code = 30007 WHERE id = 'three'")
        .await;
    let all = ReplyFilter::default();
    for (filter, expected) in [
        (all.clone(), vec!["three", "two", "one"]),
        (
            ReplyFilter {
                phone: Some(phone(ALICE)),
                ..all.clone()
            },
            vec!["three", "one"],
        ),
        (
            ReplyFilter {
                state: Some(ReplyState::Queued),
                ..all.clone()
            },
            vec!["two", "one"],
        ),
        (
            ReplyFilter {
                error_code: Some(30007),
                ..all.clone()
            },
            vec!["three"],
        ),
        (
            ReplyFilter {
                error_code: Some(30008),
                ..all.clone()
            },
            vec![],
        ),
        (
            ReplyFilter {
                since: NOW + seconds(60),
                ..all.clone()
            },
            vec!["three", "two"],
        ),
        (
            ReplyFilter {
                until: NOW + seconds(60),
                ..all.clone()
            },
            vec!["one"],
        ),
        (
            ReplyFilter {
                limit: 1,
                ..all.clone()
            },
            vec!["three"],
        ),
        (
            ReplyFilter {
                phone: Some(phone(ALICE)),
                state: Some(ReplyState::Queued),
                ..all.clone()
            },
            vec!["one"],
        ),
    ] {
        let found = ledger.replies(&filter).await.unwrap();
        let ids: Vec<&str> = found.iter().map(|reply| reply.id.as_str()).collect();
        assert_eq!(ids, expected, "{filter:?}");
    }
    let one = ReplyFilter { limit: 1, ..all };
    let total = Total {
        count: 3,
        all: true,
    };
    assert_eq!(ledger.reply_total(&one).await.unwrap(), total);
}
