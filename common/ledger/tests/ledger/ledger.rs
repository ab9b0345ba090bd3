//! A ledger in a test's hand: short words for what every test does, and a look behind the ledger.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use birdcall_domain::{
    backoff::Backoff,
    clock::{ManualClock, Timestamp},
    inbound::{Disposition, InboundText, SignUpRule},
    phone::Phone,
    reply::{NewReply, Purpose, ReplyWriter},
    sms::Sms,
    text::{Effect, MessageSid, Reason, Settlement, TextState},
};
use birdcall_ledger::{
    Ledger, LedgerResult,
    accounts::{Link, RefreshLease, SealedPair},
    database::DatabaseUrl,
    fail_point::FailPoint,
    inbox::Inbox,
    lease::{Claimant, Lease},
    queue::Job,
    replies::Reply,
    take_in::{DoorPolicy, Receipt},
    texts::{Arming, Attempt, Claim, Settled, Text, TextOutcome},
    wake::Overdue,
};
use sqlx::AssertSqlSafe;

use crate::seen::{SeenAccount, SeenReply, SeenText};

/// When every test begins: a whole second.
pub(crate) const NOW: Timestamp = Timestamp(1_795_366_800_000);
/// How long a claim lasts.
pub(crate) const LEASE: Duration = Duration::from_secs(30);
/// How long a text is tried.
pub(crate) const HORIZON: Duration = Duration::from_secs(24 * 3600);
/// Delays of retries and pauses.
pub(crate) const BACKOFF: Backoff = Backoff {
    min: Duration::from_secs(10),
    max: Duration::from_secs(900),
};
/// What the sweep wakes.
pub(crate) const OVERDUE: Overdue = Overdue {
    grace: Duration::from_secs(5),
    again: Duration::from_secs(60),
    limit: 100,
};
/// Our number.
pub(crate) const SERVICE: &str = "+15550009999";
/// A phone.
pub(crate) const ALICE: &str = "+15551230001";
/// Another.
pub(crate) const BOB: &str = "+15551230002";
/// A third, whose commands are in nobody's way.
const CAROL: &str = "+15551239999";

/// So many seconds.
pub(crate) fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

/// Twilio's name for the `number`-th inbound text.
pub(crate) fn sid(number: u32) -> MessageSid {
    format!("SM{number:032x}").parse().unwrap()
}

/// The number as a phone.
pub(crate) fn phone(number: &str) -> Phone {
    number.parse().unwrap()
}

/// The `number`-th inbound text.
pub(crate) fn inbound(number: u32, from: &str, body: &str) -> InboundText {
    InboundText {
        sid: sid(number),
        from: from.to_owned(),
        to: SERVICE.to_owned(),
        body: body.to_owned(),
        num_media: 0,
        opt_out_type: None,
    }
}

/// Who claims at `now`.
pub(crate) fn claimant(owner: &str, now: Timestamp) -> Claimant<'_> {
    Claimant {
        owner,
        lease: LEASE,
        now,
    }
}

/// What a claim found, in a word.
pub(crate) fn word(found: &Found) -> &'static str {
    match found {
        Found::Nothing => "nothing",
        Found::Blocked => "blocked",
        Found::Held(_) => "held",
    }
}

/// A text's end, or rest.
pub(crate) fn ends(state: TextState) -> Settlement {
    Settlement {
        state,
        reason: None,
        next_attempt_at: None,
        deadline_at: NOW + HORIZON,
        failures: 0,
        deaths: 0,
        checks: 0,
        doubted: false,
        unauthorized_version: None,
        post_id: None,
        tell: None,
        effect: None,
        pause: None,
        needs_sign_in: false,
    }
}

/// A text's end on X.
pub(crate) fn publishes(post_id: &str) -> Settlement {
    Settlement {
        post_id: Some(post_id.to_owned()),
        ..ends(TextState::Published)
    }
}

/// A text that waits.
pub(crate) fn waits(reason: Reason, until: Timestamp) -> Settlement {
    Settlement {
        reason: Some(reason),
        next_attempt_at: Some(until),
        ..ends(TextState::Waiting)
    }
}

/// A text whose outcome is unknown and that is looked up at `at`.
pub(crate) fn doubts(at: Option<Timestamp>) -> Settlement {
    Settlement {
        next_attempt_at: at,
        doubted: true,
        ..ends(TextState::InDoubt)
    }
}

/// The settlement and nothing beside it.
pub(crate) fn only(settlement: &Settlement) -> TextOutcome<'_> {
    TextOutcome {
        settlement,
        attempt: None,
        reply: None,
        backoff: BACKOFF,
        disconnect: None,
        fail_point: FailPoint::default(),
    }
}

