//! Random histories of several workers, drops, deaths, waits and lost sign-ins, against a model that
//! knows what X really did: no text is ever called for while it may stand on X, and none out of
//! order.

use std::time::Duration;

use birdcall_domain::{
    account::TokenTrouble,
    backoff::Backoff,
    call::{CallError, LimitScope, Trouble},
    clock::Timestamp,
    rejection::XRejection,
    text::{Event, MessageSid, Policy, TextState, attempt_outcome, settle, verdict},
};
use birdcall_ledger::{
    fail_point::FailPoint,
    lease::Lease,
    texts::{Arming, Claim, Settled, Text, TextOutcome},
};
use proptest::{
    collection::vec,
    strategy::{Strategy, ValueTree as _},
    test_runner::TestRunner,
};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    values::{HORIZON, LEASE, NOW, claimant, inbound, sid},
};

on_both_engines!(no_history_posts_twice_or_out_of_order);

/// Histories tried on each engine.
const HISTORIES: u32 = 40;
/// Tries to shorten a history that goes wrong.
const SHORTENED_MAX: usize = 30;
/// Texts in one history, of two phones.
const TEXTS: usize = 6;
/// Workers in one history.
const WORKERS: usize = 3;
/// The clock of the web that finishes sign-ins is behind the workers'.
const WEB_BEHIND: Duration = Duration::from_secs(3);
/// `CLAIMS_MAX`.
const CLAIMS_MAX: u32 = 5;
/// Rounds of calm after which everything must have ended.
const ROUNDS_MAX: usize = 400;

/// One thing that happens.
#[derive(Clone, Debug)]
enum Step {
    /// The next text arrives.
    Arrive,
    /// A worker takes the next step with what it holds, or claims a text.
    Work { worker: usize, text: usize, x: X },
    /// A worker dies with what it holds.
    Die { worker: usize },
    /// Time passes.
    Wait { seconds: u64 },
    /// X takes a phone's tokens no longer; or its owner signs in again.
    Sign { phone: usize, inward: bool },
}

/// What X does with a call, and what comes back.
#[derive(Clone, Copy, Debug)]
enum X {
    Created,
    CreatedAnswerLost,
    NeverArrived,
    Refused,
    RateLimited,
    LostBeforeActing,
    TimelineDown,
}

/// What a worker holds.
struct Hand {
    text: usize,
    lease: Lease<Text>,
    /// What has happened, and is written in the worker's next step.
    happened: Option<Event>,
}

/// What really happened to a text.
#[derive(Clone, Debug, Default)]
struct Truth {
    posted: bool,
    /// Reads of the timeline after which the post is visible.
    hidden_for: u32,
}

struct World<'a> {
    ledger: &'a TestLedger,
    /// Where this history's sids and phones begin: histories share a database.
    base: u32,
    now: Timestamp,
    arrived: usize,
    hands: Vec<Option<Hand>>,
    truths: Vec<Truth>,
    signed_out: [bool; 2],
    claims: u32,
    sign_ins: u32,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let x = (0..7_usize).prop_map(|n| {
        [
            X::Created,
            X::CreatedAnswerLost,
            X::NeverArrived,
            X::Refused,
            X::RateLimited,
            X::LostBeforeActing,
            X::TimelineDown,
        ][n]
    });
    let step = (0..12_u8, 0..WORKERS, 0..TEXTS, x, 1..50_u64).prop_map(
        |(kind, worker, text, x, seconds)| match kind {
            0 => Step::Arrive,
            1 => Step::Die { worker },
            2 | 3 => Step::Wait { seconds },
            4 | 5 => Step::Sign {
                phone: text % 2,
                inward: kind == 5,
            },
            _ => Step::Work { worker, text, x },
        },
    );
    vec(step, 20..80)
}

async fn no_history_posts_twice_or_out_of_order(ledger: TestLedger) {
    let mut runner = TestRunner::deterministic();
    let mut base = 0;
    for _ in 0..HISTORIES {
        let mut history = steps().new_tree(&mut runner).expect("a history");
        base += 100;
        let Err(mut why) = live(&ledger, base, &history.current()).await else {
            continue;
        };
        // The shortest history that goes wrong says the most.
        for _ in 0..SHORTENED_MAX {
            if !history.simplify() {
                break;
            }
            base += 100;
            match live(&ledger, base, &history.current()).await {
                Err(shorter) => why = shorter,
                Ok(()) if history.complicate() => {}
                Ok(()) => break,
            }
        }
        panic!("{why} in {:#?}", history.current());
    }
}

