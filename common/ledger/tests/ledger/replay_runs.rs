//! Replays of many texts: what they reach, how fast, and what is left when a worker dies or an operator
//! stops them.

use birdcall_domain::{
    clock::{Clock as _, Timestamp},
    replay_run::{BeginReplay, Pace, ReplayFilter, ReplayRun, RunState, StopReplay},
    text::{Reason, Replay, Settlement, TextState},
};
use birdcall_ledger::{
    audit::By,
    replay::{NewRun, NextTexts, RUNS_OPEN_MAX, RunInHand, RunText, TextRun},
};

use crate::{
    engines::on_both_engines,
    forgetting::stop,
    ledger::TestLedger,
    values::{
        ALICE, BOB, CAROL, HORIZON, LEASE, NOW, OVERDUE, claimant, doubts, ends, inbound, phone,
        publishes, seconds, sid, waits,
    },
};

on_both_engines!(
    a_run_reaches_each_text_once_and_oldest_first,
    a_run_reaches_what_its_filter_names,
    a_run_keeps_its_pace,
    a_run_leaves_alone_what_is_on_x_and_looks_up_what_may_be,
    a_plan_counts_what_a_run_does,
    a_second_job_of_a_run_finds_nothing_to_do,
    a_run_that_was_stopped_reaches_no_further_text,
    a_worker_that_lost_the_run_moves_nothing,
    a_worker_that_dies_leaves_no_text_skipped_and_none_run_twice,
    a_text_that_is_due_already_is_only_woken,
    the_same_order_begins_one_run,
    the_same_order_at_the_same_moment_begins_one_run,
    only_so_many_runs_are_open,
    what_was_begun_and_stopped_is_in_the_audit,
    a_run_whose_texts_were_not_all_counted_is_counted_on,
    a_run_that_is_over_keeps_no_words_and_is_removed_later,
    a_run_of_a_number_goes_with_the_numbers_data,
);

const ORDER: By<'_> = By {
    actor: "olivia",
    reason: "X was down",
    audit_id: "a1",
};

/// So fast that the pace holds nothing up.
fn at_once() -> Pace {
    Pace::per_minute(60_000).unwrap()
}

fn failed() -> Settlement {
    Settlement {
        reason: Some(Reason::Horizon),
        ..ends(TextState::Failed)
    }
}

fn refused(reason: Reason) -> Settlement {
    Settlement {
        reason: Some(reason),
        ..ends(TextState::Refused)
    }
}

fn all_failed() -> ReplayFilter {
    ReplayFilter {
        states: vec![TextState::Failed],
        ..ReplayFilter::until(NOW + HORIZON)
    }
}

impl TestLedger {
    async fn order_run(&self, filter: ReplayFilter, pace: Pace, by: By<'_>) -> BeginReplay {
        let new = NewRun {
            filter,
            force: false,
            pace,
        };
        self.begin_replay(&new, by, NOW).await.unwrap()
    }

    /// Begins a run of these texts.
    async fn begun(&self, filter: ReplayFilter, pace: Pace) -> ReplayRun {
        match self.order_run(filter, pace, ORDER).await {
            BeginReplay::Begun(run) => *run,
            other => panic!("{}", other.words()),
        }
    }

    async fn run_now(&self, id: &str) -> ReplayRun {
        self.replay_run(id).await.unwrap().expect("the run")
    }

    async fn take(&self, id: &str, owner: &str, now: Timestamp) -> Option<RunInHand> {
        self.take_replay_run(id, claimant(owner, now))
            .await
            .unwrap()
    }

    async fn next(&self, hand: &RunInHand) -> Vec<RunText> {
        match self.next_of_run(hand).await.unwrap() {
            NextTexts::Some(texts) => texts,
            NextTexts::AtEnd => vec![],
        }
    }

    async fn run_one(&self, hand: &mut RunInHand, text: &RunText, now: Timestamp) -> TextRun {
        let audit_id = format!("text {}", self.number("SELECT COUNT(*) FROM audit").await);
        let run = self.run_text(hand, text, HORIZON, &audit_id, now);
        run.await.unwrap()
    }

