//! A command and its effect are settled in one transaction, or not at all.

use birdcall_domain::{
    account::Revocation,
    clock::Timestamp,
    text::{Effect, Event, Pause, Policy, Reason, Settlement, settle},
};
use birdcall_ledger::texts::{Settled, TextOutcome};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    seen::{SeenAccount, SeenText},
    text_work::word,
    values::{
        ALICE, BACKOFF, BOB, HORIZON, LEASE, NOW, done_with, doubts, only, publishes, reply,
        seconds, sid, waits,
    },
};

on_both_engines!(
    a_command_and_its_effect_are_written_together,
    a_refused_effect_writes_nothing,
    a_command_whose_effect_was_refused_is_still_in_hand,
    a_worker_without_the_lease_applies_no_effect,
    an_effect_is_applied_once_when_two_workers_settle_at_once,
    an_undo_that_waits_for_its_text_does_not_wake_itself,
    an_undo_that_waits_is_woken_when_its_text_ends,
    an_undo_that_waits_is_woken_when_its_text_waits,
);

/// The effects that a command of Alice's may have on her texts 1 to 3.
fn effects() -> [Effect; 4] {
    [
        Effect::TakeBack(sid(1)),
        Effect::Undone(sid(2)),
        Effect::Retry {
            sid: sid(3),
            deadline_at: NOW + HORIZON,
        },
        Effect::Forget {
            audit_id: "deed".to_owned(),
            revocation: Revocation::Revoked,
            revoked: None,
        },
    ]
}

/// Alice's text 1 waits, her text 2 is posted, her text 3 rests in doubt, and her text 4 is a command.
async fn texts_of_each_kind(ledger: &TestLedger) {
    ledger.post(2, ALICE).await;
    ledger.settle_as(2, &publishes("102"), NOW).await;
    ledger.post(3, ALICE).await;
    ledger.settle_as(3, &doubts(None), NOW).await;
    ledger.post(1, ALICE).await;
    let far = waits(Reason::Money, NOW + HORIZON);
    ledger.settle_as(1, &far, NOW).await;
    ledger.command(4, ALICE).await;
}

/// Everything that a command can change.
#[derive(Debug, PartialEq, Eq)]
struct Everything {
    texts: Vec<SeenText>,
    account: Option<SeenAccount>,
    /// The ids of replies and deeds, and the queues that are paused.
    others: Vec<String>,
    /// The jobs that were pushed since this was looked at last.
    jobs: Vec<String>,
}

async fn everything(ledger: &TestLedger) -> Everything {
    let mut texts = Vec::new();
    for number in 1..=4 {
        texts.push(ledger.text(number).await);
    }
    let mut others = Vec::new();
    for sql in [
        "SELECT id FROM replies ORDER BY id",
        "SELECT id FROM audit ORDER BY id",
        "SELECT queue FROM pauses ORDER BY queue",
    ] {
        others.extend(ledger.words(sql).await);
    }
    Everything {
        texts,
        account: ledger.account_of(ALICE).await.unwrap(),
        others,
        jobs: ledger.take_jobs(NOW + HORIZON + HORIZON).await,
    }
}

/// An outcome that writes everything that an outcome can write.
fn with_everything<'a>(settlement: &'a Settlement, account: &'a str) -> TextOutcome<'a> {
    TextOutcome {
        attempt: Some(("done", None)),
        reply: Some(reply("final", ALICE, "Done.")),
        disconnect: Some((account, 1)),
        ..only(settlement)
    }
}

/// The end of a command with this effect, which pauses the queue besides.
fn ends_with(effect: Effect) -> Settlement {
    Settlement {
        pause: Some(Pause {
            reason: Reason::Money,
            until: None,
        }),
        ..done_with(effect)
    }
}

