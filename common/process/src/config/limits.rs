//! The table of limits: how long things may take, how often they happen, and how many there may be.

use std::time::Duration;

use birdcall_domain::{
    backoff::Backoff, health::WorkLimits, keeping::Keeping, operator::ConsoleLimits,
    replay_run::Pace, sign_up::DailyLimits,
};
use birdcall_vendors::http::HttpLimits;

use super::{
    form::{duration, durations, kept, number, pace, positive, positive_duration},
    macros::settings,
};
use crate::server::ConnectionLimits;

settings! {
    /// How long things may take, how often they happen, and how many there may be.
    pub struct Limits {
        XAndTwilio {
            /// The limits of one call to X or Twilio.
            http: HttpLimits {
                /// How long it may take to connect to X or Twilio.
                connect_timeout: Duration = positive_duration("CONNECT_TIMEOUT", "5s"),

                /// How long one call to X or Twilio may take, from connecting to the last byte of
                /// the answer.
                request_timeout: Duration = positive_duration("CALL_TIMEOUT", "10s"),
            },
        }

        Serving {
            /// The limits of connections to web and to a worker.
            connections: ConnectionLimits {
                /// How long the head of a request may take, from its first byte, or from the
                /// beginning of a new connection. After this time, the connection is closed.
                header_timeout: Duration = positive_duration("HEADER_TIMEOUT", "10s"),

                /// How long a connection may be idle between two requests before it is closed. A
                /// proxy in front of web should close its own idle connections earlier, so that it
                /// sends no request on a connection that is being closed.
                idle_timeout: Duration = positive_duration("IDLE_TIMEOUT", "75s"),

                /// The largest head of a request, in bytes. A larger one is answered 431.
                header_bytes_max: usize = positive("HEADER_BYTES_MAX", "16384"),

                /// The greatest number of connections to `LISTEN_ADDR`. When it is reached, a new
                /// connection takes the place of the one that has waited longest for a request. If
                /// all of them are working on requests, new ones wait. It must be lower than the
                /// number of files that the process may open. To each other address, at most 64
                /// connections are open.
                connections_max: usize = positive("CONNECTIONS_MAX", "512"),

                /// The greatest number of connections of one peer to `LISTEN_ADDR`, or `0` for no
                /// limit. When it is reached, a new connection takes the place of that peer's own
                /// longest waiting one, or is closed. An IPv6 peer is its first 64 bits. Behind a
                /// proxy, all connections have the proxy as their peer: limit peers there, and leave
                /// this at `0`.
                per_address_max: usize = number("CONNECTIONS_PER_ADDRESS_MAX", "0"),
            },

            /// How long web may take for a request, from the end of its head to its answer. After
            /// this time, the answer is 503. Twilio waits 15 seconds.
            answer_timeout: Duration = positive_duration("REQUEST_TIMEOUT", "14s"),

            /// How often each queue gets a probe: a job that proves that workers take jobs from it.
            probe_interval: Duration = positive_duration("PROBE_INTERVAL", "15s"),

            /// When work counts as not getting done.
            work: WorkLimits {
                /// If no worker has finished a probe of each queue within this time, the workers'
                /// `/readyz` and web's `/healthz/work` answer 503.
                probe_age_max: Duration = positive_duration("PROBE_AGE_MAX", "1m"),

                /// If a text has been due for longer than this, they answer 503 as well. A text that
                /// waits for credit, a rate limit or a sign-in is not due.
                due_age_max: Duration = positive_duration("DUE_AGE_MAX", "10m"),
            },

            /// How often web counts the rows of the ledger for its metrics.
            metrics_interval: Duration = positive_duration("METRICS_INTERVAL", "30s"),
        }

        Receiving {
            /// How long it may take to store an incoming text. After this time, web answers
            /// Twilio's webhook with status 503, so that Twilio's retries and fallback apply.
            receive_timeout: Duration = positive_duration("RECEIVE_TIMEOUT", "5s"),

            /// The largest request body that web reads, in bytes.
            body_bytes_max: usize = positive("BODY_BYTES_MAX", "65536"),
        }

        Posting {
            /// The greatest length of a post, in X's weighted characters. Longer texts are refused.
            /// The limit is the same for every account.
            post_length_max: u32 = positive("POST_LENGTH_MAX", "280"),

            /// The delays between two tries.
            backoff: Backoff {
                /// The delay before the first retry. It doubles with every further failure, up to
                /// `RETRY_DELAY_MAX`. Each delay is shortened by up to half at random, so that
                /// retries are spread out.
                min: Duration = duration("RETRY_DELAY_MIN", "5s"),

                /// The longest delay before a retry.
                max: Duration = duration("RETRY_DELAY_MAX", "15m"),
            },

            /// How long Birdcall keeps trying. A text that has not been posted after this time
            /// fails, and its sender is told. Replies are given up after the same time.
            retry_horizon: Duration = positive_duration("RETRY_HORIZON", "24h"),

            /// When to check whether a call with an unknown outcome took effect. The account's
            /// timeline at X (for a reply, Twilio's list of messages) is read after the first
            /// delay, and again after each further one. Only if the last look finds nothing is the
            /// call made again.
            resolve_delays: Vec<Duration> = durations("RESOLVE_DELAYS", "5s,30s,2m"),

            /// Once this many texts from one number are pending, new ones are refused. The number is
            /// told so, but not again while the same text is first in line. Commands are ignored as
            /// well, except for `\STOP`. `birdcall replay SID` runs a refused text later.
            open_texts_max: usize = positive("OPEN_TEXTS_MAX", "500"),

            /// Once trouble with X has delayed a text for this long, its sender gets one notice.
            late_after: Duration = duration("LATE_AFTER", "10m"),

            /// A text or reply is given up once this many workers have claimed it without
            /// finishing it.
            claims_max: u32 = positive("CLAIMS_MAX", "5"),
        }

        Replying {
            /// The greatest number of SMS segments in a reply. The quotation of the text is
            /// shortened to fit.
            reply_segments_max: u32 = positive("REPLY_SEGMENTS_MAX", "1"),

            /// How long Twilio may hold a reply before it sends it. Twilio's own maximum is `10h`,
            /// and a longer time counts as that.
            reply_validity: Duration = positive_duration("REPLY_VALIDITY", "4h"),

            /// The greatest number of replies that are sent to one number within `REPLIES_WINDOW`.
            /// Further ones wait their turn.
            replies_max: u32 = positive("REPLIES_MAX", "10"),

            /// The time within which `REPLIES_MAX` applies. Together they slow down two machines
            /// that keep answering each other, which Twilio would otherwise cut off.
            replies_window: Duration = duration("REPLIES_WINDOW", "30s"),
        }

        SigningIn {
            /// How many texts about sign-ins a day has room for.
            daily: DailyLimits {
                /// The greatest number of texts about sign-ins that one number gets within 24 hours,
                /// whatever asks for them: sign-in links, and reports that a sign-in failed. A number
                /// that is not linked and texts more gets no answer until then.
                links_max: u32 = positive("LINKS_PER_DAY_MAX", "5"),

                /// The greatest number of texts that go, within 24 hours, to numbers that are not
                /// linked, to all of them together. After that, texts from such numbers are recorded and
                /// not answered, and the log and a metric say so.
                strangers_max: u32 = positive("STRANGERS_PER_DAY_MAX", "200"),
            },

            /// A number that was invited is invited again only after this time, unless the first
            /// invitation could not be sent.
            invite_again_after: Duration = duration("INVITE_AGAIN_AFTER", "24h"),

            /// How long a sign-in link works.
            sign_in_link_ttl: Duration = duration("SIGN_IN_LINK_TTL", "24h"),

            /// How long it may take to sign in at X, from the button on the sign-in page until X
            /// sends the browser back.
            sign_in_ttl: Duration = duration("SIGN_IN_TTL", "15m"),

            /// The console's sessions.
            console: ConsoleLimits {
                /// How long an operator stays signed in to the console, whatever happens.
                session_max: Duration = positive_duration("CONSOLE_SESSION_MAX", "12h"),

                /// An operator who opens no page of the console for this long is signed out.
                idle_max: Duration = positive_duration("CONSOLE_IDLE_MAX", "1h"),

                /// How long the console shows a number or a text to the operator who revealed it.
                reveal: Duration = positive_duration("CONSOLE_REVEAL", "10m"),
            },

            /// How long a text waits for its owner to sign in again, beyond `RETRY_HORIZON` if
            /// necessary. After this time it is given up.
            sign_in_wait_max: Duration = duration("SIGN_IN_WAIT_MAX", "7d"),

            /// An access token is refreshed this long before it expires, or up to a third earlier at
            /// random, so that refreshes are spread out.
            refresh_margin: Duration = duration("REFRESH_MARGIN", "15m"),

            /// The tokens of an account that has sent no text for this long are no longer refreshed
            /// ahead of time, but only when its next text comes in.
            refresh_idle_after: Duration = duration("REFRESH_IDLE_AFTER", "30d"),

            /// X sometimes refuses a good access token (status 401). If nobody knows what came of the
            /// last refresh, an access token counts as over only when X has refused it twice with at
            /// least this much time between. Only then is the refresh token presented once more.
            refused_token_pause: Duration = duration("REFUSED_TOKEN_PAUSE", "30s"),

            /// How long X is asked again to revoke tokens that nobody uses any more, for example those
            /// of an account that was replaced by another sign-in.
            revoke_horizon: Duration = positive_duration("REVOKE_HORIZON", "7d"),
        }

        Working {
            /// How many posts one worker process makes at the same time. Commands, replies, sign-in
            /// links and refreshes never wait for a place among the posts: each of these kinds has
            /// places of its own, a quarter of this number, and at least two.
            worker_concurrency: usize = positive("WORKER_CONCURRENCY", "64"),

            /// How long a claim lasts. When a worker dies, another takes over after this time. It
            /// must be at least twice `CALL_TIMEOUT`, so that no call outlives its claim.
            lease: Duration = positive_duration("LEASE", "30s"),

            /// How long a worker holds the outcome of a call while the database is unavailable.
            /// After this time, the outcome is looked up at X or Twilio instead. New tokens cannot
            /// be looked up: then the old refresh token is presented once more when the access token is
            /// over, and X may refuse it.
            outcome_timeout: Duration = duration("OUTCOME_TIMEOUT", "10m"),

            /// How long finished jobs are listed before they are deleted.
            jobs_kept: Duration = duration("JOBS_KEPT", "24h"),

            /// How long what is over is kept.
            keeping: Keeping {
                /// How long the words of texts and replies are kept, such as `30d`. After that, they
                /// are deleted. What became of the text stays. See `docs/privacy.md`.
                bodies: Option<Duration> = kept("BODIES_KEPT"),

                /// How long texts are kept, with their attempts, their replies and Twilio's reports
                /// about these. It must be a day longer than `SWEEP_INBOUND_SINCE`, `RETRY_HORIZON`
                /// and `SIGN_IN_LINK_TTL`, and so must `BODIES_KEPT`.
                texts: Option<Duration> = kept("TEXTS_KEPT"),

                /// How long the audit is kept.
                audit: Option<Duration> = kept("AUDIT_KEPT"),
            },

            /// How often a worker removes what is older than that.
            removal_interval: Duration = positive_duration("REMOVAL_INTERVAL", "1h"),

            /// How many texts per minute a replay of many runs again, if `birdcall replay --pace` says
            /// nothing else.
            replay_pace: Pace = pace("REPLAY_PACE", "600"),

            /// How long a replay of many is listed once it is over.
            replay_runs_kept: Duration = duration("REPLAY_RUNS_KEPT", "30d"),

            /// How often the sweep looks for texts, replies, refreshes, revocations and replays
            /// that are due but have no job.
            sweep_interval: Duration = positive_duration("SWEEP_INTERVAL", "5s"),

            /// How long something must have been due before the sweep wakes it. Until then, its job
            /// may still be on its way.
            sweep_grace: Duration = duration("SWEEP_GRACE", "5s"),

            /// How long the sweep waits before it wakes the same thing again. If a dead worker held
            /// it, the lesser of this and `SWEEP_GRACE` applies.
            sweep_again: Duration = duration("SWEEP_AGAIN", "20s"),

            /// How often Twilio's list of messages is searched for texts that never reached web.
            sweep_inbound_interval: Duration = positive_duration("SWEEP_INBOUND_INTERVAL", "15m"),

            /// How old a text must be to count in that search; the webhook of a newer one may still
            /// be on its way. A worker makes its first search this long after it starts.
            sweep_inbound_grace: Duration = duration("SWEEP_INBOUND_GRACE", "1m"),

            /// How far back that search goes. To search further back once, use
            /// `birdcall sweep-inbound --since 7d`. With `0s`, workers do not search at all.
            sweep_inbound_since: Duration = duration("SWEEP_INBOUND_SINCE", "24h"),

            /// The greatest number of messages that one search reads, newest first. The log says so
            /// when the list was longer.
            sweep_inbound_max: usize = positive("SWEEP_INBOUND_MAX", "100000"),

            /// How often a worker checks whether another process has written to the database. It
            /// applies to SQLite only.
            queue_poll: Duration = positive_duration("QUEUE_POLL", "20ms"),

            /// How long work in progress may take after SIGTERM. Whatever stops the process must
            /// wait longer before it kills it: `compose.yaml` waits `30s`.
            shutdown_timeout: Duration = duration("SHUTDOWN_TIMEOUT", "20s"),
        }
    }

    check(lease, http) *lease >= http.request_timeout * 2 =>
        "LEASE" must be "at least twice CALL_TIMEOUT, so that no call outlives its claim";
    check(keeping, sweep_inbound_since, retry_horizon, sign_in_link_ttl)
        Keeping::is_enough(keeping.bodies, &[*sweep_inbound_since, *retry_horizon, *sign_in_link_ttl]) =>
        "BODIES_KEPT" must be "a day longer than SWEEP_INBOUND_SINCE, RETRY_HORIZON and SIGN_IN_LINK_TTL";
    check(keeping, sweep_inbound_since, retry_horizon, sign_in_link_ttl)
        Keeping::is_enough(keeping.texts, &[*sweep_inbound_since, *retry_horizon, *sign_in_link_ttl]) =>
        "TEXTS_KEPT" must be "a day longer than SWEEP_INBOUND_SINCE, RETRY_HORIZON and SIGN_IN_LINK_TTL";
    check(probe_interval, work) work.probe_age_max >= *probe_interval * 2 =>
        "PROBE_AGE_MAX" must be "at least twice PROBE_INTERVAL, so that one late probe is no trouble";
}