/// A reply to write.
pub(crate) fn reply(id: &str, to: &str, body: &str) -> NewReply {
    NewReply {
        id: id.to_owned(),
        text_sid: None,
        phone: phone(to),
        purpose: Purpose::Final,
        sms: Sms::new(body.to_owned()),
        deadline_at: NOW + HORIZON,
    }
}

/// A pair of tokens that is told apart by `mark` and is not refreshed by itself.
pub(crate) fn pair(mark: &str) -> SealedPair {
    SealedPair {
        access_token: format!("sealed-access-{mark}"),
        access_expires_at: NOW + seconds(7200),
        refresh_token: format!("sealed-refresh-{mark}"),
        refresh_expires_at: NOW + seconds(180 * 24 * 3600),
        refresh_due_at: None,
        scopes: Some("tweet.read tweet.write users.read offline.access".to_owned()),
    }
}

/// An open ledger, and what a test needs around it.
pub(crate) struct TestLedger {
    /// The ledger under test.
    pub(crate) ledger: Ledger,
    /// The door's clock.
    pub(crate) clock: ManualClock,
    /// Where the database is.
    pub(crate) url: DatabaseUrl,
    inbox: Inbox,
    /// The leases that were claimed, by row and owner.
    texts: Mutex<HashMap<(MessageSid, String), Lease<Text>>>,
    pub(crate) replies: Mutex<HashMap<(String, String), Lease<Reply>>>,
    pub(crate) refreshes: Mutex<HashMap<(String, String), RefreshLease>>,
}

impl std::ops::Deref for TestLedger {
    type Target = Ledger;

    fn deref(&self) -> &Ledger {
        &self.ledger
    }
}

/// What a claim finds.
pub(crate) enum Found {
    Nothing,
    Blocked,
    Held(Box<Held>),
}

/// A text in hand.
#[derive(Debug)]
pub(crate) struct Held {
    /// The row as the claim found it, lease aside.
    pub(crate) text: SeenText,
    /// Whether the worker before died during a call.
    pub(crate) died: bool,
    /// Until when posting is paused, and why.
    pub(crate) paused: Option<(Timestamp, Reason)>,
}

impl TestLedger {
    /// Wraps an open ledger.
    pub(crate) fn new(ledger: Ledger, url: DatabaseUrl) -> Self {
        let clock = ManualClock::new(NOW);
        let inbox = Inbox::open(&ledger, Arc::new(clock.clone()), door(SignUpRule::Open));
        Self {
            ledger,
            clock,
            url,
            inbox,
            texts: Mutex::default(),
            replies: Mutex::default(),
            refreshes: Mutex::default(),
        }
    }

    /// Another process's ledger on the same database.
    pub(crate) async fn another(&self) -> Ledger {
        Ledger::open(&self.url.clone().into()).await.unwrap()
    }

    /// Another process's door on the same database.
    pub(crate) fn door_of(&self, ledger: &Ledger, sign_up: SignUpRule) -> Inbox {
        Inbox::open(ledger, Arc::new(self.clock.clone()), door(sign_up))
    }

    /// Takes a text in.
    pub(crate) async fn receive(&self, text: InboundText) -> Receipt {
        self.inbox.receive(text).await.unwrap()
    }

    /// Takes texts in, all at once.
    pub(crate) async fn receive_all(
        &self,
        texts: impl IntoIterator<Item = InboundText>,
    ) -> Vec<LedgerResult<Receipt>> {
        let received = texts.into_iter().map(|text| self.inbox.receive(text));
        futures_util::future::join_all(received).await
    }

    /// Takes a text in that is to be posted. The number is linked first if it is not.
    pub(crate) async fn post(&self, number: u32, from: &str) {
        self.linked(from).await;
        let receipt = self.receive(inbound(number, from, "hello")).await;
        assert_eq!(receipt, Receipt::New(Disposition::Post));
    }

    /// Takes a command in. The number is linked first if it is not.
    pub(crate) async fn command(&self, number: u32, from: &str) {
        self.linked(from).await;
        let receipt = self.receive(inbound(number, from, r"\status")).await;
        assert_eq!(receipt, Receipt::New(Disposition::Command));
    }

    /// Links a number, unless it is linked; the welcome is not left to be sent.
    pub(crate) async fn linked(&self, number: &str) -> SeenAccount {
        if let Some(account) = self.account_of(number).await.unwrap() {
            return account;
        }
        let welcome = format!("welcome {number}");
        let account = self
            .link(number, &format!("account {number}"), &welcome)
            .await;
        self.run(&format!("DELETE FROM replies WHERE id = '{welcome}'"))
            .await;
        let jobs = self.jobs_table();
        let reply = "status = 'Pending' AND job_type = 'reply'";
        self.run(&format!("DELETE FROM {jobs} WHERE {reply}")).await;
        account
    }

