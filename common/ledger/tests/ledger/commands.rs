//! What `\STATUS`, `\UNDO` and `\RETRY` read and write.

use birdcall_domain::{
    clock::Timestamp,
    text::{Effect, Reason, Settlement, TextState},
};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    text_work::word,
    values::{
        ALICE, BOB, HORIZON, LEASE, NOW, done_with, doubts, ends, only, phone, publishes, seconds,
        sid, waits,
    },
};

on_both_engines!(
    open_posts_are_counted,
    the_last_post_is_the_last_one_that_is_not_undone,
    a_text_that_is_not_posted_yet_is_taken_back,
    a_text_in_hand_or_on_x_is_not_taken_back,
    a_text_at_rest_in_doubt_is_posted_again_at_its_owners_word,
    a_command_is_about_the_text_that_it_chose_first,
);

async fn open_posts_are_counted(ledger: TestLedger) {
    let open = async |number| ledger.open_posts(&phone(number)).await;
    assert_eq!(open(ALICE).await.unwrap(), 0);
    for number in 1..=3 {
        ledger.post(number, ALICE).await;
    }
    ledger.command(4, ALICE).await;
    ledger.post(5, BOB).await;
    assert_eq!(open(ALICE).await.unwrap(), 3);
    ledger.settle_as(1, &publishes("100"), NOW).await;
    ledger
        .settle_as(2, &waits(Reason::SignIn, NOW + HORIZON), NOW)
        .await;
    assert_eq!(open(ALICE).await.unwrap(), 2);
}

async fn the_last_post_is_the_last_one_that_is_not_undone(ledger: TestLedger) {
    for number in 1..=3 {
        ledger.post(number, ALICE).await;
        ledger
            .settle_as(number, &publishes(&format!("10{number}")), NOW)
            .await;
    }
    ledger.post(4, ALICE).await;
    ledger.settle_as(4, &ends(TextState::Refused), NOW).await;
    ledger.command(5, ALICE).await;
    let undo = ledger.text(5).await.arrival;
    ledger.post(6, ALICE).await;
    for expected in [Some(3), Some(2), Some(1), None] {
        let last = ledger.last_post(&phone(ALICE), undo).await.unwrap();
        assert_eq!(last.map(|text| text.sid), expected.map(sid));
        if let Some(number) = expected {
            assert!(ledger.carry_out(Effect::Undone(sid(number)), NOW).await);
        }
    }
}

async fn a_text_that_is_not_posted_yet_is_taken_back(ledger: TestLedger) {
    let take_back = |number| ledger.carry_out(Effect::TakeBack(sid(number)), NOW);
    ledger.post(1, ALICE).await;
    ledger.post(2, ALICE).await;
    // A command overtakes a post that waits, and the post behind it.
    ledger
        .settle_as(1, &waits(Reason::Outage, NOW + seconds(60)), NOW)
        .await;
    assert_eq!(word(&ledger.claim(2, "w", NOW).await), "blocked");
    ledger.command(3, ALICE).await;
    let undo = ledger.hold(3, "w", NOW).await.text;
    ledger.take_jobs(NOW).await;
    let done = done_with(Effect::TakeBack(sid(1)));
    let settled = ledger.settle(&undo, "w", only(&done), NOW);
    assert!(settled.await.unwrap());
    assert_eq!(ledger.standing(1).await, "refused undone");
    assert_eq!(word(&ledger.claim(1, "w", NOW + HORIZON).await), "nothing");
    // The next one has its turn.
    assert_eq!(ledger.take_jobs(NOW).await, [format!("tweet {}", sid(2))]);
    assert!(!take_back(1).await);
    assert!(!take_back(99).await);
}

async fn a_text_in_hand_or_on_x_is_not_taken_back(ledger: TestLedger) {
    let take_back = |number, now| ledger.carry_out(Effect::TakeBack(sid(number)), now);
    ledger.post(1, ALICE).await;
    ledger.hold(1, "w", NOW).await;
    assert!(!take_back(1, NOW).await);
    assert_eq!(ledger.standing(1).await, "received");
    // Its worker died before the call.
    assert!(take_back(1, NOW + LEASE).await);
    assert_eq!(ledger.arm(1, "w", NOW + LEASE).await, None);

    ledger.post(2, ALICE).await;
    ledger.hold(2, "w", NOW).await;
    ledger.arm(2, "w", NOW).await;
    assert!(!take_back(2, NOW + HORIZON).await);
}

/// What `\RETRY` from Alice does: it finds the text that it is about, and sets it going.
async fn retry(ledger: &TestLedger, now: Timestamp) -> Option<String> {
    let text = ledger
        .last_unresolved(&phone(ALICE), i64::MAX)
        .await
        .unwrap()?;
    let effect = Effect::Retry {
        sid: text.sid,
        deadline_at: now + HORIZON,
    };
    assert!(ledger.carry_out(effect, now).await);
    Some(text.body)
}

async fn a_text_at_rest_in_doubt_is_posted_again_at_its_owners_word(ledger: TestLedger) {
    assert_eq!(retry(&ledger, NOW).await, None);
    ledger.post(1, ALICE).await;
    let doubt = Settlement {
        checks: 3,
        failures: 2,
        ..doubts(None)
    };
    ledger.settle_as(1, &doubt, NOW).await;
    ledger.post(2, BOB).await;
    ledger.settle_as(2, &doubts(None), NOW).await;
    ledger.post(3, ALICE).await;
    ledger
        .settle_as(3, &doubts(Some(NOW + seconds(5))), NOW)
        .await;
    ledger.take_jobs(NOW + HORIZON).await;

    let later = NOW + seconds(60);
    assert_eq!(retry(&ledger, later).await.as_deref(), Some("hello"));
    let row = ledger.text(1).await;
    assert_eq!((row.state.as_str(), row.reason), ("received", None));
    assert_eq!((row.checks, row.failures, row.doubted), (0, 0, 1));
    assert_eq!((row.deadline_at, row.rounds), ((later + HORIZON).0, 1));
    assert_eq!(ledger.take_jobs(later).await, [format!("tweet {}", sid(1))]);
    assert_eq!(ledger.standing(2).await, "in_doubt");
    assert_eq!(
        ledger.standing(3).await,
        "in_doubt",
        "it is being looked for"
    );
    assert_eq!(retry(&ledger, later).await, None);

    // Only a text that rests in doubt is set going.
    for number in [1, 3, 99] {
        let effect = Effect::Retry {
            sid: sid(number),
            deadline_at: later + HORIZON,
        };
        assert!(!ledger.carry_out(effect, later).await, "text {number}");
    }
    assert!(ledger.take_jobs(later).await.is_empty());
}

async fn a_command_is_about_the_text_that_it_chose_first(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.settle_as(1, &publishes("100"), NOW).await;
    ledger.command(2, ALICE).await;
    ledger.hold(2, "slow", NOW).await;
    let lease = ledger.lease(&sid(2), "slow");
    assert!(ledger.choose_target(&lease, &sid(1)).await.unwrap());
    // The worker dies. The next one finds what was chosen, and the first one chooses no more.
    ledger.hold(2, "quick", NOW + LEASE).await;
    let quick = ledger.lease(&sid(2), "quick");
    assert_eq!(quick.target_sid, Some(sid(1)));
    assert!(!ledger.choose_target(&lease, &sid(9)).await.unwrap());
}