    /// Carries a run on to its end, as a worker does that nothing holds up. Returns how often a text
    /// was run.
    async fn carry_on(&self, id: &str, owner: &str, now: Timestamp) -> u32 {
        let mut hand = self.take(id, owner, now).await.expect("the run is due");
        let mut run = 0;
        loop {
            let texts = self.next(&hand).await;
            if texts.is_empty() {
                assert!(self.end_run(&hand, now).await.unwrap());
                return run;
            }
            for text in &texts {
                if text.acts() {
                    let outcome = self.run_one(&mut hand, text, now).await;
                    assert_ne!(outcome, TextRun::Lost);
                    run += 1;
                } else {
                    hand.pass_over(text);
                }
            }
            assert!(self.keep_run(&mut hand, now).await.unwrap());
        }
    }

    /// How often each of these texts was run again.
    async fn replays(&self, numbers: impl IntoIterator<Item = u32>) -> Vec<u32> {
        let mut replays = Vec::new();
        for number in numbers {
            replays.push(self.text(number).await.replays);
        }
        replays
    }

    /// Texts from Alice that have failed, a second apart.
    async fn failures(&self, count: u32) {
        for number in 1..=count {
            self.post(number, ALICE).await;
            self.settle_as(number, &failed(), self.clock.now()).await;
            self.clock.advance(seconds(1));
        }
    }
}

async fn a_run_reaches_each_text_once_and_oldest_first(ledger: TestLedger) {
    // The first two come at the same moment.
    for (number, from, wait) in [(2, ALICE, 0), (1, BOB, 60), (3, ALICE, 60), (4, BOB, 60)] {
        ledger.post(number, from).await;
        ledger
            .settle_as(number, &failed(), ledger.clock.now())
            .await;
        ledger.clock.advance(seconds(wait));
    }
    ledger.post(5, ALICE).await;
    ledger.settle_as(5, &failed(), ledger.clock.now()).await;
    let filter = ReplayFilter {
        until: NOW + seconds(120),
        ..all_failed()
    };
    let run = ledger.begun(filter, at_once()).await;
    assert_eq!((run.state, run.planned), (RunState::Planned, 4));
    let now = NOW + seconds(600);
    let mut hand = ledger.take(&run.id, "w", now).await.expect("it is due");
    let mut order = Vec::new();
    while let Some(text) = ledger.next(&hand).await.first() {
        ledger.run_one(&mut hand, text, now).await;
        for number in 1..=5 {
            let is_new = !order.contains(&number);
            if is_new && ledger.text(number).await.replays == 1 {
                order.push(number);
            }
        }
        // What was reached may fail again meanwhile.
        ledger
            .run("UPDATE texts SET state = 'failed', next_attempt_at = NULL")
            .await;
    }
    assert!(ledger.end_run(&hand, now).await.unwrap());
    order[..2].sort_unstable();
    assert_eq!(order, [1, 2, 3, 4], "the fifth came after the last moment");
    assert_eq!(ledger.replays(1..=5).await, [1, 1, 1, 1, 0]);
    let run = ledger.run_now(&run.id).await;
    assert_eq!(
        (run.state, run.counts.get(Replay::Again)),
        (RunState::Done, 4)
    );
    assert_eq!(run.finished_at, Some(now));
    assert!(ledger.take(&run.id, "w2", now + LEASE).await.is_none());
}