async fn live(ledger: &TestLedger, base: u32, history: &[Step]) -> Result<(), String> {
    let mut world = World {
        ledger,
        base,
        now: NOW,
        arrived: 0,
        hands: (0..WORKERS).map(|_| None).collect(),
        truths: vec![Truth::default(); TEXTS],
        signed_out: [false; 2],
        claims: 0,
        sign_ins: 0,
    };
    for step in history {
        world.take(step).await?;
    }
    while world.arrived < TEXTS {
        world.take(&Step::Arrive).await?;
    }
    world.calm().await
}

impl World<'_> {
    fn phone(&self, text: usize) -> String {
        format!("+1555{:07}", self.base + (text % 2) as u32)
    }

    fn sid(&self, text: usize) -> MessageSid {
        sid(self.base + text as u32)
    }

    async fn take(&mut self, step: &Step) -> Result<(), String> {
        match step {
            Step::Arrive if self.arrived < TEXTS => {
                let phone = self.phone(self.arrived);
                self.ledger.linked(&phone).await;
                self.ledger
                    .receive(inbound(self.base + self.arrived as u32, &phone, "hello"))
                    .await;
                self.arrived += 1;
                Ok(())
            }
            Step::Arrive => Ok(()),
            Step::Wait { seconds } => {
                self.now = self.now + Duration::from_secs(*seconds);
                Ok(())
            }
            Step::Die { worker } => {
                self.hands[*worker] = None;
                Ok(())
            }
            Step::Sign { phone, inward } => {
                self.sign(*phone, *inward).await;
                Ok(())
            }
            Step::Work { worker, text, x } => match self.hands[*worker].take() {
                None => self.claim(*worker, *text).await,
                Some(hand) => self.work(*worker, hand, *x).await,
            },
        }
    }

    async fn sign(&mut self, phone: usize, inward: bool) {
        let number = self.phone(phone);
        let Some(account) = self.ledger.account_of(&number).await.unwrap() else {
            return;
        };
        if inward && self.signed_out[phone] {
            self.sign_ins += 1;
            let reply = format!("welcome {number} {}", self.sign_ins);
            let id = account.id.as_str();
            let now = self.now - WEB_BEHIND;
            self.ledger.link_at(&number, id, &reply, now).await;
        } else if !inward {
            let out = self
                .ledger
                .disconnect_account(&account.id, account.token_version);
            out.await.unwrap();
        }
        self.signed_out[phone] = !inward;
    }

    async fn claim(&mut self, worker: usize, text: usize) -> Result<(), String> {
        self.claims += 1;
        let owner = format!("{}/{worker}/{}", self.base, self.claims);
        let (sid, by) = (self.sid(text), claimant(&owner, self.now));
        let claim = self.ledger.claim_text(&sid, by).await;
        let Claim::Held(claimed) = claim.map_err(|error| error.to_string())? else {
            return Ok(());
        };
        let hand = Hand {
            text,
            lease: claimed.lease,
            happened: None,
        };
        if let Some(event) = verdict(&hand.lease.progress, CLAIMS_MAX) {
            return self.settle(hand, event).await;
        }
        self.hands[worker] = Some(hand);
        Ok(())
    }

    /// The next step of a worker that holds a text: read, or call; then settle.
    async fn work(&mut self, worker: usize, mut hand: Hand, x: X) -> Result<(), String> {
        if let Some(event) = hand.happened.take() {
            return self.settle(hand, event).await;
        }
        if self.signed_out[hand.text % 2] {
            // It is written in this worker's next step: the owner may have signed in by then.
            hand.happened = Some(Event::NoToken(TokenTrouble::SignInNeeded));
            self.hands[worker] = Some(hand);
            return Ok(());
        }
        if hand.lease.progress.state == TextState::InDoubt {
            let event = self.read(hand.text, x);
            return self.settle(hand, event).await;
        }
        let armed = self
            .ledger
            .arm_text(&mut hand.lease, "2244994945", LEASE, self.now)
            .await;
        let Arming::Armed { .. } = armed.map_err(|error| error.to_string())? else {
            return Ok(());
        };
        hand.happened = Some(self.call(hand.text, x)?);
        self.hands[worker] = Some(hand);
        Ok(())
    }

    fn call(&mut self, text: usize, x: X) -> Result<Event, String> {
        if self.truths[text].posted {
            return Err(format!("text {text} was called for while it stood on X"));
        }
        let later = (text + 2..TEXTS).step_by(2);
        if let Some(later) = later.into_iter().find(|later| self.truths[*later].posted) {
            return Err(format!(
                "text {text} was called for after text {later} of the same phone"
            ));
        }
        let failed = |error| Event::CallFailed {
            error,
            token_version: 1,
        };
        Ok(match x {
            X::Created => {
                self.truths[text].posted = true;
                Event::Published {
                    post_id: self.post_id(text),
                }
            }
            X::CreatedAnswerLost | X::TimelineDown => {
                self.truths[text] = Truth {
                    posted: true,
                    hidden_for: 2,
                };
                failed(CallError::InDoubt(Trouble::Timeout))
            }
            X::LostBeforeActing => failed(CallError::InDoubt(Trouble::Reset)),
            X::NeverArrived => failed(CallError::NotSent(Trouble::Connect)),
            X::RateLimited => {
                let until = Some(self.now + Duration::from_secs(20));
                failed(CallError::RateLimited {
                    until,
                    scope: LimitScope::User,
                })
            }
            X::Refused => failed(CallError::Rejected(XRejection::Cashtags)),
        })
    }

    fn read(&mut self, text: usize, x: X) -> Event {
        let post_id = self.post_id(text);
        let truth = &mut self.truths[text];
        if matches!(x, X::TimelineDown) {
            let error = CallError::NotSent(Trouble::Status(503));
            return Event::Unreadable {
                error,
                token_version: 1,
            };
        }
        if !truth.posted {
            return Event::NotFound;
        }
        match truth.hidden_for {
            0 => Event::Published { post_id },
            _ => {
                truth.hidden_for -= 1;
                Event::NotFound
            }
        }
    }

    fn post_id(&self, text: usize) -> String {
        format!("{}", 1_000_000 + self.base as usize + text)
    }

    async fn settle(&mut self, hand: Hand, event: Event) -> Result<(), String> {
        let policy = Policy {
            backoff: Backoff {
                min: Duration::from_secs(5),
                max: Duration::from_secs(60),
            },
            resolve_delays: [5, 30, 120].map(Duration::from_secs).to_vec(),
            late_after: HORIZON,
            sign_in_wait_max: HORIZON,
            refused_token_pause: HORIZON,
        };
        let text = &hand.lease.progress;
        let settlement = settle(text, &event, self.now, 0.5, &policy);
        let was_armed = text.state == TextState::Publishing;
        let outcome = TextOutcome {
            heard: None,
            settlement: &settlement,
            attempt: was_armed.then(|| attempt_outcome(&event)),
            reply: None,
            backoff: policy.backoff,
            disconnect: None,
            fail_point: FailPoint::default(),
        };
        let settled = self.ledger.settle_text(&hand.lease, &outcome, self.now);
        match settled.await.map_err(|error| error.to_string())? {
            Settled::Written | Settled::LeaseLost => Ok(()),
            Settled::EffectRefused => Err("a post has no effect to refuse".to_owned()),
        }
    }

    /// Nothing goes wrong any more: everything ends, and ends as it really is.
    async fn calm(&mut self) -> Result<(), String> {
        self.hands.fill_with(|| None);
        for phone in 0..2 {
            self.sign(phone, true).await;
        }
        for _ in 0..ROUNDS_MAX {
            self.now = self.now + Duration::from_secs(31);
            let mut open = false;
            for text in 0..TEXTS {
                let due = self
                    .ledger
                    .text(self.base + text as u32)
                    .await
                    .next_attempt_at
                    .is_some();
                if !due {
                    continue;
                }
                open = true;
                for _ in 0..3 {
                    self.take(&Step::Work {
                        worker: 0,
                        text,
                        x: X::Created,
                    })
                    .await?;
                }
                self.hands[0] = None;
            }
            if !open {
                return self.judge().await;
            }
        }
        Err("something never ended".to_owned())
    }

    async fn judge(&self) -> Result<(), String> {
        for text in 0..TEXTS {
            let row = self.ledger.text(self.base + text as u32).await;
            let posted = self.truths[text].posted;
            let right = match row.state.as_str() {
                "published" => posted && row.post_id.as_deref() == Some(&*self.post_id(text)),
                "refused" | "failed" => !posted,
                // Poisoned while it may have been posted: its owner decides.
                "in_doubt" => true,
                _ => false,
            };
            if !right || row.lease_owner.is_some() {
                return Err(format!(
                    "text {text} ended as {} while posted is {posted}",
                    row.state
                ));
            }
        }
        Ok(())
    }
}
