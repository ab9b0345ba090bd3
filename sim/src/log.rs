//! The request log and the counters.

use std::collections::VecDeque;

use birdcall_domain::clock::Timestamp;
use serde::Serialize;

/// A log holds at most this many records and drops the oldest.
pub(crate) const RECORDS_MAX: usize = 100_000;

/// An API request that arrived, without its credentials.
#[derive(Clone, Debug, Serialize)]
pub struct RequestRecord {
    /// The request's number, counted from 1.
    pub number: u64,
    /// The time of arrival by the simulator's clock.
    pub at: Timestamp,
    /// The HTTP method, such as `POST`.
    pub method: String,
    /// The path without the query.
    pub path: String,
    /// The name of the endpoint as faults use it, or `unknown`.
    pub endpoint: String,
    /// The parameters of the query and of a form or JSON body. Secrets read `[redacted]`.
    pub params: serde_json::Value,
    /// The HTTP status of the answer. It is `None` while the request is running, and after its
    /// connection was cut.
    pub status: Option<u16>,
    /// The kind of fault that applied, such as `drop_after`.
    pub faulted: Option<String>,
}

/// Counters of what the simulator noticed. A correct client keeps most of them at zero.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Counters {
    /// Refresh tokens that were presented again after they had been exchanged, although there was
    /// something to lose (the access token of their pair was still valid), or although the app had got
    /// the new pair only a moment before.
    pub reused_refresh_tokens: u64,
    /// Refresh tokens that were presented again after they had been exchanged, when the app did not
    /// know that, and the access token of their pair was over. The grant is revoked all the same.
    pub second_chances: u64,
    /// Requests for a new pair that were refused because of the refresh token.
    pub refused_refresh_tokens: u64,
    /// Authorization codes that were presented again after they had been used.
    pub reused_codes: u64,
    /// Requests that match no endpoint.
    pub unexpected_requests: u64,
    /// Posts that were refused because they repeat an earlier one.
    pub duplicate_posts_refused: u64,
    /// Requests that a rate limit refused with 429, not counting faults.
    pub rate_limited: u64,
    /// Requests to X whose access token was missing, expired or revoked.
    pub unauthorized: u64,
    /// Requests to Twilio whose credentials were missing or wrong.
    pub twilio_unauthorized: u64,
    /// Texts that the app tried to send to a number that had opted out.
    pub sends_to_opted_out: u64,
    /// Requests to the media storage host that carried credentials.
    pub leaked_credentials: u64,
    /// Webhooks that the app refused with 400 or 403, as it does when the signature is missing or
    /// wrong.
    pub invalid_signatures: u64,
    /// Webhooks and status callbacks that failed after all retries and the fallback.
    pub webhooks_failed: u64,
}

/// Appends a record and drops the oldest one if there are [`RECORDS_MAX`].
pub(crate) fn push_bounded<T>(records: &mut VecDeque<T>, record: T) {
    if records.len() == RECORDS_MAX {
        records.pop_front();
    }
    records.push_back(record);
}