async fn a_command_and_its_effect_are_written_together(ledger: TestLedger) {
    texts_of_each_kind(&ledger).await;
    for (number, effect, standing) in [
        (1, Effect::TakeBack(sid(1)), "refused undone"),
        (2, Effect::Undone(sid(2)), "published"),
        (
            3,
            Effect::Retry {
                sid: sid(3),
                deadline_at: NOW + HORIZON,
            },
            "received",
        ),
    ] {
        // Another number's command waits for none of them.
        let command = 10 + number;
        ledger.command(command, BOB).await;
        ledger.hold(command, "w", NOW).await;
        ledger.take_jobs(NOW).await;
        let done = done_with(effect);
        let answer = format!("answer {command}");
        let outcome = TextOutcome {
            reply: Some(reply(&answer, BOB, "Done.")),
            ..only(&done)
        };
        let settled = ledger.try_to_settle(command, "w", outcome, NOW).await;
        assert_eq!(settled, Settled::Written);
        assert_eq!(ledger.standing(command).await, "command");
        assert_eq!(ledger.standing(number).await, standing);
        assert_eq!(ledger.reply(&answer).await.body, "Done.");
        let mut jobs = vec![format!("reply {answer}")];
        jobs.extend((number == 3).then(|| format!("tweet {}", sid(3))));
        assert_eq!(ledger.take_jobs(NOW).await, jobs);
    }
    assert_eq!(ledger.text(1).await.undone_at, Some(NOW.0));
    assert_eq!(ledger.text(2).await.undone_at, Some(NOW.0));
}

async fn a_refused_effect_writes_nothing(ledger: TestLedger) {
    texts_of_each_kind(&ledger).await;
    let account = ledger.linked(ALICE).await;
    ledger.hold(4, "w", NOW).await;
    ledger.take_jobs(NOW + HORIZON + HORIZON).await;
    let before = everything(&ledger).await;
    let retry = |number| Effect::Retry {
        sid: sid(number),
        deadline_at: NOW + HORIZON,
    };
    // None of these is possible, because of the state of the text, or because there is none.
    for effect in [
        Effect::TakeBack(sid(2)),
        Effect::TakeBack(sid(3)),
        Effect::TakeBack(sid(99)),
        retry(1),
        retry(2),
        retry(99),
    ] {
        let name = format!("{effect:?}");
        let settlement = ends_with(effect);
        let outcome = with_everything(&settlement, &account.id);
        let settled = ledger.try_to_settle(4, "w", outcome, NOW).await;
        assert_eq!(settled, Settled::EffectRefused, "{name}");
        assert_eq!(everything(&ledger).await, before, "{name}");
    }
}

async fn a_command_whose_effect_was_refused_is_still_in_hand(ledger: TestLedger) {
    texts_of_each_kind(&ledger).await;
    ledger.hold(4, "w", NOW).await;
    let refused = done_with(Effect::TakeBack(sid(2)));
    let settled = ledger.try_to_settle(4, "w", only(&refused), NOW).await;
    assert_eq!(settled, Settled::EffectRefused);
    assert_eq!(word(&ledger.claim(4, "v", NOW).await), "nothing");
    assert_eq!(ledger.text(4).await.lease_owner.as_deref(), Some("w"));
    let possible = done_with(Effect::TakeBack(sid(1)));
    let settled = ledger.try_to_settle(4, "w", only(&possible), NOW).await;
    assert_eq!(settled, Settled::Written);
    assert_eq!(ledger.standing(4).await, "command");
    assert_eq!(ledger.standing(1).await, "refused undone");
}

async fn a_worker_without_the_lease_applies_no_effect(ledger: TestLedger) {
    texts_of_each_kind(&ledger).await;
    let account = ledger.linked(ALICE).await;
    ledger.hold(4, "slow", NOW).await;
    let over = NOW + LEASE;
    ledger.hold(4, "quick", over).await;
    ledger.take_jobs(NOW + HORIZON + HORIZON).await;
    let before = everything(&ledger).await;
    for effect in effects() {
        let name = format!("{effect:?}");
        let settlement = ends_with(effect);
        let outcome = with_everything(&settlement, &account.id);
        let settled = ledger.try_to_settle(4, "slow", outcome, over).await;
        assert_eq!(settled, Settled::LeaseLost, "{name}");
        assert_eq!(everything(&ledger).await, before, "{name}");
    }
    // The worker that holds the command applies its effect.
    let [.., forget] = effects();
    let settlement = done_with(forget);
    let settled = ledger.try_to_settle(4, "quick", only(&settlement), over);
    assert_eq!(settled.await, Settled::Written);
    assert!(ledger.account_of(ALICE).await.unwrap().is_none());
}

