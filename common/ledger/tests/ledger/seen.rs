//! Rows as tests look at them: in the words and numbers that are stored.

use birdcall_domain::{
    clock::Timestamp,
    text::{MessageSid, Reason, Unauthorized},
};
use birdcall_ledger::{accounts::Account, replies::Reply, texts::Text};

fn millis(at: Option<Timestamp>) -> Option<i64> {
    at.map(Timestamp::as_millis)
}

/// A text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenText {
    pub(crate) sid: MessageSid,
    pub(crate) phone: String,
    pub(crate) service_number: String,
    pub(crate) body: String,
    pub(crate) kind: String,
    pub(crate) state: String,
    pub(crate) reason: Option<String>,
    pub(crate) arrival: i64,
    pub(crate) received_at: i64,
    pub(crate) deadline_at: i64,
    pub(crate) next_attempt_at: Option<i64>,
    pub(crate) lease_owner: Option<String>,
    pub(crate) lease_until: Option<i64>,
    pub(crate) claims: u32,
    pub(crate) deaths: u32,
    pub(crate) failures: u32,
    pub(crate) attempts: u32,
    pub(crate) checks: u32,
    pub(crate) doubted: i64,
    pub(crate) unauthorized: Option<Unauthorized>,
    pub(crate) replays: u32,
    pub(crate) rounds: u32,
    pub(crate) post_id: Option<String>,
    pub(crate) published_at: Option<i64>,
    pub(crate) undone_at: Option<i64>,
    pub(crate) error: Option<String>,
}

impl From<Text> for SeenText {
    fn from(text: Text) -> Self {
        let progress = text.progress;
        Self {
            sid: text.sid,
            phone: text.from.as_str().to_owned(),
            service_number: text.service_number,
            body: text.body,
            kind: progress.kind.to_string(),
            state: progress.state.to_string(),
            reason: progress.reason.map(|reason: Reason| reason.to_string()),
            arrival: text.arrival,
            received_at: progress.received_at.0,
            deadline_at: progress.deadline_at.0,
            next_attempt_at: millis(progress.next_attempt_at),
            lease_owner: text.lease_owner,
            lease_until: millis(text.lease_until),
            claims: progress.claims,
            deaths: progress.deaths,
            failures: progress.failures,
            attempts: text.attempts,
            checks: progress.checks,
            doubted: i64::from(progress.doubted),
            unauthorized: progress.unauthorized,
            replays: text.replays,
            rounds: text.rounds,
            post_id: text.post_id,
            published_at: millis(text.published_at),
            undone_at: millis(text.undone_at),
            error: text.error,
        }
    }
}

/// A reply.
#[derive(Clone, Debug)]
pub(crate) struct SeenReply {
    pub(crate) phone: String,
    pub(crate) body: String,
    pub(crate) encoding: String,
    pub(crate) segments: u32,
    pub(crate) state: String,
    pub(crate) twilio_sid: Option<String>,
    pub(crate) delivery: Option<String>,
    pub(crate) error_code: Option<u32>,
    pub(crate) error: Option<String>,
    pub(crate) next_attempt_at: Option<i64>,
    pub(crate) claims: u32,
    pub(crate) failures: u32,
    pub(crate) attempts: u32,
    pub(crate) checks: u32,
    pub(crate) resends: u32,
    pub(crate) sent_at: Option<i64>,
}

impl From<Reply> for SeenReply {
    fn from(reply: Reply) -> Self {
        Self {
            phone: reply
                .to
                .as_ref()
                .map(|phone| phone.as_str().to_owned())
                .unwrap_or_default(),
            body: reply.body,
            encoding: reply.encoding.to_string(),
            segments: reply.segments,
            state: reply.progress.state.to_string(),
            twilio_sid: reply.twilio_sid,
            delivery: reply.delivery,
            error_code: reply.error_code,
            error: reply.error,
            next_attempt_at: millis(reply.next_attempt_at),
            claims: reply.claims,
            failures: reply.progress.failures,
            attempts: reply.attempts,
            checks: reply.progress.checks,
            resends: reply.resends,
            sent_at: millis(reply.sent_at),
        }
    }
}

/// A linked number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SeenAccount {
    pub(crate) id: String,
    pub(crate) phone: String,
    pub(crate) state: String,
    pub(crate) x_user_id: String,
    pub(crate) x_handle: String,
    pub(crate) scopes: String,
    pub(crate) access_token: String,
    pub(crate) refresh_token: String,
    pub(crate) token_version: i64,
    pub(crate) refresh_doubted_at: Option<i64>,
    pub(crate) refresh_lease_owner: Option<String>,
    pub(crate) refresh_lease_until: Option<i64>,
    pub(crate) refresh_due_at: Option<i64>,
    pub(crate) refresh_failures: u32,
    pub(crate) linked_at: i64,
    pub(crate) last_text_at: i64,
}

impl From<Account> for SeenAccount {
    fn from(account: Account) -> Self {
        Self {
            id: account.id,
            phone: account.phone.as_str().to_owned(),
            state: account.state.to_string(),
            x_user_id: account.x_user_id,
            x_handle: account.x_handle,
            scopes: account.scopes,
            access_token: account.access_token,
            refresh_token: account.refresh_token,
            token_version: account.token_version,
            refresh_doubted_at: millis(account.refresh_doubted_at),
            refresh_lease_owner: account.refresh_lease_owner,
            refresh_lease_until: millis(account.refresh_lease_until),
            refresh_due_at: millis(account.refresh_due_at),
            refresh_failures: account.refresh_failures,
            linked_at: account.linked_at.0,
            last_text_at: account.last_text_at.0,
        }
    }
}
