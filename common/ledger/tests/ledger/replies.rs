//! Replies: who sends them, how often, and what became of them.

use std::time::Duration;

use birdcall_domain::reply::{NewReply, Throttle};
use birdcall_domain::{
    clock::Timestamp,
    reply::{Purpose, ReplyState, Settlement},
};
use birdcall_ledger::replies::{Reply, ReplyClaim};
use futures_util::future::join_all;

use crate::{
    engines::on_both_engines,
    ledger::{ALICE, BOB, HORIZON, LEASE, NOW, TestLedger, claimant, inbound, reply, seconds, sid},
};

on_both_engines!(
    a_reply_is_written_once,
    claiming_a_reply_arms_it,
    of_many_workers_one_sends_the_reply,
    what_is_not_due_is_not_sent,
    a_worker_that_died_while_sending_is_told_of,
    a_reply_in_doubt_is_looked_up,
    one_number_gets_at_most_so_many_texts_in_so_long,
    a_phone_that_has_opted_out_is_sent_nothing,
    a_poisoned_reply_is_not_armed,
    settling_a_reply_writes_what_became_of_it,
    who_lost_the_lease_settles_no_reply,
    a_proof_that_it_was_sent_is_written_without_the_lease,
    a_refusal_because_of_stop_is_remembered,
    a_scrubbed_reply_says_nothing,
    a_reply_has_one_id_for_each_purpose_and_replay,
);

/// At most ten texts to a number in half a minute.
pub(crate) const THROTTLE: Throttle = Throttle {
    max: 10,
    window: Duration::from_secs(30),
};

/// What a claim found, in a word.
pub(crate) fn word(claim: &ReplyClaim) -> &'static str {
    match claim {
        ReplyFound::Nothing => "nothing",
        ReplyClaim::Died(_) => "died",
        ReplyClaim::Resolve(_) => "resolve",
        ReplyClaim::OptedOut(_) => "opted out",
        ReplyClaim::Later(..) => "later",
        ReplyClaim::Send(_) => "send",
    }
}

/// What became of a reply.
pub(crate) fn became(state: ReplyState, next_attempt_at: Option<Timestamp>) -> Settlement {
    Settlement {
        state,
        next_attempt_at,
        failures: 0,
        checks: 0,
        twilio_sid: None,
        error: None,
        error_code: None,
        opted_out: false,
    }
}

/// Twilio took it.
pub(crate) fn sent(twilio_sid: &str) -> Settlement {
    Settlement {
        twilio_sid: Some(twilio_sid.to_owned()),
        ..became(ReplyState::Sent, None)
    }
}

impl TestLedger {
    /// Claims a reply.
    pub(crate) async fn claim_reply(&self, id: &str, owner: &str, now: Timestamp) -> ReplyClaim {
        let by = claimant(owner, now);
        self.ledger.claim_reply(id, by, THROTTLE, 5).await.unwrap()
    }

    /// Writes a reply.
    pub(crate) async fn add(&self, id: &str, to: &str, now: Timestamp) {
        let reply = reply(id, to, "hi");
        assert!(self.ledger.add_reply(&reply, now).await.unwrap());
    }

    /// Claims a reply that can be sent.
    pub(crate) async fn arm_reply(&self, id: &str, owner: &str, now: Timestamp) -> Box<Reply> {
        match self.claim_reply(id, owner, now).await {
            ReplyClaim::Send(row) => row,
            other => panic!("{id} is not to be sent: {}", word(&other)),
        }
    }

    /// Settles a reply that was claimed.
    pub(crate) async fn settle_reply(
        &self,
        row: &Reply,
        owner: &str,
        settlement: &Settlement,
        now: Timestamp,
    ) -> bool {
        let settled = self.ledger.settle_reply(row, owner, settlement, now);
        settled.await.unwrap()
    }
}

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
    let claimed = ledger.arm_reply("r", "w", NOW).await;
    assert_eq!(claimed.body, "hi");
    let row = ledger.reply("r").await;
    assert_eq!((row.state.as_str(), row.attempts), ("sending", 1));
    assert_eq!(row.sent_at, Some(NOW.0));
    assert_eq!(row.next_attempt_at, Some((NOW + LEASE).0));
    assert_eq!(word(&ledger.claim_reply("r", "v", NOW).await), "nothing");
}