async fn a_run_reaches_what_its_filter_names(ledger: TestLedger) {
    for (number, from, body, end) in [
        (1, ALICE, "Good morning", failed()),
        (2, ALICE, "100% of it", refused(Reason::TooMany)),
        (3, BOB, "good night", failed()),
        (4, BOB, "nothing", ends(TextState::Failed)),
    ] {
        ledger.linked(from).await;
        ledger.receive(inbound(number, from, body)).await;
        ledger.settle_as(number, &end, ledger.clock.now()).await;
        ledger.clock.advance(seconds(60));
    }
    let all = ReplayFilter::until(NOW + HORIZON);
    let words = |words: &str| ReplayFilter {
        contains: Some(words.to_owned()),
        ..all.clone()
    };
    for (name, filter, expected) in [
        ("all", all.clone(), [1, 1, 1, 1]),
        ("failed", all_failed(), [1, 0, 1, 1]),
        (
            "two states",
            ReplayFilter {
                states: vec![TextState::Failed, TextState::Refused],
                ..all.clone()
            },
            [1, 1, 1, 1],
        ),
        (
            "a phone",
            ReplayFilter {
                phone: Some(phone(ALICE)),
                ..all.clone()
            },
            [1, 1, 0, 0],
        ),
        (
            "a phone and a state",
            ReplayFilter {
                phone: Some(phone(ALICE)),
                ..all_failed()
            },
            [1, 0, 0, 0],
        ),
        (
            "a reason",
            ReplayFilter {
                reason: Some(Reason::Horizon),
                ..all.clone()
            },
            [1, 0, 1, 0],
        ),
        (
            "since",
            ReplayFilter {
                since: NOW + seconds(60),
                ..all.clone()
            },
            [0, 1, 1, 1],
        ),
        (
            "until",
            ReplayFilter {
                until: NOW + seconds(60),
                ..all.clone()
            },
            [1, 1, 0, 0],
        ),
        (
            "an error",
            ReplayFilter {
                error: Some("http 503".to_owned()),
                ..all.clone()
            },
            [1, 0, 0, 0],
        ),
        ("words", words("GOOD"), [1, 0, 1, 0]),
        ("a sign of patterns", words("0% o"), [0, 1, 0, 0]),
        ("words that nobody wrote", words("_"), [0, 0, 0, 0]),
    ] {
        let error = format!(
            "UPDATE texts SET error = 'HTTP 503: down' WHERE sid = '{}'",
            sid(1)
        );
        ledger.run(&error).await;
        ledger
            .run("UPDATE texts SET replays = 0, next_attempt_at = NULL")
            .await;
        ledger
            .run("UPDATE texts SET state = CASE WHEN reason = 'too_many' THEN 'refused' ELSE 'failed' END")
            .await;
        let reasons = "UPDATE texts SET reason = CASE sid WHEN '{2}' THEN 'too_many' WHEN '{4}' THEN NULL ELSE 'horizon' END";
        let reasons = reasons
            .replace("{2}", sid(2).as_str())
            .replace("{4}", sid(4).as_str());
        ledger.run(&reasons).await;
        ledger
            .run("UPDATE texts SET state = CASE WHEN reason = 'too_many' THEN 'refused' ELSE 'failed' END")
            .await;
        ledger.run("DELETE FROM replay_runs").await;
        ledger.run("DELETE FROM audit").await;
        match ledger.order_run(filter, at_once(), ORDER).await {
            BeginReplay::Begun(run) => {
                ledger.carry_on(&run.id, "w", NOW + HORIZON).await;
            }
            other => assert_eq!(expected, [0; 4], "{name}: {}", other.words()),
        }
        assert_eq!(ledger.replays(1..=4).await, expected, "{name}");
    }
}

async fn a_run_keeps_its_pace(ledger: TestLedger) {
    ledger.failures(3).await;
    let run = ledger
        .begun(all_failed(), Pace::per_minute(30).unwrap())
        .await;
    let job = format!("replay {}", run.id);
    for (at, expected) in [(0, [1, 0, 0]), (2, [1, 1, 0]), (4, [1, 1, 1])] {
        let now = NOW + seconds(at);
        let jobs = ledger.take_jobs(now).await;
        assert!(jobs.contains(&job), "{at}: {jobs:?}");
        let mut hand = ledger.take(&run.id, "w", now).await.expect("it is due");
        assert!(hand.next_text_at <= now, "{at}");
        let texts = ledger.next(&hand).await;
        ledger.run_one(&mut hand, &texts[0], now).await;
        assert_eq!(ledger.replays(1..=3).await, expected);
        assert_eq!(hand.next_text_at, now + seconds(2));
        assert!(ledger.rest_run(&hand, now).await.unwrap());
        // Nobody takes it before its next text is due.
        let early = now + seconds(1);
        let jobs = ledger.take_jobs(early).await;
        assert!(!jobs.contains(&job), "{at}: {jobs:?}");
        assert!(ledger.take(&run.id, "w", early).await.is_none());
    }
}

