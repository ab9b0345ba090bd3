//! Which worker may work on a text, and when.

use birdcall_domain::{
    clock::Timestamp,
    text::{MessageSid, Reason, TextState},
};
use birdcall_ledger::texts::{Arming, Claim, Settled};
use futures_util::future::join_all;

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    text_work::word,
    values::{
        ALICE, BOB, HORIZON, LEASE, NOW, claimant, doubts, ends, inbound, only, publishes, seconds,
        sid, waits,
    },
};

on_both_engines!(
    a_due_text_is_claimed_once,
    one_of_many_workers_gets_the_text,
    a_text_that_is_not_due_is_not_claimed,
    an_earlier_open_text_goes_first,
    the_end_of_the_first_wakes_only_the_second,
    workers_that_race_for_one_phone_keep_its_order,
    a_text_that_waits_for_a_limit_goes_first,
    a_text_that_waits_for_its_owner_does_not_block_others,
    a_text_in_doubt_goes_first_until_it_rests,
    a_blocked_text_is_looked_at_again_even_if_nobody_wakes_it,
    a_command_does_not_wait_for_a_post_that_waits,
    a_command_waits_for_a_post_that_is_under_way,
    a_command_does_not_wait_for_posts_behind_one_that_waits,
    a_command_goes_on_when_the_post_before_it_waits,
    a_text_does_not_overtake_one_whose_owner_has_signed_in,
    a_command_behind_a_command_goes_on_while_posts_wait,
    a_claim_that_is_given_back_is_not_counted,
    a_dead_workers_text_is_claimed_again,
    the_next_claim_tells_that_a_worker_died_during_a_call,
    arming_writes_the_attempt_before_the_call,
    a_worker_without_the_lease_cannot_arm,
    an_armed_lease_covers_one_call_and_no_more,
);

async fn a_due_text_is_claimed_once(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    let held = ledger.hold(1, "first", NOW).await;
    assert!(!held.died);
    assert_eq!(held.paused, None);
    assert_eq!((held.text.claims, held.text.attempts), (0, 0));
    assert_eq!(word(&ledger.claim(1, "second", NOW).await), "nothing");

    let row = ledger.text(1).await;
    assert_eq!(row.lease_owner.as_deref(), Some("first"));
    assert_eq!(row.lease_until, Some((NOW + LEASE).0));
    // If the worker dies, the sweep finds the text when the lease is over.
    assert_eq!(row.next_attempt_at, Some((NOW + LEASE).0));
    assert_eq!((row.claims, row.state.as_str()), (1, "received"));
}

async fn one_of_many_workers_gets_the_text(ledger: TestLedger) {
    let others = [ledger.another().await, ledger.another().await];
    for number in 1..=10 {
        ledger.post(number, &format!("+1555123{number:04}")).await;
        let sid = sid(number);
        let owners = ["a", "b", "c", "d"];
        let claims = owners.iter().zip(others.iter().cycle());
        let claims = claims.map(|(owner, ledger)| ledger.claim_text(&sid, claimant(owner, NOW)));
        let claims = join_all(claims).await;
        let held = claims
            .iter()
            .filter(|claim| matches!(claim, Ok(Claim::Held(_))));
        assert_eq!(held.count(), 1);
        let nothing = claims
            .iter()
            .filter(|claim| matches!(claim, Ok(Claim::Nothing)));
        assert_eq!(nothing.count(), 3);
    }
}

async fn a_text_that_is_not_due_is_not_claimed(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    let early = Timestamp(NOW.0 - 1);
    assert_eq!(word(&ledger.claim(1, "w", early).await), "nothing");
    assert_eq!(word(&ledger.claim(99, "w", NOW).await), "nothing");

    ledger.settle_as(1, &ends(TextState::Refused), NOW).await;
    let later = NOW + HORIZON + HORIZON;
    assert_eq!(word(&ledger.claim(1, "w", later).await), "nothing");
    ledger.receive(inbound(2, ALICE, "STOP")).await;
    assert_eq!(word(&ledger.claim(2, "w", later).await), "nothing");
}

async fn an_earlier_open_text_goes_first(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.post(2, ALICE).await;
    ledger.post(3, BOB).await;
    ledger.take_jobs(NOW).await;
    assert_eq!(word(&ledger.claim(2, "w", NOW).await), "blocked");
    assert_eq!(ledger.standing(2).await, "waiting order");
    assert_eq!(ledger.text(2).await.lease_owner, None);
    assert_eq!(word(&ledger.claim(3, "w", NOW).await), "held");
    assert!(ledger.take_jobs(NOW + HORIZON).await.is_empty());

    let soon = NOW + seconds(1);
    ledger.settle_as(1, &publishes("100"), soon).await;
    assert_eq!(ledger.text(2).await.next_attempt_at, Some(soon.0));
    assert_eq!(ledger.take_jobs(soon).await, [format!("tweet {}", sid(2))]);
    assert_eq!(word(&ledger.claim(2, "w", soon).await), "held");
}