async fn of_many_workers_one_sends_the_reply(ledger: TestLedger) {
    let others = [ledger.another().await, ledger.another().await];
    for id in ["r1", "r2", "r3", "r4", "r5"] {
        ledger.add(id, ALICE, NOW).await;
        let owners = ["a", "b", "c", "d"];
        let claims = owners.iter().zip(others.iter().cycle());
        let claims =
            claims.map(|(owner, ledger)| ledger.claim_reply(id, claimant(owner, NOW), THROTTLE, 5));
        let claims = join_all(claims).await;
        let mut words: Vec<&str> = claims.iter().map(|it| word(it.as_ref().unwrap())).collect();
        words.sort_unstable();
        assert_eq!(words, ["nothing", "nothing", "nothing", "send"]);
    }
}

async fn what_is_not_due_is_not_sent(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    let early = Timestamp(NOW.0 - 1);
    assert_eq!(word(&ledger.claim_reply("r", "w", early).await), "nothing");
    assert_eq!(
        word(&ledger.claim_reply("other", "w", NOW).await),
        "nothing"
    );
    let row = ledger.arm_reply("r", "w", NOW).await;
    assert!(ledger.settle_reply(&row, "w", &sent("SM1"), NOW).await);
    let late = NOW + HORIZON;
    assert_eq!(word(&ledger.claim_reply("r", "w", late).await), "nothing");
}

async fn a_worker_that_died_while_sending_is_told_of(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    ledger.arm_reply("r", "dead", NOW).await;
    let over = NOW + LEASE;
    let almost = Timestamp(over.0 - 1);
    assert_eq!(
        word(&ledger.claim_reply("r", "alive", almost).await),
        "nothing"
    );
    assert_eq!(word(&ledger.claim_reply("r", "alive", over).await), "died");
    let row = ledger.reply("r").await;
    assert_eq!((row.attempts, row.claims), (1, 2));
    assert_eq!(row.sent_at, Some(NOW.0), "the look-up begins at the call");
}

async fn a_reply_in_doubt_is_looked_up(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    let row = ledger.arm_reply("r", "w", NOW).await;
    let soon = NOW + seconds(5);
    let doubt = became(ReplyState::InDoubt, Some(soon));
    assert!(ledger.settle_reply(&row, "w", &doubt, NOW).await);
    assert_eq!(word(&ledger.claim_reply("r", "w", soon).await), "resolve");
    assert_eq!(ledger.reply("r").await.attempts, 1, "nothing is armed");
}

async fn one_number_gets_at_most_so_many_texts_in_so_long(ledger: TestLedger) {
    for number in 0..10 {
        let id = format!("r{number}");
        let now = NOW + seconds(number);
        ledger.add(&id, ALICE, now).await;
        let row = ledger.arm_reply(&id, "w", now).await;
        assert!(ledger.settle_reply(&row, "w", &sent(&id), now).await);
    }
    let now = NOW + seconds(10);
    ledger.add("r10", ALICE, now).await;
    let (row, at) = match ledger.claim_reply("r10", "w", now).await {
        ReplyClaim::Later(row, at) => (row, at),
        other => panic!("{}", word(&other)),
    };
    assert_eq!(
        at,
        NOW + THROTTLE.window,
        "when the oldest is out of the window"
    );
    assert_eq!(ledger.reply("r10").await.attempts, 0);
    let later = became(ReplyState::Queued, Some(at));
    assert!(ledger.settle_reply(&row, "w", &later, now).await);

    // Another number is another matter.
    ledger.add("bob", BOB, now).await;
    ledger.arm_reply("bob", "w", now).await;

    ledger.arm_reply("r10", "w", at).await;
    ledger.add("r11", ALICE, at).await;
    match ledger.claim_reply("r11", "w", at).await {
        ReplyClaim::Later(_, next) => assert_eq!(next, at + seconds(1)),
        other => panic!("{}", word(&other)),
    }
}

async fn a_phone_that_has_opted_out_is_sent_nothing(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    ledger.receive(inbound(1, ALICE, "STOP")).await;
    assert_eq!(word(&ledger.claim_reply("r", "w", NOW).await), "opted out");
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
    let row = match ledger.claim_reply("r", "w", now).await {
        ReplyClaim::Later(row, _) => row,
        other => panic!("{}", word(&other)),
    };
    assert_eq!(row.claims, 6, "by which the worker knows");
    assert_eq!(ledger.reply("r").await.state, "queued");
}