async fn a_run_leaves_alone_what_is_on_x_and_looks_up_what_may_be(ledger: TestLedger) {
    let endings = [
        publishes("1234567890123456789"),
        refused(Reason::Undone),
        refused(Reason::Duplicate),
        doubts(None),
        refused(Reason::Rejected),
    ];
    for (number, end) in (1..).zip(&endings) {
        ledger.post(number, ALICE).await;
        ledger.settle_as(number, end, ledger.clock.now()).await;
    }
    let run = ledger
        .begun(ReplayFilter::until(NOW + HORIZON), at_once())
        .await;
    ledger.carry_on(&run.id, "w", NOW + seconds(1)).await;
    let mut standing = Vec::new();
    for number in 1..=5 {
        standing.push(ledger.standing(number).await);
    }
    assert_eq!(
        standing,
        [
            "published",
            "refused undone",
            "in_doubt duplicate",
            "in_doubt",
            "received"
        ]
    );
    let counts = ledger.run_now(&run.id).await.counts;
    let counts: Vec<(Replay, u64)> = counts.each().collect();
    assert_eq!(
        counts,
        [
            (Replay::Again, 1),
            (Replay::LookUp, 1),
            (Replay::LookUpOnly, 1),
            (Replay::AlreadyPosted, 1),
            (Replay::TakenBack, 1),
        ]
    );
}

async fn a_plan_counts_what_a_run_does(ledger: TestLedger) {
    let endings = [
        publishes("1234567890123456789"),
        refused(Reason::Late),
        doubts(None),
        failed(),
        waits(Reason::Money, NOW + seconds(900)),
    ];
    for (number, end) in (1..).zip(&endings) {
        let from = if number == 5 { BOB } else { ALICE };
        ledger.post(number, from).await;
        ledger.settle_as(number, end, ledger.clock.now()).await;
        ledger.clock.advance(seconds(1));
    }
    ledger.command(6, CAROL).await;
    let filter = ReplayFilter::until(NOW + HORIZON);
    let before = ledger.text(4).await;
    let plan = ledger.plan_replay(&filter, false).await.unwrap();
    assert_eq!(ledger.text(4).await, before, "a plan changes nothing");
    assert_eq!((plan.oldest, plan.all), (Some(NOW), true));
    assert_eq!((plan.counts.total(), plan.counts.posts()), (6, 2));
    let forced = ledger.plan_replay(&filter, true).await.unwrap();
    assert_eq!(forced.counts.get(Replay::Again), 4);
    let run = ledger.begun(filter, at_once()).await;
    ledger.carry_on(&run.id, "w", NOW + seconds(1)).await;
    assert_eq!(ledger.run_now(&run.id).await.counts, plan.counts);
}

async fn a_second_job_of_a_run_finds_nothing_to_do(ledger: TestLedger) {
    ledger.failures(2).await;
    let run = ledger.begun(all_failed(), at_once()).await;
    let now = NOW + seconds(60);
    let mut hand = ledger.take(&run.id, "w1", now).await.expect("it is due");
    assert!(
        ledger.take(&run.id, "w2", now).await.is_none(),
        "one at a time"
    );
    let texts = ledger.next(&hand).await;
    ledger
        .run_one(&mut hand, &texts[0], now + seconds(20))
        .await;
    let later = now + LEASE + seconds(1);
    assert!(
        ledger.take(&run.id, "w2", later).await.is_none(),
        "each text that is run extends the lease"
    );
    assert!(ledger.rest_run(&hand, later).await.unwrap());
    assert!(ledger.take(&run.id, "w2", later).await.is_some());
    assert_eq!(ledger.replays(1..=2).await, [1, 0]);
}

