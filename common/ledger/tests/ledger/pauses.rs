//! What a whole queue waits for, and which text tries first when the wait is over.

use birdcall_domain::{
    clock::Timestamp,
    reply::{self, ReplyState},
    text::{MessageSid, Pause, Paused, Reason, Settlement, TextState},
};
use birdcall_ledger::{
    pauses::PausedQueue,
    queue::Queue,
    texts::{Arming, Claim},
};
use futures_util::future::join_all;

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    reply_work::{became, sent},
    values::{
        ALICE, BACKOFF, BOB, CAROL, LEASE, NOW, claimant, ends, inbound, only, publishes, seconds,
        sid, waits,
    },
};

on_both_engines!(
    a_pause_holds_every_post,
    commands_are_not_paused,
    a_pause_lasts_as_long_as_x_says,
    every_failed_try_waits_longer,
    calls_that_were_under_way_together_fail_once,
    a_later_moment_of_x_counts_even_from_a_call_that_was_under_way,
    what_waits_for_the_operator_goes_on_with_the_first_post,
    when_the_wait_is_over_exactly_one_text_tries,
    a_post_that_gets_through_ends_the_pause,
    a_command_that_is_done_does_not_end_the_pause,
    the_operators_pause_stays_until_the_operator_resumes,
    the_operators_pause_replaces_one_of_xs,
    a_resumed_queue_wakes_what_a_limit_of_the_app_held,
    a_paused_reply_queue_holds_replies_and_no_texts,
    trouble_with_the_account_at_twilio_holds_every_reply,
    nobody_looks_at_a_row_that_the_operator_holds,
    a_text_that_comes_to_wait_after_the_resume_is_due_at_once,
    what_a_resume_left_behind_is_released_by_the_sweep,
);

fn paused(reason: Reason, until: Option<Timestamp>, now: Timestamp) -> Settlement {
    Settlement {
        pause: Some(Pause { reason, until }),
        ..waits(reason, now + BACKOFF.min)
    }
}

/// A pause whose end is a guess of ours.
fn guess(until: Timestamp, reason: Reason) -> Option<Paused> {
    Some(Paused {
        until,
        reason,
        promised: None,
    })
}

async fn the_pause(ledger: &TestLedger) -> Option<PausedQueue> {
    let mut pauses = ledger.pauses().await.unwrap();
    assert!(pauses.len() <= 1);
    pauses.pop()
}

async fn a_pause_holds_every_post(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.post(2, BOB).await;
    ledger
        .settle_as(1, &paused(Reason::Money, None, NOW), NOW)
        .await;
    let pause = the_pause(&ledger).await.unwrap();
    assert_eq!((pause.queue, pause.reason), (Queue::Tweet, Reason::Money));
    assert_eq!((pause.since, pause.until), (NOW, NOW + BACKOFF.min));
    assert_eq!(pause.failures, 1);
    let held = ledger.hold(2, "w", NOW).await;
    assert_eq!(held.paused, guess(NOW + BACKOFF.min, Reason::Money));
}

async fn commands_are_not_paused(ledger: TestLedger) {
    ledger.command(1, ALICE).await;
    ledger.receive(inbound(2, BOB, "hello")).await;
    ledger.pause_queue(Queue::Tweet, NOW).await.unwrap();
    assert_eq!(ledger.hold(1, "w", NOW).await.paused, None);
    assert_eq!(ledger.hold(2, "w", NOW).await.paused, None);
}

async fn a_pause_lasts_as_long_as_x_says(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger.post(2, BOB).await;
    let until = NOW + seconds(777);
    let limited = paused(Reason::RateLimit, Some(until), NOW);
    ledger.settle_as(1, &limited, NOW).await;
    let almost = Timestamp(until.0 - 1);
    let held = ledger.hold(2, "w", almost).await;
    assert_eq!(
        held.paused,
        Some(Paused {
            until,
            reason: Reason::RateLimit,
            promised: Some(until)
        })
    );
    // The lease of that look is over by then.
    let held = ledger.hold(2, "v", almost + LEASE).await;
    assert_eq!(held.paused, None);
}

async fn every_failed_try_waits_longer(ledger: TestLedger) {
    let mut now = NOW;
    for (number, wait) in [(1, 10), (2, 20), (3, 40), (4, 80)] {
        ledger.post(number, &format!("+1555123000{number}")).await;
        ledger
            .settle_as(number, &paused(Reason::Money, None, now), now)
            .await;
        let pause = the_pause(&ledger).await.unwrap();
        assert_eq!(pause.until, now + seconds(wait));
        assert_eq!(pause.since, NOW);
        now = now + seconds(wait);
    }
}