async fn settling_a_reply_writes_what_became_of_it(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    ledger.take_jobs(NOW).await;
    let row = ledger.arm_reply("r", "w", NOW).await;
    let then = NOW + seconds(60);
    let later = Settlement {
        failures: 1,
        checks: 2,
        error: Some("the Twilio account needs its operator (20003)".to_owned()),
        error_code: Some(20003),
        ..became(ReplyState::Queued, Some(then))
    };
    assert!(ledger.settle_reply(&row, "w", &later, NOW).await);
    let row = ledger.reply("r").await;
    assert_eq!(
        (row.state.as_str(), row.failures, row.checks),
        ("queued", 1, 2)
    );
    assert_eq!((row.claims, row.error_code), (0, Some(20003)));
    assert_eq!(row.next_attempt_at, Some(then.0));
    assert!(ledger.take_jobs(then - seconds(1)).await.is_empty());
    assert_eq!(ledger.take_jobs(then).await, ["reply r"]);

    let row = ledger.arm_reply("r", "w", then).await;
    assert!(ledger.settle_reply(&row, "w", &sent("SM1"), then).await);
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
    assert_eq!(
        ledger.reply_counts().await.unwrap(),
        [("sent".to_owned(), 1)]
    );
}

async fn who_lost_the_lease_settles_no_reply(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    let slow = ledger.arm_reply("r", "slow", NOW).await;
    ledger.take_jobs(NOW).await;
    let over = NOW + LEASE;
    assert_eq!(word(&ledger.claim_reply("r", "quick", over).await), "died");
    let failed = Settlement {
        opted_out: true,
        ..became(ReplyState::Queued, Some(over))
    };
    assert!(!ledger.settle_reply(&slow, "slow", &failed, over).await);
    assert_eq!(ledger.reply("r").await.state, "sending");
    assert!(!ledger.opted_out(ALICE).await);
    assert!(ledger.take_jobs(over).await.is_empty());
}

async fn a_proof_that_it_was_sent_is_written_without_the_lease(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    let slow = ledger.arm_reply("r", "slow", NOW).await;
    let over = NOW + LEASE;
    let quick = match ledger.claim_reply("r", "quick", over).await {
        ReplyClaim::Died(row) => row,
        other => panic!("{}", word(&other)),
    };
    assert!(ledger.settle_reply(&slow, "slow", &sent("SM1"), over).await);
    let doubt = became(ReplyState::InDoubt, Some(over));
    assert!(!ledger.settle_reply(&quick, "quick", &doubt, over).await);
    assert_eq!(ledger.reply("r").await.state, "sent");
}

async fn a_refusal_because_of_stop_is_remembered(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    let row = ledger.arm_reply("r", "w", NOW).await;
    let refused = Settlement {
        opted_out: true,
        error_code: Some(21610),
        ..became(ReplyState::Suppressed, None)
    };
    assert!(ledger.settle_reply(&row, "w", &refused, NOW).await);
    assert!(ledger.opted_out(ALICE).await);
    ledger.add("r2", ALICE, NOW).await;
    assert_eq!(word(&ledger.claim_reply("r2", "w", NOW).await), "opted out");
}

async fn a_scrubbed_reply_says_nothing(ledger: TestLedger) {
    ledger.add("r", ALICE, NOW).await;
    let row = ledger.arm_reply("r", "w", NOW).await;
    assert!(ledger.settle_reply(&row, "w", &sent("SM1"), NOW).await);
    ledger.scrub_reply("r").await.unwrap();
    let row = ledger.reply("r").await;
    assert_eq!((row.phone.as_str(), row.body.as_str()), ("", ""));
    assert_eq!(row.twilio_sid.as_deref(), Some("SM1"));
}

async fn a_reply_has_one_id_for_each_purpose_and_replay(ledger: TestLedger) {
    let sid = sid(1);
    let ids = [
        NewReply::id_for(&sid, Purpose::Final, 0),
        NewReply::id_for(&sid, Purpose::Notice, 0),
        NewReply::id_for(&sid, Purpose::Final, 1),
    ];
    for id in &ids {
        let new = NewReply {
            text_sid: Some(sid.clone()),
            ..reply(id, ALICE, id)
        };
        assert!(ledger.add_reply(&new, NOW).await.unwrap());
    }
    let told = ledger.replies_to(&sid).await.unwrap();
    let mut told: Vec<String> = told.into_iter().map(|(row, _)| row.id).collect();
    told.sort();
    let mut ids = ids.to_vec();
    ids.sort();
    assert_eq!(told, ids);
}