    /// Links a number at the clock's time.
    pub(crate) async fn link(&self, number: &str, id: &str, reply_id: &str) -> SeenAccount {
        use birdcall_domain::clock::Clock as _;
        self.link_at(number, id, reply_id, self.clock.now()).await
    }

    /// Links a number.
    pub(crate) async fn link_at(
        &self,
        number: &str,
        id: &str,
        reply_id: &str,
        now: Timestamp,
    ) -> SeenAccount {
        let phone = phone(number);
        let link = Link {
            id,
            phone: &phone,
            pair: &pair(id),
            x_user_id: "2244994945",
            x_handle: "birdcall",
            retry_horizon: HORIZON,
            state_hash: &format!("state of {id}"),
            reply: &reply(reply_id, number, "You are signed in."),
        };
        self.ledger.link_account(link, now).await.unwrap();
        let account = self.account_of(number).await.unwrap();
        account.expect("the account")
    }

    /// The account of a number.
    pub(crate) async fn account_of(&self, number: &str) -> LedgerResult<Option<SeenAccount>> {
        let account = self.ledger.account_of(&phone(number)).await?;
        Ok(account.map(SeenAccount::from))
    }

    /// An account that is there.
    pub(crate) async fn account(&self, id: &str) -> SeenAccount {
        let account = self.ledger.account(id).await.unwrap();
        account.expect("the account").into()
    }

    /// A text that is there.
    pub(crate) async fn text(&self, number: u32) -> SeenText {
        let text = self.ledger.text(&sid(number)).await.unwrap();
        text.expect("the text").into()
    }

    /// The state of a text with its reason, in words: `waiting order`.
    pub(crate) async fn standing(&self, number: u32) -> String {
        let text = self.text(number).await;
        match text.reason {
            Some(reason) => format!("{} {reason}", text.state),
            None => text.state,
        }
    }

    /// The attempts of a text.
    pub(crate) async fn attempts(&self, number: u32) -> Vec<Attempt> {
        self.ledger.attempts(&sid(number)).await.unwrap()
    }

    /// A reply that is there.
    pub(crate) async fn reply(&self, id: &str) -> SeenReply {
        let reply = self.ledger.reply(id).await.unwrap();
        reply.expect("the reply").into()
    }

    /// Claims a text.
    pub(crate) async fn claim(&self, number: u32, owner: &str, now: Timestamp) -> Found {
        let (sid, by) = (sid(number), claimant(owner, now));
        match self.ledger.claim_text(&sid, by).await.unwrap() {
            Claim::Nothing => Found::Nothing,
            Claim::Blocked => Found::Blocked,
            Claim::Held(claimed) => {
                let text: Text = (*claimed.lease).clone();
                let held = Held {
                    died: text.progress.state == TextState::Publishing,
                    paused: claimed.paused,
                    text: SeenText {
                        lease_owner: None,
                        lease_until: None,
                        ..text.into()
                    },
                };
                let key = (sid, owner.to_owned());
                self.texts.lock().unwrap().insert(key, claimed.lease);
                Found::Held(Box::new(held))
            }
        }
    }

    /// Claims a text that nobody holds and nothing comes before.
    pub(crate) async fn hold(&self, number: u32, owner: &str, now: Timestamp) -> Box<Held> {
        match self.claim(number, owner, now).await {
            Found::Held(held) => held,
            other => panic!("text {number} cannot be claimed: {}", word(&other)),
        }
    }

    /// The lease that `owner` claimed.
    pub(crate) fn lease(&self, sid: &MessageSid, owner: &str) -> Lease<Text> {
        let texts = self.texts.lock().unwrap();
        let lease = texts.get(&(sid.clone(), owner.to_owned()));
        lease
            .unwrap_or_else(|| panic!("{owner} never claimed {sid}"))
            .clone()
    }

    /// Announces the call of a text.
    pub(crate) async fn arm(&self, number: u32, owner: &str, now: Timestamp) -> Option<u32> {
        match self.try_to_arm(number, owner, now).await {
            Arming::Armed { attempt } => Some(attempt),
            _ => None,
        }
    }

    /// Announces the call of a text, if that is possible.
    pub(crate) async fn try_to_arm(&self, number: u32, owner: &str, now: Timestamp) -> Arming {
        let sid = sid(number);
        let mut lease = self.lease(&sid, owner);
        let armed = self.ledger.arm_text(&mut lease, LEASE, now).await.unwrap();
        let key = (sid, owner.to_owned());
        self.texts.lock().unwrap().insert(key, lease);
        armed
    }

    /// Gives a claim back.
    pub(crate) async fn give_text_back(&self, number: u32, owner: &str, now: Timestamp) {
        let lease = self.lease(&sid(number), owner);
        self.ledger.give_back(&lease, now).await.unwrap();
    }