async fn the_end_of_the_first_wakes_only_the_second(ledger: TestLedger) {
    for number in 1..=3 {
        ledger.post(number, ALICE).await;
    }
    for number in [3, 2] {
        assert_eq!(word(&ledger.claim(number, "w", NOW).await), "blocked");
    }
    ledger.take_jobs(NOW).await;
    for (ended, woken) in [(1, Some(2)), (2, Some(3)), (3, None)] {
        ledger
            .settle_as(ended, &publishes(&format!("10{ended}")), NOW)
            .await;
        let expected: Vec<String> = woken
            .map(|n| format!("tweet {}", sid(n)))
            .into_iter()
            .collect();
        assert_eq!(ledger.take_jobs(NOW).await, expected);
    }
}

async fn workers_that_race_for_one_phone_keep_its_order(ledger: TestLedger) {
    for number in 1..=6 {
        ledger.post(number, ALICE).await;
    }
    let others = [ledger.another().await, ledger.another().await];
    let sids: Vec<MessageSid> = (1..=6).map(sid).collect();
    for first in 1..=6 {
        let claims = sids.iter().rev().zip(others.iter().cycle());
        let claims =
            claims.map(|(sid, ledger)| ledger.claim_text(sid, claimant(sid.as_str(), NOW)));
        let mut held = Vec::new();
        for claim in join_all(claims).await {
            if let Claim::Held(claimed) = claim.unwrap() {
                held.push(claimed.lease);
            }
        }
        let [lease] = held.as_slice() else {
            panic!("{} texts of one phone are in hand at once", held.len());
        };
        assert_eq!(lease.sid, sid(first));
        let published = publishes(&format!("10{first}"));
        let settled = ledger.settle_text(lease, &only(&published), NOW).await;
        assert_eq!(settled.unwrap(), Settled::Written);
    }
}

async fn a_text_that_waits_for_a_limit_goes_first(ledger: TestLedger) {
    for (phone, reason) in [
        (ALICE, Reason::Outage),
        (BOB, Reason::RateLimit),
        ("+15551230003", Reason::Money),
        ("+15551230004", Reason::Paused),
    ] {
        let first = phone[11..].parse::<u32>().unwrap() * 10;
        ledger.post(first, phone).await;
        ledger.post(first + 1, phone).await;
        ledger.take_jobs(NOW).await;
        let until = NOW + seconds(600);
        ledger.settle_as(first, &waits(reason, until), NOW).await;
        let claim = ledger.claim(first + 1, "w", NOW).await;
        assert_eq!(word(&claim), "blocked", "{reason:?}");
        // It is not looked at before the first one is due.
        let next = ledger.text(first + 1).await.next_attempt_at;
        assert_eq!(next, Some(until.0), "{reason:?}");
    }
}

async fn a_text_that_waits_for_its_owner_does_not_block_others(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.post(2, ALICE).await;
    assert_eq!(word(&ledger.claim(2, "w", NOW).await), "blocked");
    ledger.take_jobs(NOW).await;
    let waiting = waits(Reason::SignIn, NOW + HORIZON);
    ledger.settle_as(1, &waiting, NOW).await;
    assert_eq!(ledger.take_jobs(NOW).await, [format!("tweet {}", sid(2))]);
    assert_eq!(word(&ledger.claim(2, "w", NOW).await), "held");
}

async fn a_text_in_doubt_goes_first_until_it_rests(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.post(2, ALICE).await;
    let soon = NOW + seconds(5);
    ledger.settle_as(1, &doubts(Some(soon)), NOW).await;
    assert_eq!(word(&ledger.claim(2, "w", NOW).await), "blocked");
    ledger.settle_as(1, &doubts(None), soon).await;
    assert_eq!(word(&ledger.claim(2, "w", soon).await), "held");
}

async fn a_blocked_text_is_looked_at_again_even_if_nobody_wakes_it(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.post(2, ALICE).await;
    assert_eq!(word(&ledger.claim(2, "w", NOW).await), "blocked");
    let again = ledger.text(2).await.next_attempt_at;
    let then = NOW + LEASE * 10;
    assert_eq!(again, Some(then.0));
    // The first one ends without waking anybody.
    let sql = "UPDATE texts SET state = 'refused', next_attempt_at = NULL WHERE state = 'received'";
    ledger.run(sql).await;
    assert_eq!(word(&ledger.claim(2, "w", then).await), "held");
}