async fn calls_that_were_under_way_together_fail_once(ledger: TestLedger) {
    let mut armed = Vec::new();
    for number in 1..=16 {
        ledger.post(number, &format!("+155512301{number:02}")).await;
        let held = ledger.hold(number, "w", NOW).await;
        assert_eq!(ledger.arm(number, "w", NOW).await, Some(1));
        armed.push(held);
    }
    let mut now = NOW;
    for held in &armed {
        now = now + seconds(1);
        let failed = paused(Reason::Money, None, now);
        let settled = ledger.settle(&held.text, "w", only(&failed), now).await;
        assert!(settled.unwrap());
    }
    let pause = the_pause(&ledger).await.unwrap();
    assert_eq!(pause.failures, 1);
    assert_eq!(pause.until, NOW + seconds(1) + BACKOFF.min);
    // The probe began after that, so its failure counts.
    let over = now + seconds(60);
    ledger.post(17, "+15551230117").await;
    let probe = ledger.hold(17, "w", over).await;
    assert_eq!(ledger.arm(17, "w", over).await, Some(1));
    let failed = paused(Reason::Money, None, over);
    let settled = ledger.settle(&probe.text, "w", only(&failed), over).await;
    assert!(settled.unwrap());
    let pause = the_pause(&ledger).await.unwrap();
    assert_eq!((pause.failures, pause.until), (2, over + seconds(20)));
}

async fn a_later_moment_of_x_counts_even_from_a_call_that_was_under_way(ledger: TestLedger) {
    let mut armed = Vec::new();
    for (number, phone) in [(1, ALICE), (2, BOB)] {
        ledger.post(number, phone).await;
        armed.push(ledger.hold(number, "w", NOW).await);
        assert_eq!(ledger.arm(number, "w", NOW).await, Some(1));
    }
    let later = NOW + seconds(777);
    for (held, until) in armed.iter().zip([None, Some(later)]) {
        let failed = paused(Reason::RateLimit, until, NOW);
        let settled = ledger.settle(&held.text, "w", only(&failed), NOW).await;
        assert!(settled.unwrap());
    }
    let pause = the_pause(&ledger).await.unwrap();
    assert_eq!((pause.until, pause.failures), (later, 1));
    assert_eq!(pause.promised, Some(later));
}

async fn what_waits_for_the_operator_goes_on_with_the_first_post(ledger: TestLedger) {
    let far = NOW + seconds(3600);
    for (number, phone) in [(1, ALICE), (2, BOB)] {
        ledger.post(number, phone).await;
        let waiting = waits(Reason::Operator, far);
        ledger.settle_as(number, &waiting, NOW).await;
    }
    ledger.post(3, "+15551230003").await;
    ledger
        .settle_as(3, &paused(Reason::Operator, None, NOW), NOW)
        .await;
    let over = NOW + BACKOFF.min;
    ledger.settle_as(3, &publishes("100"), over).await;
    assert!(the_pause(&ledger).await.is_none());
    assert_eq!(ledger.text(1).await.next_attempt_at, Some(over.0));
    ledger.pause_queue(Queue::Tweet, over).await.unwrap();
    let waiting = waits(Reason::Operator, far);
    ledger.settle_as(2, &waiting, over).await;
    assert!(ledger.resume_queue(Queue::Tweet, over).await.unwrap());
    assert_eq!(ledger.text(2).await.next_attempt_at, Some(over.0));
}

