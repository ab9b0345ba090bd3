//! Lists of replies.

use birdcall_domain::reply::ReplyState;
use birdcall_ledger::{replies::ReplyFilter, totals::Total};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    values::{ALICE, BOB, NOW, phone, reply, seconds},
};

on_both_engines!(replies_are_found_by_phone_state_error_and_time);

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