async fn a_command_does_not_wait_for_a_post_that_waits(ledger: TestLedger) {
    let later = NOW + seconds(600);
    for (first, settlement) in [
        (10, waits(Reason::Money, later)),
        (20, waits(Reason::Outage, later)),
        (30, waits(Reason::SignIn, later)),
        (40, doubts(Some(later))),
        (50, doubts(None)),
    ] {
        let phone = format!("+155512300{first}");
        ledger.post(first, &phone).await;
        ledger.settle_as(first, &settlement, NOW).await;
        ledger.command(first + 1, &phone).await;
        let claim = ledger.claim(first + 1, "w", NOW).await;
        assert_eq!(word(&claim), "held", "{}", ledger.standing(first).await);
    }
}

async fn a_command_waits_for_a_post_that_is_under_way(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.post(2, ALICE).await;
    ledger.command(3, ALICE).await;
    ledger.hold(1, "w", NOW).await;
    ledger.arm(1, "w", NOW).await;
    assert_eq!(word(&ledger.claim(2, "v", NOW).await), "blocked");
    assert_eq!(word(&ledger.claim(3, "v", NOW).await), "blocked");
    // The post that waits for its turn comes before the command.
    let text = ledger.text(1).await;
    let published = publishes("101");
    let settled = ledger.settle(&text, "w", only(&published), NOW);
    assert!(settled.await.unwrap());
    assert_eq!(
        word(&ledger.claim(3, "v", NOW + LEASE * 10).await),
        "blocked"
    );
    assert_eq!(word(&ledger.claim(2, "v", NOW).await), "held");
}

async fn a_command_behind_a_command_goes_on_while_posts_wait(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.post(2, ALICE).await;
    ledger.command(3, ALICE).await;
    ledger.command(4, ALICE).await;
    ledger
        .settle_as(1, &waits(Reason::Outage, NOW + seconds(600)), NOW)
        .await;
    assert_eq!(word(&ledger.claim(2, "w", NOW).await), "blocked");
    let first = ledger.hold(3, "w", NOW).await.text;
    assert_eq!(word(&ledger.claim(4, "v", NOW).await), "blocked");
    ledger.take_jobs(NOW).await;
    let done = ends(TextState::Command);
    let settled = ledger.settle(&first, "w", only(&done), NOW);
    assert!(settled.await.unwrap());
    let jobs = ledger.take_jobs(NOW).await;
    assert!(jobs.contains(&format!("command {}", sid(4))), "{jobs:?}");
    assert_eq!(word(&ledger.claim(4, "v", NOW).await), "held");
}

async fn a_claim_that_is_given_back_is_not_counted(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.hold(1, "w", NOW).await;
    assert_eq!(word(&ledger.claim(1, "v", NOW).await), "nothing");
    ledger.give_text_back(1, "w", NOW).await;
    let held = ledger.hold(1, "v", NOW).await;
    assert_eq!((held.text.claims, held.text.lease_owner), (0, None));
    // A claim that was given back has nothing left to give back.
    ledger.give_text_back(1, "w", NOW).await;
    assert_eq!(ledger.text(1).await.lease_owner.as_deref(), Some("v"));
    // A call that was announced may have been made, so it is not given back.
    ledger.arm(1, "v", NOW).await;
    ledger.give_text_back(1, "v", NOW).await;
    ledger.give_text_back(1, "w", NOW).await;
    assert_eq!(ledger.standing(1).await, "publishing");
    assert_eq!(ledger.text(1).await.lease_owner.as_deref(), Some("v"));
}

async fn a_text_does_not_overtake_one_whose_owner_has_signed_in(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.post(2, ALICE).await;
    let far = waits(Reason::SignIn, NOW + seconds(600));
    ledger.settle_as(1, &far, NOW).await;
    // The first waits for its owner and does not block the second. Then its owner signs in.
    ledger.hold(2, "w", NOW).await;
    ledger.link(ALICE, "again", "welcome again").await;
    assert_eq!(ledger.standing(1).await, "received");

    assert_eq!(ledger.try_to_arm(2, "w", NOW).await, Arming::Blocked);
    assert_eq!(ledger.standing(2).await, "waiting order");
    assert_eq!(ledger.try_to_arm(2, "w", NOW).await, Arming::LeaseLost);
    assert!(ledger.attempts(2).await.is_empty());

    ledger.take_jobs(NOW).await;
    ledger.settle_as(1, &publishes("100"), NOW).await;
    assert_eq!(ledger.take_jobs(NOW).await, [format!("tweet {}", sid(2))]);
    ledger.hold(2, "w", NOW).await;
    let armed = ledger.try_to_arm(2, "w", NOW).await;
    assert_eq!(armed, Arming::Armed { attempt: 1 });
}