async fn when_the_wait_is_over_exactly_one_text_tries(ledger: TestLedger) {
    ledger.post(1, "+15551230009").await;
    ledger
        .settle_as(1, &paused(Reason::Money, None, NOW), NOW)
        .await;
    let over = NOW + BACKOFF.min;
    for number in 2..=7 {
        ledger.post(number, &format!("+1555123000{number}")).await;
    }
    let others = [ledger.another().await, ledger.another().await];
    let sids: Vec<MessageSid> = (2..=7).map(sid).collect();
    let each = || sids.iter().zip(others.iter().cycle());
    let claims = each().map(|(sid, ledger)| ledger.claim_text(sid, claimant(sid.as_str(), over)));
    let mut hands = Vec::new();
    for claim in join_all(claims).await {
        match claim.unwrap() {
            Claim::Held(claimed) => hands.push(claimed),
            _ => panic!("every text is due"),
        }
    }
    // A worker that only claims a text may have nothing to call for.
    assert!(hands.iter().all(|claimed| claimed.paused.is_none()));
    assert_eq!(the_pause(&ledger).await.unwrap().until, over);

    let arms = each().zip(&mut hands);
    let arms = arms.map(|((_, ledger), claimed)| {
        ledger.arm_text(&mut claimed.lease, "2244994945", LEASE, over)
    });
    let armed: Vec<Arming> = join_all(arms)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();
    let probes = armed.contains(&Arming::Armed { attempt: 1 });
    let paused = guess(over + LEASE, Reason::Money).map(Arming::Paused);
    let others = armed
        .iter()
        .filter(|arming| Some(**arming) == paused)
        .count();
    assert!(probes && others == 5, "{armed:?}");

    // The worker of the first try died. When its time is over, the next one tries.
    ledger.post(8, "+15551230008").await;
    let held = ledger.hold(8, "early", over).await;
    assert_eq!(held.paused, guess(over + LEASE, Reason::Money));
    let held = ledger.hold(8, "next", over + LEASE).await;
    assert_eq!(held.paused, None);
    assert_eq!(ledger.arm(8, "next", over + LEASE).await, Some(1));
}

async fn a_post_that_gets_through_ends_the_pause(ledger: TestLedger) {
    let far = NOW + seconds(3600);
    for (number, reason) in [
        (1, Reason::Money),
        (2, Reason::Money),
        (3, Reason::RateLimit),
    ] {
        ledger.post(number, &format!("+1555123000{number}")).await;
        ledger.settle_as(number, &waits(reason, far), NOW).await;
    }
    ledger.post(4, "+15551230004").await;
    ledger
        .settle_as(4, &paused(Reason::Money, None, NOW), NOW)
        .await;
    // Another worker holds this one.
    ledger.post(5, "+15551230005").await;
    let soon = NOW + seconds(1);
    ledger.settle_as(5, &waits(Reason::Money, soon), NOW).await;
    ledger.hold(5, "other", soon).await;

    let over = NOW + BACKOFF.min;
    ledger.settle_as(4, &publishes("100"), over).await;
    assert!(the_pause(&ledger).await.is_none());
    for (number, due) in [(1, over), (2, over), (3, far), (5, soon + LEASE)] {
        let next = ledger.text(number).await.next_attempt_at;
        assert_eq!(next, Some(due.0), "text {number}");
    }
    // They are woken at once. If there were more of them than one transaction pushes jobs for, the
    // sweep would wake the rest.
    let jobs = ledger.take_jobs(over).await;
    for number in [1, 2] {
        assert!(jobs.contains(&format!("tweet {}", sid(number))), "{jobs:?}");
    }
    let woken = ledger.wake_overdue_texts(over, crate::sweep::at_once());
    assert_eq!(woken.await.unwrap(), 2);
}

async fn a_command_that_is_done_does_not_end_the_pause(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger
        .settle_as(1, &paused(Reason::Money, None, NOW), NOW)
        .await;
    ledger.command(2, ALICE).await;
    let done = ends(TextState::Command);
    ledger.settle_as(2, &done, NOW).await;
    assert!(the_pause(&ledger).await.is_some());
}

async fn the_operators_pause_stays_until_the_operator_resumes(ledger: TestLedger) {
    ledger.pause_queue(Queue::Tweet, NOW).await.unwrap();
    ledger.post(1, ALICE).await;
    ledger
        .settle_as(1, &paused(Reason::Money, None, NOW), NOW)
        .await;
    ledger.post(2, BOB).await;
    ledger
        .settle_as(2, &waits(Reason::Paused, NOW + seconds(3600)), NOW)
        .await;
    assert_eq!(the_pause(&ledger).await.unwrap().reason, Reason::Paused);
    // It is never over by itself.
    let late = NOW + seconds(7200);
    let held = ledger.hold(2, "w", late).await;
    assert_eq!(held.paused, guess(Timestamp::UNTIL_RESUMED, Reason::Paused));
    // A post that was under way gets through, and changes nothing.
    ledger.settle_as(1, &publishes("100"), late).await;
    assert_eq!(the_pause(&ledger).await.unwrap().reason, Reason::Paused);

    let waiting = waits(Reason::Paused, Timestamp::UNTIL_RESUMED);
    let settled = ledger.settle(&held.text, "w", only(&waiting), late);
    assert!(settled.await.unwrap());
    assert!(ledger.resume_queue(Queue::Tweet, late).await.unwrap());
    assert!(the_pause(&ledger).await.is_none());
    assert_eq!(ledger.text(2).await.next_attempt_at, Some(late.0));
    assert_eq!(ledger.hold(2, "v", late).await.paused, None);
    assert!(!ledger.resume_queue(Queue::Tweet, late).await.unwrap());
}

