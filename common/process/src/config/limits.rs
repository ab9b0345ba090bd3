//! How long and how often: every limit that is not a vendor's own, with its setting and its default.

use std::time::Duration;

use birdcall_domain::{backoff::Backoff, reply, text};
use birdcall_vendors::http::HttpLimits;

use super::reader::Reader;

/// How long and how often: every limit that is not a vendor's own.
#[derive(Clone, Debug)]
pub struct Limits {
    /// `WORKER_CONCURRENCY`: calls in flight per worker process.
    pub worker_concurrency: usize,
    /// `RETRY_DELAY_MIN`, `RETRY_DELAY_MAX`.
    pub backoff: Backoff,
    /// `RETRY_HORIZON`: then a text fails, with a last word to its sender.
    pub retry_horizon: Duration,
    /// `RESOLVE_DELAYS`: when the timeline is read after an unknown outcome.
    pub resolve_delays: Vec<Duration>,
    /// `LEASE`: how long a claim lasts.
    pub lease: Duration,
    /// `REFRESH_MARGIN`: an access token is refreshed this long before it expires.
    pub refresh_margin: Duration,
    /// `REFRESH_IDLE_AFTER`: an account silent for longer is refreshed on need only.
    pub refresh_idle_after: Duration,
    /// `REPLY_SEGMENTS_MAX`: SMS segments of one reply.
    pub reply_segments_max: u32,
    /// `REPLY_VALIDITY`: how long Twilio may hold a reply back (its `ValidityPeriod`).
    pub reply_validity: Duration,
    /// `REPLIES_MAX` texts to one number within `REPLIES_WINDOW`.
    pub replies_max: u32,
    /// `REPLIES_WINDOW`.
    pub replies_window: Duration,
    /// `OPEN_TEXTS_MAX`: while so many texts of one phone wait to be posted, new ones are refused.
    pub open_texts_max: usize,
    /// `LATE_AFTER`: a text that is this old and not posted gets one notice.
    pub late_after: Duration,
    /// `SIGN_IN_WAIT_MAX`: how long a text waits for its owner to sign in.
    pub sign_in_wait_max: Duration,
    /// `SIGN_IN_LINK_TTL`: how long the link that we text works.
    pub sign_in_link_ttl: Duration,
    /// `SIGN_IN_TTL`: from the button to the way back from X.
    pub sign_in_ttl: Duration,
    /// `CLAIMS_MAX`: a text that this many workers took without settling it is given up.
    pub claims_max: u32,
    /// `POST_LENGTH_MAX`, in weighted characters.
    pub post_length_max: u32,
    /// `CONNECT_TIMEOUT`, `CALL_TIMEOUT`: one call to X or Twilio.
    pub http: HttpLimits,
    /// `OUTCOME_TIMEOUT`: how long what came of a call is kept for a database that is away.
    pub outcome_timeout: Duration,
    /// `RECEIVE_TIMEOUT`: a webhook that can't be committed within this is answered 503.
    pub receive_timeout: Duration,
    /// `BODY_BYTES_MAX`: the largest request body that web reads.
    pub body_bytes_max: usize,
    /// `SWEEP_INTERVAL`: how often what is due and asleep is looked for.
    pub sweep_interval: Duration,
    /// `SWEEP_INBOUND_INTERVAL`: how often Twilio is asked for texts that never reached web.
    pub sweep_inbound_interval: Duration,
    /// `SWEEP_INBOUND_GRACE`: the webhook of a younger text may still be on its way.
    pub sweep_inbound_grace: Duration,
    /// `SWEEP_INBOUND_SINCE`: how far back the schedule looks; what is older is looked for by
    /// hand. 0: the schedule does not look at all.
    pub sweep_inbound_since: Duration,
    /// `SWEEP_INBOUND_MAX`: of a longer list the newest so many are looked at.
    pub sweep_inbound_max: usize,
    /// `JOBS_KEPT`: finished jobs are listed for so long, and then removed.
    pub jobs_kept: Duration,
    /// `QUEUE_POLL`: how often a worker looks whether another process has written (SQLite).
    pub queue_poll: Duration,
    /// `SWEEP_GRACE`: what is overdue by less than this has a job on its way.
    pub sweep_grace: Duration,
    /// `SWEEP_AGAIN`: what was woken within this is not woken again.
    pub sweep_again: Duration,
    /// `SHUTDOWN_TIMEOUT`: how long work in hand may take after SIGTERM.
    pub shutdown_timeout: Duration,
}

impl Limits {
    /// The rules for texts.
    #[must_use]
    pub fn text_policy(&self) -> text::Policy {
        text::Policy {
            backoff: self.backoff,
            resolve_delays: self.resolve_delays.clone(),
            late_after: self.late_after,
            sign_in_wait_max: self.sign_in_wait_max,
        }
    }

    /// The rules for replies.
    #[must_use]
    pub fn reply_policy(&self) -> reply::Policy {
        reply::Policy {
            backoff: self.backoff,
            resolve_delays: self.resolve_delays.clone(),
        }
    }
}