async fn a_command_goes_on_when_the_post_before_it_waits(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.post(2, ALICE).await;
    ledger.command(3, ALICE).await;
    let text = ledger.hold(1, "w", NOW).await.text;
    for number in [2, 3] {
        let claim = ledger.claim(number, "v", NOW).await;
        assert_eq!(word(&claim), "blocked", "{number}");
    }
    ledger.take_jobs(NOW).await;
    let outage = waits(Reason::Outage, NOW + seconds(600));
    let settled = ledger.settle(&text, "w", only(&outage), NOW);
    assert!(settled.await.unwrap());
    assert_eq!(ledger.take_jobs(NOW).await, [format!("command {}", sid(3))]);
    assert_eq!(word(&ledger.claim(3, "v", NOW).await), "held");
}

/// When the credit is used up and two posts wait, `\STOP` must not wait for the operator to pay.
async fn a_command_does_not_wait_for_posts_behind_one_that_waits(ledger: TestLedger) {
    let later = NOW + seconds(600);
    ledger.post(1, ALICE).await;
    ledger.post(2, ALICE).await;
    ledger.settle_as(1, &waits(Reason::Money, later), NOW).await;
    assert_eq!(word(&ledger.claim(2, "w", NOW).await), "blocked");
    ledger.command(3, ALICE).await;
    assert_eq!(word(&ledger.claim(3, "w", NOW).await), "held");
}

async fn a_dead_workers_text_is_claimed_again(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.hold(1, "dead", NOW).await;
    let over = NOW + LEASE;
    let almost = Timestamp(over.0 - 1);
    assert_eq!(word(&ledger.claim(1, "alive", almost).await), "nothing");
    let held = ledger.hold(1, "alive", over).await;
    assert!(!held.died, "nothing was armed");
    // Claims are counted, so that a text that kills its workers is given up.
    assert_eq!((held.text.claims, held.text.attempts), (1, 0));
}

async fn the_next_claim_tells_that_a_worker_died_during_a_call(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.hold(1, "dead", NOW).await;
    assert_eq!(ledger.arm(1, "dead", NOW).await, Some(1));
    let held = ledger.hold(1, "alive", NOW + LEASE).await;
    assert!(held.died);
    assert_eq!(
        (held.text.state.as_str(), held.text.attempts),
        ("publishing", 1)
    );
    let began = ledger.doubt_began_at(&sid(1)).await.unwrap();
    assert_eq!(began, Some(NOW));
}

async fn arming_writes_the_attempt_before_the_call(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.hold(1, "w", NOW).await;
    let soon = NOW + seconds(1);
    assert_eq!(ledger.arm(1, "w", soon).await, Some(1));
    assert_eq!(ledger.standing(1).await, "publishing");
    let row = ledger.text(1).await;
    // The lease starts again, because the call may take as long as one.
    assert_eq!(row.lease_until, Some((soon + LEASE).0));
    assert_eq!(row.next_attempt_at, Some((soon + LEASE).0));
    let attempts = ledger.attempts(1).await;
    assert_eq!(attempts.len(), 1);
    assert_eq!((attempts[0].number, attempts[0].started_at), (1, soon));
    assert_eq!(attempts[0].ended_at, None);
}

async fn a_worker_without_the_lease_cannot_arm(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.hold(1, "slow", NOW).await;
    let over = NOW + LEASE;
    ledger.hold(1, "quick", over).await;
    assert_eq!(ledger.arm(1, "slow", over).await, None);
    assert_eq!(ledger.standing(1).await, "received");
    assert!(ledger.attempts(1).await.is_empty());
    assert_eq!(ledger.arm(1, "quick", over).await, Some(1));
}

async fn an_armed_lease_covers_one_call_and_no_more(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.hold(1, "w", NOW).await;
    let covers = |now| ledger.lease(&sid(1), "w").covers_a_call(now, LEASE);
    assert!(!covers(NOW), "no call is announced");
    // Arming starts the lease again.
    let soon = NOW + seconds(1);
    ledger.arm(1, "w", soon).await;
    assert!(covers(soon));
    assert!(
        !covers(Timestamp(soon.0 + 1)),
        "another worker may look before the call ends"
    );
}