async fn the_operators_pause_replaces_one_of_xs(ledger: TestLedger) {
    ledger.post(1, ALICE).await;
    ledger
        .settle_as(1, &paused(Reason::Money, None, NOW), NOW)
        .await;
    ledger.pause_queue(Queue::Tweet, NOW).await.unwrap();
    let pause = the_pause(&ledger).await.unwrap();
    assert_eq!(pause.reason, Reason::Paused);
    let late = NOW + seconds(7200);
    ledger.post(2, BOB).await;
    assert!(ledger.hold(2, "w", late).await.paused.is_some());
    // The operator has paid, so what waited for that is due, too.
    assert!(ledger.resume_queue(Queue::Tweet, late).await.unwrap());
    assert_eq!(ledger.text(1).await.next_attempt_at, Some(late.0));
}

async fn a_resumed_queue_wakes_what_a_limit_of_the_app_held(ledger: TestLedger) {
    let reset = NOW + seconds(900);
    for number in 1..=3 {
        ledger.post(number, &format!("+1555123000{number}")).await;
    }
    // The first met the limit, the second found the pause, and the third has a limit of its own.
    let limited = Settlement {
        pause: Some(Pause {
            reason: Reason::RateLimit,
            until: Some(reset),
        }),
        ..waits(Reason::RateLimit, reset)
    };
    ledger.settle_as(1, &limited, NOW).await;
    let held = ledger.hold(2, "w", NOW).await;
    let Paused { until, reason, .. } = held.paused.expect("a pause");
    let found = waits(reason, until);
    assert!(
        ledger
            .settle(&held.text, "w", only(&found), NOW)
            .await
            .unwrap()
    );
    let own = reset + seconds(3600);
    ledger
        .settle_as(3, &waits(Reason::RateLimit, own), NOW)
        .await;

    let soon = NOW + seconds(60);
    assert!(ledger.resume_queue(Queue::Tweet, soon).await.unwrap());
    for (number, due) in [(1, soon), (2, soon), (3, own)] {
        let next = ledger.text(number).await.next_attempt_at;
        assert_eq!(next, Some(due.0), "text {number}");
    }
}

async fn a_paused_reply_queue_holds_replies_and_no_texts(ledger: TestLedger) {
    ledger.pause_queue(Queue::Reply, NOW).await.unwrap();
    ledger.post(1, ALICE).await;
    assert_eq!(ledger.hold(1, "w", NOW).await.paused, None);
    ledger.add("r", ALICE, NOW).await;
    let at = ledger.claim_later("r", "w", NOW).await;
    assert_eq!(at, Timestamp::UNTIL_RESUMED);
    assert_eq!(ledger.reply("r").await.state, "queued");
}

/// A text and a reply that wait for the operator, and the jobs of their first look are done.
async fn held_by_the_operator(ledger: &TestLedger) {
    ledger.pause_queue(Queue::Tweet, NOW).await.unwrap();
    ledger.pause_queue(Queue::Reply, NOW).await.unwrap();
    ledger.post(1, ALICE).await;
    let waiting = waits(Reason::Paused, Timestamp::UNTIL_RESUMED);
    ledger.settle_as(1, &waiting, NOW).await;
    ledger.add("r", ALICE, NOW).await;
    ledger.claim_later("r", "w", NOW).await;
    let later = became(ReplyState::Queued, Some(Timestamp::UNTIL_RESUMED));
    assert!(ledger.settle_reply("r", "w", &later, NOW).await);
    ledger.take_jobs(NOW).await;
}

async fn nobody_looks_at_a_row_that_the_operator_holds(ledger: TestLedger) {
    held_by_the_operator(&ledger).await;
    let year = seconds(365 * 24 * 3600);
    let late = NOW + year;
    let wake = crate::sweep::at_once();
    assert_eq!(ledger.wake_overdue_texts(late, wake).await.unwrap(), 0);
    assert_eq!(ledger.wake_overdue_replies(late, wake).await.unwrap(), 0);
    let jobs = format!(
        "SELECT COUNT(*) FROM {} WHERE status = 'Pending'",
        ledger.jobs_table()
    );
    assert_eq!(ledger.number(&jobs).await, 0);

    for queue in [Queue::Tweet, Queue::Reply] {
        // The pause is still there, so the sweep releases nothing.
        ledger.release_held(queue, late).await.unwrap();
    }
    assert_eq!(
        ledger.text(1).await.next_attempt_at,
        Some(Timestamp::UNTIL_RESUMED.0)
    );
    for queue in [Queue::Tweet, Queue::Reply] {
        assert!(ledger.resume_queue(queue, late).await.unwrap());
    }
    assert_eq!(ledger.text(1).await.next_attempt_at, Some(late.0));
    assert_eq!(ledger.reply("r").await.next_attempt_at, Some(late.0));
    assert_eq!(ledger.wake_overdue_texts(late, wake).await.unwrap(), 1);
    assert_eq!(ledger.wake_overdue_replies(late, wake).await.unwrap(), 1);
}