impl Reader {
    /// Every limit.
    pub(super) fn limits(&mut self) -> Option<Limits> {
        let worker_concurrency = self.positive("WORKER_CONCURRENCY", "64");
        let retry_delay_min = self.duration("RETRY_DELAY_MIN", "5s");
        let retry_delay_max = self.duration("RETRY_DELAY_MAX", "15m");
        let retry_horizon = self.positive_duration("RETRY_HORIZON", "24h");
        let resolve_delays = self.durations("RESOLVE_DELAYS", "5s,30s,2m");
        let lease = self.positive_duration("LEASE", "30s");
        let refresh_margin = self.duration("REFRESH_MARGIN", "15m");
        let refresh_idle_after = self.duration("REFRESH_IDLE_AFTER", "30d");
        let reply_segments_max = self.positive("REPLY_SEGMENTS_MAX", "1");
        let reply_validity = self.positive_duration("REPLY_VALIDITY", "4h");
        let replies_max = self.positive("REPLIES_MAX", "10");
        let replies_window = self.duration("REPLIES_WINDOW", "30s");
        let open_texts_max = self.positive("OPEN_TEXTS_MAX", "500");
        let late_after = self.duration("LATE_AFTER", "10m");
        let sign_in_wait_max = self.duration("SIGN_IN_WAIT_MAX", "7d");
        let sign_in_link_ttl = self.duration("SIGN_IN_LINK_TTL", "24h");
        let sign_in_ttl = self.duration("SIGN_IN_TTL", "15m");
        let claims_max = self.positive("CLAIMS_MAX", "5");
        let post_length_max = self.positive("POST_LENGTH_MAX", "280");
        let connect_timeout = self.positive_duration("CONNECT_TIMEOUT", "5s");
        let request_timeout = self.positive_duration("CALL_TIMEOUT", "10s");
        let outcome_timeout = self.duration("OUTCOME_TIMEOUT", "10m");
        let receive_timeout = self.positive_duration("RECEIVE_TIMEOUT", "5s");
        let body_bytes_max = self.positive("BODY_BYTES_MAX", "65536");
        let sweep_interval = self.positive_duration("SWEEP_INTERVAL", "5s");
        let sweep_inbound_interval = self.positive_duration("SWEEP_INBOUND_INTERVAL", "15m");
        let sweep_inbound_grace = self.duration("SWEEP_INBOUND_GRACE", "1m");
        let sweep_inbound_since = self.duration("SWEEP_INBOUND_SINCE", "24h");
        let sweep_inbound_max = self.positive("SWEEP_INBOUND_MAX", "100000");
        let jobs_kept = self.duration("JOBS_KEPT", "24h");
        let queue_poll = self.positive_duration("QUEUE_POLL", "20ms");
        let sweep_grace = self.duration("SWEEP_GRACE", "5s");
        let sweep_again = self.duration("SWEEP_AGAIN", "20s");
        let shutdown_timeout = self.duration("SHUTDOWN_TIMEOUT", "20s");
        if let (Some(call), Some(lease)) = (request_timeout, lease)
            && call * 2 > lease
        {
            self.problem(
                "LEASE",
                "at least twice CALL_TIMEOUT, so that no call outlives its claim",
            );
        }
        Some(Limits {
            worker_concurrency: worker_concurrency?,
            backoff: Backoff {
                min: retry_delay_min?,
                max: retry_delay_max?,
            },
            retry_horizon: retry_horizon?,
            resolve_delays: resolve_delays?,
            lease: lease?,
            refresh_margin: refresh_margin?,
            refresh_idle_after: refresh_idle_after?,
            reply_segments_max: reply_segments_max?,
            reply_validity: reply_validity?,
            replies_max: replies_max?,
            replies_window: replies_window?,
            open_texts_max: open_texts_max?,
            late_after: late_after?,
            sign_in_wait_max: sign_in_wait_max?,
            sign_in_link_ttl: sign_in_link_ttl?,
            sign_in_ttl: sign_in_ttl?,
            claims_max: claims_max?,
            post_length_max: post_length_max?,
            http: HttpLimits {
                connect_timeout: connect_timeout?,
                request_timeout: request_timeout?,
            },
            outcome_timeout: outcome_timeout?,
            receive_timeout: receive_timeout?,
            body_bytes_max: body_bytes_max?,
            sweep_interval: sweep_interval?,
            sweep_inbound_interval: sweep_inbound_interval?,
            sweep_inbound_grace: sweep_inbound_grace?,
            sweep_inbound_since: sweep_inbound_since?,
            sweep_inbound_max: sweep_inbound_max?,
            jobs_kept: jobs_kept?,
            queue_poll: queue_poll?,
            sweep_grace: sweep_grace?,
            sweep_again: sweep_again?,
            shutdown_timeout: shutdown_timeout?,
        })
    }
}
