//! What was asked of the simulator, and what it noticed.

use std::collections::VecDeque;

use birdcall_domain::clock::Timestamp;
use serde::Serialize;

/// Older records are dropped beyond this.
pub(crate) const RECORDS_MAX: usize = 100_000;

/// One API request that arrived. Credentials are not kept.
#[derive(Clone, Debug, Serialize)]
pub struct RequestRecord {
    /// Counts up from 1.
    pub number: u64,
    /// When it arrived, by the simulator's clock.
    pub at: Timestamp,
    /// The HTTP method.
    pub method: String,
    /// The path, without the query.
    pub path: String,
    /// The endpoint's name as faults use it, or `unknown`.
    pub endpoint: String,
    /// Query, form or JSON parameters; credentials read `[redacted]`.
    pub params: serde_json::Value,
    /// What the client saw; nothing when the connection was cut.
    pub status: Option<u16>,
    /// The fault that was played, if any.
    pub faulted: Option<String>,
}

/// What the simulator noticed; a correct client keeps most of these at zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// A refresh token that was presented again after it was spent.
    pub reused_refresh_tokens: u64,
    /// An authorization code that was presented again.
    pub reused_codes: u64,
    /// A request that matches no route.
    pub unexpected_requests: u64,
    /// A post that was refused because it repeats one.
    pub duplicate_posts_refused: u64,
    /// Answers 429 by a real limit, not by a fault.
    pub rate_limited: u64,
    /// X requests with a missing, expired or revoked access token.
    pub unauthorized: u64,
    /// Twilio requests with wrong credentials.
    pub twilio_unauthorized: u64,
    /// Texts that were sent to somebody who had opted out.
    pub sends_to_opted_out: u64,
    /// Credentials that were carried along to the media storage host.
    pub leaked_credentials: u64,
    /// Webhooks that the app refused as wrongly signed (403) or unsigned (400).
    pub invalid_signatures: u64,
    /// Webhooks that failed for good: no acceptable answer, retries and fallback included.
    pub webhooks_failed: u64,
}

/// Appends, and forgets the oldest beyond [`RECORDS_MAX`].
pub(crate) fn push_bounded<T>(records: &mut VecDeque<T>, record: T) {
    if records.len() == RECORDS_MAX {
        records.pop_front();
    }
    records.push_back(record);
}
