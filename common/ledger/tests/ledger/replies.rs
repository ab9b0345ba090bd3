//! Replies: who sends them, how often, and what became of them.

use birdcall_domain::{
    clock::Timestamp,
    reply::{Event, NewReply, Purpose, ReplyState, Settlement, Step, id_for_text},
};
use futures_util::future::join_all;

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    reply_work::{PATIENCE, became, sent, word},
    values::{ALICE, BOB, HORIZON, LEASE, NOW, claimant, inbound, reply, seconds, sid},
};

on_both_engines!(
    many_replies_to_one_number_are_claimed_twice_each_and_none_is_lost,
    a_reply_is_written_once,
    claiming_a_reply_arms_it,
    one_of_many_workers_sends_the_reply,
    a_reply_that_is_not_due_is_not_sent,
    the_next_claim_tells_that_a_worker_died_while_sending,
    a_reply_in_doubt_is_looked_up,
    one_number_gets_at_most_ten_texts_in_half_a_minute,
    a_phone_that_has_opted_out_is_sent_nothing,
    a_poisoned_reply_is_not_armed,
    settling_a_reply_writes_what_became_of_it,
    a_worker_without_the_lease_settles_no_reply,
    a_proof_of_sending_is_written_without_the_lease,
    a_refusal_because_of_an_opt_out_is_remembered,
    a_goodbye_says_nothing_once_it_is_sent,
    a_reply_that_is_given_back_is_not_counted,
    a_reply_that_is_being_sent_is_not_given_back,
    a_reply_has_one_id_for_each_purpose_and_replay,
);

async fn a_reply_is_written_once(ledger: TestLedger) {
    assert!(
        ledger
            .add_reply(&reply("r", ALICE, "first"), NOW)
            .await
            .unwrap()
    );
    assert!(
        !ledger
            .add_reply(&reply("r", ALICE, "second"), NOW)
            .await
            .unwrap()
    );
    let row = ledger.reply("r").await;
    assert_eq!((row.body.as_str(), row.state.as_str()), ("first", "queued"));
    assert_eq!((row.encoding.as_str(), row.segments), ("GSM-7", 1));
    assert_eq!(ledger.take_jobs(NOW).await, ["reply r"]);
}

async fn claiming_a_reply_arms_it(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    ledger.arm_reply("r", "w", NOW).await;
    let lease = ledger.reply_lease("r", "w");
    assert_eq!((lease.body.as_str(), lease.armed()), ("hi", Some(1)));
    let row = ledger.reply("r").await;
    assert_eq!((row.state.as_str(), row.attempts), ("sending", 1));
    assert_eq!(row.sent_at, Some(NOW.0));
    assert_eq!(row.next_attempt_at, Some((NOW + LEASE).0));
    assert_eq!(ledger.claim_reply("r", "v", NOW).await, "nothing");
}

async fn one_of_many_workers_sends_the_reply(ledger: TestLedger) {
    let others = [ledger.another().await, ledger.another().await];
    for id in ["r1", "r2", "r3", "r4", "r5"] {
        ledger.add(id, ALICE, NOW).await;
        let owners = ["a", "b", "c", "d"];
        let claims = owners.iter().zip(others.iter().cycle());
        let claims =
            claims.map(|(owner, ledger)| ledger.claim_reply(id, claimant(owner, NOW), PATIENCE));
        let claims = join_all(claims).await.into_iter().map(Result::unwrap);
        let steps: Vec<_> = claims.map(|claimed| claimed.map(|it| it.step)).collect();
        let mut words: Vec<&str> = steps.iter().map(|step| word(step.as_ref())).collect();
        words.sort_unstable();
        assert_eq!(words, ["nothing", "nothing", "nothing", "send"]);
    }
}

async fn a_reply_that_is_not_due_is_not_sent(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    let early = Timestamp(NOW.0 - 1);
    assert_eq!(ledger.claim_reply("r", "w", early).await, "nothing");
    assert_eq!(ledger.claim_reply("other", "w", NOW).await, "nothing");
    ledger.arm_reply("r", "w", NOW).await;
    assert!(ledger.settle_reply("r", "w", &sent("SM1"), NOW).await);
    let late = NOW + HORIZON;
    assert_eq!(ledger.claim_reply("r", "w", late).await, "nothing");
}