async fn an_effect_is_applied_once_when_two_workers_settle_at_once(ledger: TestLedger) {
    let other = ledger.another().await;
    for number in (10..20).step_by(2) {
        let (text, command) = (number, number + 1);
        ledger.post(text, ALICE).await;
        ledger.settle_as(text, &doubts(None), NOW).await;
        ledger.command(command, ALICE).await;
        ledger.hold(command, "w", NOW).await;
        ledger.take_jobs(NOW + HORIZON).await;
        let lease = ledger.lease(&sid(command), "w");
        let done = done_with(Effect::Retry {
            sid: sid(text),
            deadline_at: NOW + HORIZON,
        });
        let (here, there) = (only(&done), only(&done));
        let (here, there) = tokio::join!(
            ledger.settle_text(&lease, &here, NOW),
            other.settle_text(&lease, &there, NOW),
        );
        // The second one finds that the text is no longer at rest.
        let both = [here.unwrap(), there.unwrap()];
        assert!(both.contains(&Settled::Written), "{both:?}");
        assert!(both.contains(&Settled::EffectRefused), "{both:?}");
        let jobs = ledger.take_jobs(NOW + HORIZON).await;
        assert_eq!(jobs, [format!("tweet {}", sid(text))]);
        let published = publishes(&number.to_string());
        ledger.settle_as(text, &published, NOW).await;
    }
}

/// Alice's text 1 is in hand, and her `\UNDO` (text 2), which overtook it, waits for that. Returns
/// the moment at which the `\UNDO` is tried again by itself.
async fn undo_waits(ledger: &TestLedger) -> Timestamp {
    ledger.post(1, ALICE).await;
    ledger.settle_as(1, &waits(Reason::Outage, NOW), NOW).await;
    ledger.command(2, ALICE).await;
    ledger.hold(2, "undo", NOW).await;
    ledger.hold(1, "w", NOW).await;
    ledger.take_jobs(NOW).await;

    let taken_back = done_with(Effect::TakeBack(sid(1)));
    let settled = ledger.try_to_settle(2, "undo", only(&taken_back), NOW);
    assert_eq!(settled.await, Settled::EffectRefused);
    let policy = Policy {
        backoff: BACKOFF,
        resolve_delays: vec![],
        late_after: HORIZON,
        sign_in_wait_max: HORIZON,
        refused_token_pause: HORIZON,
    };
    let progress = ledger.lease(&sid(2), "undo").progress;
    let not_yet = settle(&progress, &Event::NotYet, NOW, 1.0, &policy);
    let settled = ledger.try_to_settle(2, "undo", only(&not_yet), NOW);
    assert_eq!(settled.await, Settled::Written);
    assert_eq!(ledger.standing(2).await, "waiting order");
    not_yet.next_attempt_at.expect("a command that waits")
}

async fn an_undo_that_waits_for_its_text_does_not_wake_itself(ledger: TestLedger) {
    let again = undo_waits(&ledger).await;
    assert_eq!(again, NOW + BACKOFF.min);
    assert_eq!(ledger.text(2).await.next_attempt_at, Some(again.0));
    assert!(ledger.take_jobs(again - seconds(1)).await.is_empty());
    assert_eq!(word(&ledger.claim(2, "undo", NOW).await), "nothing");
    // If nothing wakes it, its own job does.
    assert_eq!(
        ledger.take_jobs(again).await,
        [format!("command {}", sid(2))]
    );
    assert_eq!(word(&ledger.claim(2, "undo", again).await), "held");
}

async fn an_undo_that_waits_is_woken_when_its_text_ends(ledger: TestLedger) {
    undo_waits(&ledger).await;
    ledger.arm(1, "w", NOW).await;
    let soon = NOW + seconds(1);
    let published = publishes("100");
    let settled = ledger.try_to_settle(1, "w", only(&published), soon).await;
    assert_eq!(settled, Settled::Written);
    assert_eq!(ledger.text(2).await.next_attempt_at, Some(soon.0));
    let mut jobs = ledger.take_jobs(soon).await;
    eprintln!("JOBS {jobs:?}");
    jobs.dedup();
    assert_eq!(jobs, [format!("command {}", sid(2))]);
    assert_eq!(word(&ledger.claim(2, "undo", soon).await), "held");
}

async fn an_undo_that_waits_is_woken_when_its_text_waits(ledger: TestLedger) {
    undo_waits(&ledger).await;
    let soon = NOW + seconds(1);
    let outage = waits(Reason::Outage, NOW + HORIZON);
    let settled = ledger.try_to_settle(1, "w", only(&outage), soon).await;
    assert_eq!(settled, Settled::Written);
    assert_eq!(
        ledger.take_jobs(soon).await,
        [format!("command {}", sid(2))]
    );
    ledger.hold(2, "undo", soon).await;
    let taken_back = done_with(Effect::TakeBack(sid(1)));
    let settled = ledger.try_to_settle(2, "undo", only(&taken_back), soon);
    assert_eq!(settled.await, Settled::Written);
    assert_eq!(ledger.standing(1).await, "refused undone");
}