async fn a_run_that_was_stopped_reaches_no_further_text(ledger: TestLedger) {
    ledger.failures(3).await;
    let run = ledger.begun(all_failed(), at_once()).await;
    let now = NOW + seconds(60);
    let mut hand = ledger.take(&run.id, "w", now).await.expect("it is due");
    let texts = ledger.next(&hand).await;
    ledger.run_one(&mut hand, &texts[0], now).await;
    let by = |audit_id| By { audit_id, ..ORDER };
    let stop = async |audit_id| {
        ledger
            .stop_replay(&run.id, by(audit_id), now)
            .await
            .unwrap()
    };
    assert_eq!(stop("s1").await, StopReplay::Stopped);
    let before = ledger.text(2).await;
    let lost = ledger.run_one(&mut hand, &texts[1], now).await;
    assert_eq!(lost, TextRun::Lost);
    assert_eq!(ledger.text(2).await, before, "nothing of it was written");
    assert!(!ledger.keep_run(&mut hand, now).await.unwrap());
    assert!(!ledger.rest_run(&hand, now).await.unwrap());
    assert!(!ledger.end_run(&hand, now).await.unwrap());
    assert_eq!(stop("s2").await, StopReplay::WasOver);
    let unknown = ledger.stop_replay("nothing", by("s3"), now).await.unwrap();
    assert_eq!(unknown, StopReplay::Unknown);
    let run = ledger.run_now(&run.id).await;
    assert_eq!((run.state, run.counts.total()), (RunState::Stopped, 1));
    assert!(ledger.take(&run.id, "w", now + LEASE).await.is_none());
    assert_eq!(ledger.replays(1..=3).await, [1, 0, 0]);
}

async fn a_worker_that_lost_the_run_moves_nothing(ledger: TestLedger) {
    ledger.failures(3).await;
    let run = ledger.begun(all_failed(), at_once()).await;
    let now = NOW + seconds(60);
    let mut frozen = ledger.take(&run.id, "w1", now).await.expect("it is due");
    let texts = ledger.next(&frozen).await;
    let later = now + LEASE;
    assert_eq!(ledger.carry_on(&run.id, "w2", later).await, 3);
    // The first worker wakes up with what it had read.
    for text in &texts {
        assert_eq!(
            ledger.run_one(&mut frozen, text, later).await,
            TextRun::Lost
        );
    }
    assert!(!ledger.end_run(&frozen, later).await.unwrap());
    assert_eq!(ledger.replays(1..=3).await, [1, 1, 1]);
    assert_eq!(ledger.run_now(&run.id).await.counts.total(), 3);
}

async fn a_worker_that_dies_leaves_no_text_skipped_and_none_run_twice(ledger: TestLedger) {
    ledger.failures(4).await;
    ledger.post(5, BOB).await;
    ledger
        .settle_as(5, &publishes("1"), ledger.clock.now())
        .await;
    ledger.failures_of_carol().await;
    let filter = ReplayFilter {
        states: vec![TextState::Failed, TextState::Published],
        ..all_failed()
    };
    let run = ledger.begun(filter, at_once()).await;
    let mut now = NOW + seconds(60);
    // Each worker dies at another moment: after the claim, after a read, after a text, and after it has
    // passed a text over without writing it.
    for texts_before_death in [0, 0, 1, 2, 1] {
        ledger.take_jobs(now).await;
        let name = format!("w{}", now.0);
        let mut hand = ledger.take(&run.id, &name, now).await.expect("it is due");
        let texts = ledger.next(&hand).await;
        for text in texts.iter().take(texts_before_death) {
            if text.acts() {
                ledger.run_one(&mut hand, text, now).await;
            } else {
                hand.pass_over(text);
            }
        }
        drop(hand);
        assert!(ledger.take(&run.id, "early", now).await.is_none());
        // The sweep wakes the run when the lease is over.
        now = now + LEASE + OVERDUE.grace + seconds(1);
        assert_eq!(ledger.wake_overdue_replays(now, OVERDUE).await.unwrap(), 1);
        let jobs = ledger.take_jobs(now).await;
        assert!(jobs.contains(&format!("replay {}", run.id)), "{jobs:?}");
    }
    ledger.carry_on(&run.id, "last", now).await;
    assert_eq!(ledger.replays(1..=6).await, [1, 1, 1, 1, 0, 1]);
    let counts = ledger.run_now(&run.id).await.counts;
    assert_eq!(
        (counts.get(Replay::Again), counts.get(Replay::AlreadyPosted)),
        (5, 1)
    );
    assert_eq!(
        ledger
            .wake_overdue_replays(now + HORIZON, OVERDUE)
            .await
            .unwrap(),
        0
    );
}