async fn the_next_claim_tells_that_a_worker_died_while_sending(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    ledger.arm_reply("r", "dead", NOW).await;
    let over = NOW + LEASE;
    let almost = Timestamp(over.0 - 1);
    assert_eq!(ledger.claim_reply("r", "alive", almost).await, "nothing");
    assert_eq!(ledger.claim_reply("r", "alive", over).await, "died");
    let row = ledger.reply("r").await;
    assert_eq!((row.attempts, row.claims), (1, 2));
    assert_eq!(
        row.sent_at,
        Some(NOW.0),
        "the look-up begins at the moment of the call"
    );
}

async fn a_reply_in_doubt_is_looked_up(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    ledger.arm_reply("r", "w", NOW).await;
    let soon = NOW + seconds(5);
    let doubt = became(ReplyState::InDoubt, Some(soon));
    assert!(ledger.settle_reply("r", "w", &doubt, NOW).await);
    assert_eq!(ledger.claim_reply("r", "w", soon).await, "look up");
    assert_eq!(ledger.reply("r").await.attempts, 1, "nothing is armed");
}

async fn one_number_gets_at_most_ten_texts_in_half_a_minute(ledger: TestLedger) {
    for number in 0..10 {
        let id = format!("r{number}");
        let now = NOW + seconds(number);
        ledger.add(&id, ALICE, now).await;
        ledger.arm_reply(&id, "w", now).await;
        assert!(ledger.settle_reply(&id, "w", &sent(&id), now).await);
    }
    let now = NOW + seconds(10);
    ledger.add("r10", ALICE, now).await;
    let at = ledger.claim_later("r10", "w", now).await;
    assert_eq!(
        at,
        NOW + PATIENCE.throttle.window,
        "when the oldest is out of the window"
    );
    assert_eq!(ledger.reply("r10").await.attempts, 0);
    let later = became(ReplyState::Queued, Some(at));
    assert!(ledger.settle_reply("r10", "w", &later, now).await);

    // Another number has room of its own.
    ledger.add("bob", BOB, now).await;
    ledger.arm_reply("bob", "w", now).await;

    ledger.arm_reply("r10", "w", at).await;
    ledger.add("r11", ALICE, at).await;
    let next = ledger.claim_later("r11", "w", at).await;
    assert_eq!(next, at + seconds(1));
}

async fn a_phone_that_has_opted_out_is_sent_nothing(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    ledger.receive(inbound(1, ALICE, "STOP")).await;
    assert_eq!(ledger.claim_reply("r", "w", NOW).await, "opted out");
    let row = ledger.reply("r").await;
    assert_eq!((row.state.as_str(), row.attempts), ("queued", 0));
    ledger.receive(inbound(2, ALICE, "START")).await;
    ledger.arm_reply("r", "w", NOW + LEASE).await;
}

async fn a_poisoned_reply_is_not_armed(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    let mut now = NOW;
    for _ in 0..5 {
        ledger.arm_reply("r", "dead", now).await;
        ledger.run("UPDATE replies SET state = 'queued'").await;
        now = now + LEASE;
    }
    assert_eq!(ledger.claim_reply("r", "w", now).await, "poison");
    assert_eq!(ledger.reply_lease("r", "w").claims, 6);
    let row = ledger.reply("r").await;
    assert_eq!((row.state.as_str(), row.attempts), ("queued", 5));
}

