//! The statements of the overview. Each says how many rows of an index it reads at most.

use birdcall_domain::text::TextState;

pub(crate) const WORKERS: &str =
    "SELECT * FROM worker_processes ORDER BY seen_at DESC, name LIMIT 100";
pub(crate) const HELD_TEXTS: &str = "SELECT lease_owner, sid FROM texts
     WHERE next_attempt_at IS NOT NULL AND lease_owner IS NOT NULL LIMIT 1000";
pub(crate) const HELD_REPLIES: &str = "SELECT lease_owner, id FROM replies
     WHERE next_attempt_at IS NOT NULL AND lease_owner IS NOT NULL LIMIT 1000";
/// The oldest come first, so the oldest of each reason is right even if not all are counted.
pub(super) const WAITING: &str = "SELECT reason, COUNT(*), MIN(received_at) FROM (
         SELECT reason, received_at FROM texts WHERE state = 'waiting'
         ORDER BY received_at, arrival LIMIT 10000) AS waiting
     GROUP BY reason ORDER BY reason";
pub(super) const IN_DOUBT: &str = "SELECT COUNT(*), MIN(received_at) FROM (
         SELECT received_at FROM texts WHERE state = 'in_doubt' AND next_attempt_at IS NULL
         ORDER BY received_at, arrival LIMIT 10000) AS doubted";
pub(super) const SIGN_INS: &str = "SELECT COUNT(*) FROM accounts WHERE state = 'needs_sign_in'";
/// A message that was sent again is not the reply's message any more.
pub(super) const UNDELIVERED: &str = "SELECT bad.error_code, COUNT(*), MAX(bad.updated_at) FROM (
         SELECT twilio_sid, error_code, updated_at FROM deliveries
         WHERE status IN ('failed', 'undelivered') AND updated_at >= $1
         ORDER BY updated_at DESC LIMIT 10000) AS bad
     JOIN replies ON replies.twilio_sid = bad.twilio_sid
     GROUP BY bad.error_code ORDER BY 2 DESC, 1";
pub(super) const UNSENT: &str = "SELECT error_code, COUNT(*), MAX(created_at) FROM (
         SELECT error_code, created_at, twilio_sid FROM replies WHERE state = 'failed' AND created_at >= $1
         ORDER BY created_at DESC LIMIT 10000) AS unsent
     WHERE twilio_sid IS NULL GROUP BY error_code ORDER BY 2 DESC, 1";
pub(super) const HAPPENINGS: &str = "SELECT what, CAST(SUM(count) AS BIGINT), MAX(last_at)
     FROM happenings WHERE hour >= $1 GROUP BY what ORDER BY what";
pub(super) const SPEED: &str = "SELECT newest.received_at, newest.published_at,
         (SELECT MIN(deliveries.updated_at) FROM replies
          JOIN deliveries ON deliveries.twilio_sid = replies.twilio_sid
          WHERE replies.text_sid = newest.sid AND replies.purpose = 'final' AND deliveries.status = 'delivered')
     FROM (SELECT sid, received_at, published_at FROM texts WHERE state = 'published'
           ORDER BY received_at DESC, arrival DESC LIMIT $1) AS newest";
pub(super) const POSTS: &str = "SELECT COUNT(*) FROM (
         SELECT received_at FROM texts WHERE state = 'published' AND received_at >= $1
         ORDER BY received_at DESC, arrival DESC LIMIT $2) AS posts";

/// For each number: posts, and the oldest one that is counted.
pub(super) const POSTS_BY_NUMBER: &str = "SELECT phone, COUNT(*), MIN(received_at) FROM (
         SELECT phone, received_at FROM texts WHERE state = 'published' AND received_at >= $1
         ORDER BY received_at DESC, arrival DESC LIMIT $2) AS posts
     GROUP BY phone";
/// For each number: rows, segments, and the oldest row that is counted.
pub(super) const SEGMENTS_BY_NUMBER: &str =
    "SELECT phone, COUNT(*), CAST(SUM(segments) AS BIGINT), MIN(created_at) FROM (
         SELECT phone, segments, created_at FROM replies WHERE state = 'sent' AND created_at >= $1
         ORDER BY created_at DESC LIMIT $2) AS sent
     GROUP BY phone";

/// Counts `$3` parts of `$2` milliseconds from `$1` on, the last one until `$4`. Each count reads a range of the
/// index of states, and nothing else.
pub(super) fn outcomes() -> String {
    let states = TextState::ALL.iter();
    let states: Vec<String> = states
        .map(|state| format!("SELECT '{state}' AS state"))
        .collect();
    format!(
        "WITH RECURSIVE parts (part) AS (
             SELECT CAST(0 AS BIGINT) UNION ALL SELECT part + 1 FROM parts WHERE part + 1 < $3
         )
         SELECT states.state, parts.part, (
             SELECT COUNT(*) FROM texts WHERE texts.state = states.state AND received_at >= $1 + parts.part * $2
                 AND received_at < CASE WHEN parts.part + 1 < $3 THEN $1 + (parts.part + 1) * $2 ELSE $4 END
         ) FROM parts CROSS JOIN ({}) AS states",
        states.join(" UNION ALL ")
    )
}

/// Why texts failed or were refused since `$1`.
pub(super) fn causes() -> String {
    let part = |state: TextState| {
        format!(
            "SELECT '{state}' AS state, reason, COUNT(*) AS count
             FROM (SELECT reason FROM texts WHERE state = '{state}' AND received_at >= $1
                   ORDER BY received_at DESC, arrival DESC LIMIT 10000) AS part
             GROUP BY reason"
        )
    };
    format!(
        "{} UNION ALL {} ORDER BY 3 DESC, 1, 2",
        part(TextState::Failed),
        part(TextState::Refused)
    )
}

/// Every statement, so that tests can ask an engine for its plan.
pub(crate) fn all() -> Vec<String> {
    let fixed = [
        HELD_TEXTS,
        HELD_REPLIES,
        WAITING,
        IN_DOUBT,
        SIGN_INS,
        UNDELIVERED,
        UNSENT,
        HAPPENINGS,
        SPEED,
        POSTS,
        POSTS_BY_NUMBER,
        SEGMENTS_BY_NUMBER,
    ];
    let fixed = fixed.into_iter().map(str::to_owned);
    fixed.chain([outcomes(), causes()]).collect()
}
