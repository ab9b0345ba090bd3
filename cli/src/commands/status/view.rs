//! The status as JSON. The names of the fields are public and stable, and times are RFC 3339 in UTC.

use birdcall_domain::{
    clock::Timestamp,
    overview::{Trouble, Vendor, headline, is_wrong},
    spend,
    text::TextState,
};
use birdcall_ledger::overview::Percentiles;
use serde_json::{Map, Value, json};

use super::seen::Seen;
use crate::commands::workers::view as worker_view;

pub(super) fn of(seen: &Seen) -> Value {
    let (overview, found) = (&seen.overview, &seen.found[..]);
    let facts = &overview.facts;
    let troubles: Vec<Value> = found.iter().map(trouble).collect();
    let workers: Vec<Value> = facts.workers.iter().map(worker_view).collect();
    let vendors: Map<String, Value> = Vendor::ALL
        .iter()
        .map(|vendor| {
            let seen = facts.seen_of(*vendor);
            let value = json!({
                "works": !seen.fails(),
                "ok_at": time(seen.ok_at),
                "failed_at": time(seen.failed_at),
                "failure": seen.failure,
            });
            (vendor.as_str().to_owned(), value)
        })
        .collect();
    let queues: Vec<Value> = overview
        .queues
        .iter()
        .map(|level| {
            json!({
                "queue": level.queue, "ready": level.ready, "delayed": level.delayed,
                "held": level.held, "oldest_ready_since": time(level.oldest),
            })
        })
        .collect();
    let waiting: Vec<Value> = facts
        .waiting
        .iter()
        .map(|waiting| {
            json!({
                "state": waiting.state, "reason": waiting.reason, "count": waiting.count,
                "oldest": waiting.oldest.to_rfc3339(),
            })
        })
        .collect();
    let paused: Vec<Value> = facts
        .pauses
        .iter()
        .map(|pause| {
            json!({
                "queue": pause.queue, "reason": pause.reason, "since": pause.since.to_rfc3339(),
            })
        })
        .collect();
    let undelivered: Vec<Value> = facts
        .undelivered
        .iter()
        .map(|cause| {
            json!({
                "error_code": cause.error_code, "count": cause.count,
                "last_at": cause.last_at.to_rfc3339(),
            })
        })
        .collect();
    let hour: Map<String, Value> = TextState::ALL
        .iter()
        .map(|state| (state.to_string(), seen.last_hour.in_state(*state).into()))
        .collect();
    json!({
        "wrong": is_wrong(found),
        "sentence": headline(found),
        "troubles": troubles,
        "workers": workers,
        "vendors": vendors,
        "queues": queues,
        "paused": paused,
        "waiting": waiting,
        "undelivered_last_day": undelivered,
        "texts_last_hour": hour,
        "text_to_post": percentiles(overview.speed.to_post),
        "text_to_confirmation": percentiles(overview.speed.to_confirmation),
        "not_posted_last_day": overview.causes,
        "posts_today": posts(overview.posts_today),
        "posts_this_month": posts(overview.posts_this_month),
    })
}

fn trouble(trouble: &Trouble) -> Value {
    json!({
        "severity": trouble.severity, "kind": trouble.kind, "sentence": trouble.sentence,
        "todo": trouble.todo, "seen_by": trouble.at.command(),
    })
}

fn time(at: Option<Timestamp>) -> Option<String> {
    at.map(Timestamp::to_rfc3339)
}

fn percentiles(of: Option<Percentiles>) -> Option<Value> {
    let of = of?;
    let millis =
        |length: std::time::Duration| u64::try_from(length.as_millis()).unwrap_or(u64::MAX);
    Some(json!({"p50_ms": millis(of.p50), "p95_ms": millis(of.p95), "of": of.of}))
}

/// The cost is an estimate, in thousandths of a US dollar.
fn posts(count: u64) -> Value {
    let (low, high) = spend::estimate(count);
    json!({"count": count, "estimate_min_usd_thousandths": low, "estimate_max_usd_thousandths": high})
}