async fn settling_a_reply_writes_what_became_of_it(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    ledger.take_jobs(NOW).await;
    ledger.arm_reply("r", "w", NOW).await;
    let then = NOW + seconds(60);
    let later = Settlement {
        failures: 1,
        checks: 2,
        error: Some("the Twilio account needs its operator (20003)".to_owned()),
        error_code: Some(20003),
        ..became(ReplyState::Queued, Some(then))
    };
    assert!(ledger.settle_reply("r", "w", &later, NOW).await);
    let row = ledger.reply("r").await;
    assert_eq!(
        (row.state.as_str(), row.failures, row.checks),
        ("queued", 1, 2)
    );
    assert_eq!((row.claims, row.error_code), (0, Some(20003)));
    assert_eq!(row.next_attempt_at, Some(then.0));
    assert!(ledger.take_jobs(then - seconds(1)).await.is_empty());
    assert_eq!(ledger.take_jobs(then).await, ["reply r"]);

    ledger.arm_reply("r", "w", then).await;
    assert!(ledger.settle_reply("r", "w", &sent("SM1"), then).await);
    let row = ledger.reply("r").await;
    assert_eq!(
        (row.state.as_str(), row.twilio_sid.as_deref()),
        ("sent", Some("SM1"))
    );
    assert_eq!(
        (row.error, row.error_code, row.next_attempt_at),
        (None, None, None)
    );
    assert!(ledger.is_known_message("SM1").await.unwrap());
    assert!(!ledger.is_known_message("SM2").await.unwrap());
    let counts = ledger.reply_counts().await.unwrap();
    assert_eq!(counts, [(ReplyState::Sent, 1)]);
}

async fn a_worker_without_the_lease_settles_no_reply(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    ledger.arm_reply("r", "slow", NOW).await;
    ledger.take_jobs(NOW).await;
    let over = NOW + LEASE;
    assert_eq!(ledger.claim_reply("r", "quick", over).await, "died");
    let failed = Settlement {
        opted_out: true,
        ..became(ReplyState::Queued, Some(over))
    };
    assert!(!ledger.settle_reply("r", "slow", &failed, over).await);
    assert_eq!(ledger.reply("r").await.state, "sending");
    assert!(!ledger.opted_out(ALICE).await);
    assert!(ledger.take_jobs(over).await.is_empty());
}

async fn a_proof_of_sending_is_written_without_the_lease(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    ledger.arm_reply("r", "slow", NOW).await;
    let over = NOW + LEASE;
    assert_eq!(ledger.claim_reply("r", "quick", over).await, "died");
    assert!(ledger.settle_reply("r", "slow", &sent("SM1"), over).await);
    let doubt = became(ReplyState::InDoubt, Some(over));
    assert!(!ledger.settle_reply("r", "quick", &doubt, over).await);
    assert_eq!(ledger.reply("r").await.state, "sent");
}

async fn a_refusal_because_of_an_opt_out_is_remembered(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    ledger.arm_reply("r", "w", NOW).await;
    let refused = Settlement {
        opted_out: true,
        error_code: Some(21610),
        ..became(ReplyState::Suppressed, None)
    };
    assert!(ledger.settle_reply("r", "w", &refused, NOW).await);
    assert!(ledger.opted_out(ALICE).await);
    ledger.add("r2", ALICE, NOW).await;
    assert_eq!(ledger.claim_reply("r2", "w", NOW).await, "opted out");
}

async fn a_goodbye_says_nothing_once_it_is_sent(ledger: TestLedger) {
    let goodbye = NewReply {
        purpose: Purpose::Goodbye,
        ..reply("r", ALICE, "Your data is deleted.")
    };
    assert!(ledger.add_reply(&goodbye, NOW).await.unwrap());
    ledger.arm_reply("r", "w", NOW).await;
    let later = became(ReplyState::Queued, Some(NOW));
    assert!(ledger.settle_reply("r", "w", &later, NOW).await);
    let row = ledger.reply("r").await;
    assert_eq!(
        (row.phone.as_str(), row.body.as_str()),
        (ALICE, "Your data is deleted."),
        "it is still to be sent"
    );
    ledger.arm_reply("r", "w", NOW).await;
    assert!(ledger.settle_reply("r", "w", &sent("SM1"), NOW).await);
    let row = ledger.reply("r").await;
    assert_eq!((row.phone.as_str(), row.body.as_str()), ("", ""));
    assert_eq!(row.twilio_sid.as_deref(), Some("SM1"));
}