    /// Settles a text that was claimed; `false` when another worker settled it.
    pub(crate) async fn settle(
        &self,
        text: &SeenText,
        owner: &str,
        outcome: TextOutcome<'_>,
        now: Timestamp,
    ) -> LedgerResult<bool> {
        let lease = self.lease(&text.sid, owner);
        let settled = self.ledger.settle_text(&lease, &outcome, now).await?;
        assert_ne!(settled, Settled::EffectRefused);
        Ok(settled == Settled::Written)
    }

    /// Claims a text and settles it without a call. When it waits for a sign-in, X no longer accepts
    /// the account's tokens.
    pub(crate) async fn bring(&self, number: u32, settlement: &Settlement, now: Timestamp) {
        let held = self.hold(number, "bringer", now).await;
        let account = self.account_of(&held.text.phone).await.unwrap();
        let outcome = TextOutcome {
            disconnect: account
                .as_ref()
                .filter(|_| settlement.reason == Some(Reason::SignIn))
                .map(|account| (account.id.as_str(), account.token_version)),
            ..only(settlement)
        };
        let settled = self.settle(&held.text, "bringer", outcome, now);
        assert!(settled.await.unwrap());
    }

    /// Carries out a command whose only effect is this; `false` when the effect was refused. The
    /// command is a third phone's, so no text of the others is in its way.
    pub(crate) async fn carry_out(&self, effect: Effect, now: Timestamp) -> bool {
        let number =
            1_000_000 + u32::try_from(self.number("SELECT COUNT(*) FROM texts").await).unwrap();
        self.command(number, CAROL).await;
        self.hold(number, "commander", now.max(NOW)).await;
        let settlement = Settlement {
            effect: Some(effect),
            ..ends(TextState::Command)
        };
        let lease = self.lease(&sid(number), "commander");
        let outcome = only(&settlement);
        let settled = self
            .ledger
            .settle_text(&lease, &outcome, now)
            .await
            .unwrap();
        if settled == Settled::EffectRefused {
            let done = ends(TextState::Command);
            let again = self.ledger.settle_text(&lease, &only(&done), now).await;
            assert_eq!(again.unwrap(), Settled::Written);
        }
        settled == Settled::Written
    }

    /// Takes the jobs that may start at `now`, in words: `tweet SM…`, sorted.
    pub(crate) async fn take_jobs(&self, now: Timestamp) -> Vec<String> {
        let jobs = self.ledger.take_due_jobs(now).await.unwrap();
        let mut words: Vec<String> = jobs
            .into_iter()
            .map(|Job { queue, id }| format!("{} {id}", queue.as_str()))
            .collect();
        words.sort();
        words
    }

    /// Whether Twilio blocks our texts to a number.
    pub(crate) async fn opted_out(&self, number: &str) -> bool {
        let sql = format!("SELECT COUNT(*) FROM lanes WHERE phone = '{number}' AND opted_out = 1");
        self.number(&sql).await == 1
    }

    /// apalis's table.
    pub(crate) fn jobs_table(&self) -> &'static str {
        match self.ledger {
            Ledger::Sqlite { .. } => "Jobs",
            Ledger::Postgres { .. } => "apalis.jobs",
        }
    }

    /// Runs statements behind the ledger's back.
    pub(crate) async fn run(&self, sql: &str) {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.ledger {
            Ledger::Sqlite { writer, .. } => sqlx::raw_sql(sql).execute(writer).await.map(|_| ()),
            Ledger::Postgres { pool, .. } => sqlx::raw_sql(sql).execute(pool).await.map(|_| ()),
        }
        .unwrap();
    }

    /// The number that a query yields.
    pub(crate) async fn number(&self, sql: &str) -> i64 {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.ledger {
            Ledger::Sqlite { writer, .. } => sqlx::query_scalar(sql).fetch_one(writer).await,
            Ledger::Postgres { pool, .. } => sqlx::query_scalar(sql).fetch_one(pool).await,
        }
        .unwrap()
    }

    /// The words that a query yields.
    pub(crate) async fn words(&self, sql: &str) -> Vec<String> {
        let sql = AssertSqlSafe(sql.to_owned());
        match &self.ledger {
            Ledger::Sqlite { writer, .. } => sqlx::query_scalar(sql).fetch_all(writer).await,
            Ledger::Postgres { pool, .. } => sqlx::query_scalar(sql).fetch_all(pool).await,
        }
        .unwrap()
    }
}

fn door(sign_up: SignUpRule) -> DoorPolicy {
    DoorPolicy {
        sign_up,
        open_texts_max: 1000,
        writer: ReplyWriter {
            segments_max: 1,
            horizon: HORIZON,
        },
        fail_point: FailPoint::default(),
    }
}