impl TestLedger {
    async fn failures_of_carol(&self) {
        self.post(6, CAROL).await;
        self.settle_as(6, &failed(), self.clock.now()).await;
    }
}

async fn a_text_that_is_due_already_is_only_woken(ledger: TestLedger) {
    ledger.failures(1).await;
    let first = ledger.begun(all_failed(), at_once()).await;
    ledger.carry_on(&first.id, "w", NOW + seconds(1)).await;
    let before = ledger.text(1).await;
    // A second run of everything meets a text that is on its way.
    let again = By {
        audit_id: "a2",
        ..ORDER
    };
    let open = ReplayFilter::until(NOW + HORIZON);
    let BeginReplay::Begun(second) = ledger.order_run(open, at_once(), again).await else {
        panic!("it is woken");
    };
    ledger.carry_on(&second.id, "w", NOW + seconds(2)).await;
    let after = ledger.text(1).await;
    assert_eq!((after.state.as_str(), after.replays), ("received", 1));
    assert_eq!(
        (after.deadline_at, after.post_id),
        (before.deadline_at, None)
    );
    assert_eq!(ledger.run_now(&second.id).await.counts.get(Replay::Open), 1);
    let deeds = "SELECT COUNT(*) FROM audit WHERE action = 'replay'";
    assert_eq!(ledger.number(deeds).await, 1, "a wake-up is no deed");
}

async fn a_run_whose_texts_were_not_all_counted_is_counted_on(ledger: TestLedger) {
    ledger.failures(5).await;
    let run = ledger.begun(all_failed(), at_once()).await;
    let now = NOW + seconds(600);
    let mut hand = ledger.take(&run.id, "w", now).await.expect("it is due");
    assert!(
        !ledger.count_run_on(&mut hand).await.unwrap(),
        "all five were counted"
    );
    let texts = ledger.next(&hand).await;
    ledger.run_one(&mut hand, &texts[0], now).await;
    ledger.run_one(&mut hand, &texts[1], now).await;
    assert!(ledger.rest_run(&hand, now).await.unwrap());

    // As if only two had been looked at.
    ledger
        .run("UPDATE replay_runs SET planned = 2, planned_all = 0")
        .await;
    let later = now + seconds(60);
    let mut hand = ledger.take(&run.id, "v", later).await.expect("it is due");
    assert!(ledger.count_run_on(&mut hand).await.unwrap());
    let counted = ledger.run_now(&run.id).await;
    assert_eq!((counted.planned, counted.planned_all), (5, true));
    assert_eq!(counted.reached(), "2 of 5");
    assert!(!ledger.count_run_on(&mut hand).await.unwrap());
}

async fn the_same_order_begins_one_run(ledger: TestLedger) {
    ledger.failures(1).await;
    let first = ledger.begun(all_failed(), at_once()).await;
    let second = ledger.begun(all_failed(), at_once()).await;
    assert_eq!(first.id, second.id);
    assert_eq!(ledger.replay_runs(10).await.unwrap().len(), 1);
    assert_eq!(ledger.number("SELECT COUNT(*) FROM audit").await, 1);
    let none = ReplayFilter {
        states: vec![TextState::Refused],
        ..all_failed()
    };
    let by = By {
        audit_id: "a2",
        ..ORDER
    };
    let nothing = ledger.order_run(none, at_once(), by).await;
    assert!(matches!(nothing, BeginReplay::NothingToDo));
}

async fn the_same_order_at_the_same_moment_begins_one_run(ledger: TestLedger) {
    ledger.failures(1).await;
    let order = || ledger.begun(all_failed(), at_once());
    let (one, two, three) = tokio::join!(order(), order(), order());
    assert_eq!((&one.id, &two.id), (&two.id, &three.id));
    assert_eq!(ledger.replay_runs(10).await.unwrap().len(), 1);
    assert_eq!(ledger.number("SELECT COUNT(*) FROM audit").await, 1);
}