async fn a_text_that_comes_to_wait_after_the_resume_is_due_at_once(ledger: TestLedger) {
    ledger.pause_queue(Queue::Tweet, NOW).await.unwrap();
    ledger.pause_queue(Queue::Reply, NOW).await.unwrap();
    ledger.post(1, ALICE).await;
    let held = ledger.hold(1, "w", NOW).await;
    ledger.add("r", ALICE, NOW).await;
    let until = ledger.claim_later("r", "w", NOW).await;
    // Both workers know of the pause, which ends before they write.
    for queue in [Queue::Tweet, Queue::Reply] {
        assert!(ledger.resume_queue(queue, NOW).await.unwrap());
    }
    let waiting = waits(Reason::Paused, Timestamp::UNTIL_RESUMED);
    let settled = ledger.settle(&held.text, "w", only(&waiting), NOW);
    assert!(settled.await.unwrap());
    assert_eq!(ledger.text(1).await.next_attempt_at, Some(NOW.0));
    let later = became(ReplyState::Queued, Some(until));
    assert!(ledger.settle_reply("r", "w", &later, NOW).await);
    assert_eq!(ledger.reply("r").await.next_attempt_at, Some(NOW.0));
}

async fn what_a_resume_left_behind_is_released_by_the_sweep(ledger: TestLedger) {
    held_by_the_operator(&ledger).await;
    // The process that resumed the queues died before it had released everything.
    ledger.run("DELETE FROM pauses").await;
    for queue in [Queue::Tweet, Queue::Reply] {
        ledger.release_held(queue, NOW + seconds(5)).await.unwrap();
    }
    let due = Some((NOW + seconds(5)).0);
    assert_eq!(ledger.text(1).await.next_attempt_at, due);
    assert_eq!(ledger.reply("r").await.next_attempt_at, due);
}

async fn trouble_with_the_account_at_twilio_holds_every_reply(ledger: TestLedger) {
    for (id, phone) in [("r1", ALICE), ("r2", BOB), ("r3", CAROL)] {
        ledger.add(id, phone, NOW).await;
    }
    let far = NOW + seconds(3600);
    let refused = |at| reply::Settlement {
        pause: Some(BACKOFF),
        ..became(ReplyState::Queued, Some(at))
    };
    ledger.arm_reply("r1", "w", NOW).await;
    ledger.arm_reply("r2", "w", NOW).await;
    // Both were under way: they count as one try.
    for id in ["r1", "r2"] {
        assert!(ledger.settle_reply(id, "w", &refused(far), NOW).await);
    }
    let pause = the_pause(&ledger).await.unwrap();
    assert_eq!(
        (pause.queue, pause.reason),
        (Queue::Reply, Reason::Operator)
    );
    let over = NOW + BACKOFF.min;
    assert_eq!((pause.until, pause.failures), (over, 1));
    assert_eq!(ledger.claim_later("r3", "w", NOW).await, over);
    let waits = became(ReplyState::Queued, Some(over));
    assert!(ledger.settle_reply("r3", "w", &waits, NOW).await);

    // The first to ask after that is the probe, and the others wait for it.
    ledger.arm_reply("r3", "w", over).await;
    ledger.add("r4", "+15551230004", over).await;
    assert_eq!(ledger.claim_later("r4", "w", over).await, over + LEASE);
    let waits = became(ReplyState::Queued, Some(over + LEASE));
    assert!(ledger.settle_reply("r4", "w", &waits, over).await);
    assert!(ledger.settle_reply("r3", "w", &sent("SM3"), over).await);
    assert!(the_pause(&ledger).await.is_none());
    assert_eq!(ledger.reply("r4").await.next_attempt_at, Some(over.0));
    // It waits for a time of its own.
    assert_eq!(ledger.reply("r1").await.next_attempt_at, Some(far.0));
}
