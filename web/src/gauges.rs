//! The gauges: counts of the rows in the ledger. One task takes them, so that nobody who asks for the
//! metrics makes the database work.

use std::{convert::Infallible, sync::atomic::Ordering};

use birdcall_domain::{
    clock::Timestamp,
    overview::Happening,
    reply::ReplyState,
    text::{Reason, TextState},
};
use birdcall_ledger::{LedgerResult, pauses::PausedQueue, queue::Queue};
use metrics::gauge;

use crate::state::App;

/// Why a queue can be paused.
const PAUSE_REASONS: [Reason; 4] = [
    Reason::Money,
    Reason::RateLimit,
    Reason::Operator,
    Reason::Paused,
];

/// Takes the gauges every `METRICS_INTERVAL`, once the schema is up to date.
pub(crate) async fn keep_sampling(app: &App) -> Infallible {
    // The sender lives as long as the app.
    let _ = app
        .schema
        .subscribe()
        .wait_for(|up_to_date| *up_to_date)
        .await;
    let mut told = false;
    loop {
        match sample(app).await {
            Ok(()) => told = false,
            Err(error) if !told => {
                tracing::warn!(%error, "the gauges could not be read, so /metrics shows their last values");
                told = true;
            }
            Err(_) => {}
        }
        tokio::time::sleep(app.config.limits.metrics_interval).await;
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of rows are far below 2^52"
)]
async fn sample(app: &App) -> LedgerResult<()> {
    let now = app.now();
    note_refused_signatures(app, now).await?;
    // Every state is set each time. Otherwise, the gauge of a state that has no rows any more would
    // keep its last value.
    let texts = app.ledger.text_counts().await?;
    for state in TextState::ALL {
        let count = count_of(&texts, *state) as f64;
        gauge!("birdcall_texts", "state" => state.as_str()).set(count);
    }
    let replies = app.ledger.reply_counts().await?;
    for state in ReplyState::ALL {
        let count = count_of(&replies, *state) as f64;
        gauge!("birdcall_replies", "state" => state.as_str()).set(count);
    }
    for level in app.ledger.queue_levels(now).await? {
        let set = |kind: &'static str, count: i64| {
            gauge!("birdcall_jobs", "queue" => level.queue.as_str(), "state" => kind)
                .set(count as f64);
        };
        set("ready", level.ready);
        set("delayed", level.delayed);
        set("held", level.held);
        gauge!("birdcall_queue_oldest_seconds", "queue" => level.queue.as_str())
            .set(age(level.oldest, now));
    }
    let pauses = app.ledger.pauses().await?;
    for queue in Queue::ALL {
        let paused = pauses.iter().any(|pause| pause.queue == *queue);
        gauge!("birdcall_queue_paused", "queue" => queue.as_str()).set(f64::from(u8::from(paused)));
        for reason in PAUSE_REASONS {
            let pause = |pause: &PausedQueue| pause.queue == *queue && pause.reason == reason;
            let paused = f64::from(u8::from(pauses.iter().any(pause)));
            gauge!("birdcall_queue_pause_reason", "queue" => queue.as_str(), "reason" => reason.as_str())
                .set(paused);
        }
    }
    gauge!("birdcall_workers").set(app.ledger.workers_alive(now).await? as f64);
    for (rows, oldest) in app.ledger.oldest_due(now).await?.each() {
        gauge!("birdcall_oldest_due_seconds", "rows" => rows).set(age(oldest, now));
    }
    for probe in app.ledger.probes().await? {
        gauge!("birdcall_probe_finished_timestamp_seconds", "queue" => probe.queue.as_str())
            .set(probe.finished_at.as_secs_floor() as f64);
    }
    app.counted.keep_up(&app.ledger, now).await?;
    gauge!("birdcall_gauges_taken_timestamp_seconds").set(now.as_secs_floor() as f64);
    Ok(())
}

/// Notes in the ledger how many webhooks with a wrong signature came since the last time.
async fn note_refused_signatures(app: &App, now: Timestamp) -> LedgerResult<()> {
    let refused = app.signatures_refused.swap(0, Ordering::Relaxed);
    if refused == 0 {
        return Ok(());
    }
    let what = Happening::SignatureRefused;
    let noted = app.ledger.note_happening(what, refused, now).await;
    if noted.is_err() {
        app.signatures_refused.fetch_add(refused, Ordering::Relaxed);
    }
    noted
}

/// How long ago something was, in seconds; 0 if it was not.
fn age(since: Option<Timestamp>, now: Timestamp) -> f64 {
    since.map_or(0.0, |since| now.since(since).as_secs_f64())
}

fn count_of<T: PartialEq>(counts: &[(T, i64)], state: T) -> i64 {
    let counted = counts.iter().find(|(counted, _)| *counted == state);
    counted.map_or(0, |(_, count)| *count)
}