async fn only_so_many_runs_are_open(ledger: TestLedger) {
    ledger.failures(1).await;
    for number in 0..RUNS_OPEN_MAX {
        let audit_id = format!("b{number}");
        let by = By {
            audit_id: &audit_id,
            ..ORDER
        };
        let begun = ledger.order_run(all_failed(), at_once(), by).await;
        assert!(matches!(begun, BeginReplay::Begun(_)), "{number}");
    }
    let by = By {
        audit_id: "more",
        ..ORDER
    };
    let refused = ledger.order_run(all_failed(), at_once(), by).await;
    assert!(matches!(refused, BeginReplay::TooMany(RUNS_OPEN_MAX)));
    ledger
        .stop_replay(
            "Rb0",
            By {
                audit_id: "s",
                ..ORDER
            },
            NOW,
        )
        .await
        .unwrap();
    let begun = ledger.order_run(all_failed(), at_once(), by).await;
    assert!(matches!(begun, BeginReplay::Begun(_)));
}

async fn what_was_begun_and_stopped_is_in_the_audit(ledger: TestLedger) {
    ledger.failures(2).await;
    let filter = ReplayFilter {
        phone: Some(phone(ALICE)),
        contains: Some("hello".to_owned()),
        ..all_failed()
    };
    let run = ledger.begun(filter, Pace::per_minute(600).unwrap()).await;
    let mut hand = ledger.take(&run.id, "w", NOW).await.expect("it is due");
    let texts = ledger.next(&hand).await;
    ledger.run_one(&mut hand, &texts[0], NOW).await;
    let by = By {
        audit_id: "s1",
        ..ORDER
    };
    let later = NOW + seconds(1);
    ledger.stop_replay(&run.id, by, later).await.unwrap();
    let audit = "SELECT action || ' ' || subject || ' by ' || actor || ': ' || detail FROM audit ORDER BY at, id";
    assert_eq!(
        ledger.words(audit).await,
        [
            "begin_replay Ra1 by olivia: failed, from +15*******01, until 2026-11-23T17:00:00.000Z, \
             with certain words; 2 texts, 600 a minute",
            &format!(
                "replay {} by olivia: it was failed (horizon); it will be posted",
                sid(1)
            ),
            "stop_replay Ra1 by olivia: it had reached 1 of its texts",
        ]
    );
}

async fn a_run_that_is_over_keeps_no_words_and_is_removed_later(ledger: TestLedger) {
    ledger.failures(1).await;
    let filter = ReplayFilter {
        contains: Some("hello".to_owned()),
        ..all_failed()
    };
    let run = ledger.begun(filter, at_once()).await;
    assert_eq!(ledger.prune_replay_runs(NOW + HORIZON).await.unwrap(), 0);
    ledger.carry_on(&run.id, "w", NOW).await;
    let over = ledger.run_now(&run.id).await;
    assert_eq!(over.filter.contains.as_deref(), Some(""));
    assert_eq!(ledger.prune_replay_runs(NOW).await.unwrap(), 0);
    assert_eq!(ledger.prune_replay_runs(NOW + seconds(1)).await.unwrap(), 1);
    assert!(ledger.replay_run(&run.id).await.unwrap().is_none());
}

async fn a_run_of_a_number_goes_with_the_numbers_data(ledger: TestLedger) {
    for number in 1..=2 {
        ledger.post(number, ALICE).await;
        ledger.settle_as(number, &failed(), NOW).await;
    }
    let filter = ReplayFilter {
        phone: Some(phone(ALICE)),
        ..all_failed()
    };
    let run = ledger.begun(filter, at_once()).await;
    let mut hand = ledger.take(&run.id, "w", NOW).await.expect("it is due");
    let texts = ledger.next(&hand).await;
    ledger.run_one(&mut hand, &texts[0], NOW).await;
    let rest = "UPDATE texts SET state = 'failed', next_attempt_at = NULL";
    ledger.run(rest).await;
    stop(&ledger, 3).await;
    assert_eq!(
        ledger.run_one(&mut hand, &texts[1], NOW).await,
        TextRun::Lost
    );
    assert!(ledger.replay_run(&run.id).await.unwrap().is_none());
}
