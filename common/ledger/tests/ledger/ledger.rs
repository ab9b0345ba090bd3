//! A ledger in a test's hand: texts come in, numbers are linked, and tests look behind the ledger.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use birdcall_domain::{
    clock::{Clock as _, ManualClock, Timestamp},
    command::OptOutWords,
    inbound::{Disposition, InboundText},
    reply::ReplyWriter,
    sign_up::SignUpRule,
    text::MessageSid,
};
use birdcall_ledger::{
    Ledger, LedgerResult,
    accounts::{Link, RefreshLease},
    audit::By,
    database::DatabaseUrl,
    erased::Marks,
    fail_point::FailPoint,
    inbox::Inbox,
    lease::Lease,
    queue::{Job, Queue},
    replies::Reply,
    take_in::{InboxPolicy, Receipt},
    texts::{Attempt, Text},
};
use sqlx::AssertSqlSafe;

use crate::{
    seen::{SeenAccount, SeenReply, SeenText},
    values::{DAILY, HORIZON, NOW, inbound, pair, phone, reply, sid},
};

/// An operator, whose deed has this id in the audit.
pub(crate) fn operator(audit_id: &str) -> By<'_> {
    By {
        actor: "olivia",
        reason: "",
        audit_id,
    }
}

/// An open ledger, and what a test needs around it.
pub(crate) struct TestLedger {
    /// The ledger under test.
    pub(crate) ledger: Ledger,
    /// The clock of the inbox.
    pub(crate) clock: ManualClock,
    /// Where the database is.
    pub(crate) url: DatabaseUrl,
    inbox: Inbox,
    /// The leases of texts, by sid and owner.
    pub(crate) texts: Mutex<HashMap<(MessageSid, String), Lease<Text>>>,
    /// The leases of replies, by id and owner.
    pub(crate) replies: Mutex<HashMap<(String, String), Lease<Reply>>>,
    /// The leases of refreshes, by account and owner.
    pub(crate) refreshes: Mutex<HashMap<(String, String), RefreshLease>>,
}

impl std::ops::Deref for TestLedger {
    type Target = Ledger;

    fn deref(&self) -> &Ledger {
        &self.ledger
    }
}

impl TestLedger {
    /// An operator pauses a queue. Returns whether that changed anything.
    pub(crate) async fn pause_queue(&self, queue: Queue, now: Timestamp) -> LedgerResult<bool> {
        let id = format!("pause {queue} {}", now.0);
        let change = self.ledger.pause_queue(queue, operator(&id), now).await?;
        Ok(change.changed)
    }

    /// An operator resumes a queue. Returns whether that changed anything.
    pub(crate) async fn resume_queue(&self, queue: Queue, now: Timestamp) -> LedgerResult<bool> {
        let id = format!("resume {queue} {}", now.0);
        let change = self.ledger.resume_queue(queue, operator(&id), now).await?;
        Ok(change.changed)
    }

    /// Wraps an open ledger.
    pub(crate) fn new(ledger: Ledger, url: DatabaseUrl) -> Self {
        let clock = ManualClock::new(NOW);
        let inbox = Inbox::open(
            &ledger,
            Arc::new(clock.clone()),
            inbox_policy(SignUpRule::Open),
        );
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

    /// Another process's inbox on the same database.
    pub(crate) fn inbox_of(&self, ledger: &Ledger, sign_up: SignUpRule) -> Inbox {
        Inbox::open(ledger, Arc::new(self.clock.clone()), inbox_policy(sign_up))
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
            link_issued_at: None,
            reply: &reply(reply_id, number, "You are signed in."),
        };
        assert!(self.ledger.link_account(link, now).await.unwrap());
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

    /// The row that a job wakes, in SQL.
    pub(crate) fn job_subject(&self) -> &'static str {
        match self.ledger {
            Ledger::Sqlite { .. } => "CAST(job AS TEXT) ->> 'id'",
            Ledger::Postgres { .. } => "birdcall_job_subject(job)",
        }
    }

    /// Loses the jobs of a text.
    pub(crate) async fn lose_jobs(&self, number: u32) {
        let (jobs, subject) = (self.jobs_table(), self.job_subject());
        let sql = format!("DELETE FROM {jobs} WHERE {subject} = '{}'", sid(number));
        self.run(&sql).await;
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

/// The policy of an inbox that lets every text of a thousand in.
pub(crate) fn inbox_policy(sign_up: SignUpRule) -> InboxPolicy {
    InboxPolicy {
        sign_up,
        open_texts_max: 1000,
        opt_out_words: OptOutWords::default(),
        writer: ReplyWriter {
            segments_max: 1,
            horizon: HORIZON,
            daily: DAILY,
        },
        marks: marks(),
        fail_point: FailPoint::default(),
    }
}

/// What a number is remembered by, as with a key.
pub(crate) fn mark(number: &str) -> String {
    format!("mark {}", number.chars().rev().collect::<String>())
}

fn marks() -> Marks {
    Marks::new(|phone| vec!["another key's".to_owned(), mark(phone.as_str())])
}