async fn a_reply_that_is_given_back_is_not_counted(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    ledger.arm_reply("r", "w", NOW).await;
    let doubt = became(ReplyState::InDoubt, Some(NOW));
    assert!(ledger.settle_reply("r", "w", &doubt, NOW).await);
    assert_eq!(ledger.claim_reply("r", "w", NOW).await, "look up");
    let soon = NOW + seconds(1);
    assert_eq!(ledger.claim_reply("r", "v", soon).await, "nothing");
    ledger.give_reply_back("r", "w", soon).await;
    let row = ledger.reply("r").await;
    assert_eq!((row.state.as_str(), row.claims), ("in_doubt", 0));
    assert_eq!(row.next_attempt_at, Some(soon.0));

    assert_eq!(ledger.claim_reply("r", "v", soon).await, "look up");
    // A claim that was given back has nothing left to give back.
    ledger.give_reply_back("r", "w", soon).await;
    assert_eq!(ledger.claim_reply("r", "u", soon).await, "nothing");
    assert_eq!(ledger.reply("r").await.claims, 1);
    assert!(ledger.settle_reply("r", "v", &sent("SM1"), soon).await);
}

async fn a_reply_that_is_being_sent_is_not_given_back(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    ledger.arm_reply("r", "w", NOW).await;
    ledger.give_reply_back("r", "w", NOW).await;
    // It may have been sent, so it is looked for when the lease is over.
    let row = ledger.reply("r").await;
    assert_eq!((row.state.as_str(), row.claims), ("sending", 1));
    assert_eq!(ledger.claim_reply("r", "v", NOW).await, "nothing");
    assert_eq!(ledger.claim_reply("r", "v", NOW + LEASE).await, "died");
}

async fn a_reply_has_one_id_for_each_purpose_and_replay(ledger: TestLedger) {
    let sid = sid(1);
    let ids = [
        id_for_text(&sid, Purpose::Final, 0),
        id_for_text(&sid, Purpose::Notice, 0),
        id_for_text(&sid, Purpose::Final, 1),
    ];
    for id in &ids {
        let new = NewReply {
            text_sid: Some(sid.clone()),
            ..reply(id, ALICE, id)
        };
        assert!(ledger.add_reply(&new, NOW).await.unwrap());
    }
    let told = ledger.replies_to(&sid).await.unwrap();
    let mut told: Vec<String> = told.into_iter().map(|reply| reply.id).collect();
    told.sort();
    let mut ids = ids.to_vec();
    ids.sort();
    assert_eq!(told, ids);
}

async fn many_replies_to_one_number_are_claimed_twice_each_and_none_is_lost(ledger: TestLedger) {
    const REPLIES: usize = 45;
    for number in 0..REPLIES {
        ledger.add(&format!("r{number}"), ALICE, NOW).await;
    }
    let mut now = NOW;
    let (mut claims, mut sent_at) = (0, Vec::new());
    while sent_at.len() < REPLIES {
        for job in ledger.ledger.take_due_jobs(now).await.unwrap() {
            claims += 1;
            let owner = format!("w{claims}");
            match ledger.find_step(&job.id, &owner, now).await {
                Some(Step::Send) => {
                    sent_at.push(now);
                    let settled = sent(&format!("SM{claims}"));
                    assert!(ledger.settle_reply(&job.id, &owner, &settled, now).await);
                }
                Some(Step::Settle(Event::Later(at))) => {
                    let later = became(ReplyState::Queued, Some(at));
                    assert!(ledger.settle_reply(&job.id, &owner, &later, now).await);
                }
                other => panic!("{} does not wait: {}", job.id, word(other.as_ref())),
            }
        }
        now = now + seconds(1);
    }
    assert_eq!(claims, 2 * REPLIES - 10);
    // Ten go at once, and ten more each time that the window has room.
    let expected: Vec<_> = (0..REPLIES)
        .map(|number| NOW + seconds(30 * (number as u64 / 10)))
        .collect();
    assert_eq!(sent_at, expected);
}
