//! `birdcall queue`: pause and resume queues, and show how full they are.

use birdcall_domain::{text::Reason, tone::Tone};
use birdcall_ledger::{
    Ledger,
    pauses::PausedQueue,
    queue::{Queue, QueueStats},
};
use serde::Serialize;

use crate::{
    args::QueueCommand,
    environment::{now, open_ledger, random},
    failure::Done,
    operator::Who,
    output::{self, Cell},
};
use birdcall_domain::wording::{moment, number};

/// A queue and the pause that holds it, if there is one.
#[derive(Serialize)]
struct StatsView {
    #[serde(flatten)]
    stats: QueueStats,
    paused: Option<PausedView>,
}

/// A pause as JSON.
#[derive(Serialize)]
struct PausedView {
    queue: Queue,
    reason: Reason,
    since: String,
    /// `None`: an operator ends it.
    until: Option<String>,
    failures: u32,
    #[serde(skip)]
    pause: PausedQueue,
}

impl From<&PausedQueue> for PausedView {
    fn from(pause: &PausedQueue) -> Self {
        let ends = pause.reason != Reason::Paused;
        Self {
            queue: pause.queue,
            reason: pause.reason,
            since: pause.since.to_rfc3339(),
            until: ends.then(|| pause.until.to_rfc3339()),
            failures: pause.failures,
            pause: pause.clone(),
        }
    }
}

/// What became of a queue.
#[derive(Serialize)]
struct PauseView {
    queue: Queue,
    paused: bool,
    /// Whether this command changed anything.
    changed: bool,
}

pub(crate) async fn run(command: QueueCommand, who: &Who, json: bool) -> Done {
    let ledger = open_ledger().await?;
    match command {
        QueueCommand::Stats => stats(&ledger, json).await,
        QueueCommand::Pause { queue } => pause(&ledger, queue, who, json).await,
        QueueCommand::Resume { queue } => resume(&ledger, queue, who, json).await,
    }
}

async fn stats(ledger: &Ledger, json: bool) -> Done {
    let now = now();
    let pauses = ledger.pauses().await?;
    let stats = ledger.queue_stats(now).await?;
    let views: Vec<StatsView> = stats
        .into_iter()
        .map(|stats| StatsView {
            paused: pauses
                .iter()
                .find(|pause| pause.queue == stats.queue)
                .map(PausedView::from),
            stats,
        })
        .collect();
    let columns = ["queue", "ready", "delayed", "held", "done", "paused"];
    let count = |count: i64| number(u64::try_from(count).unwrap_or(0));
    output::list(&views, json, &columns, |view| {
        let stats = &view.stats;
        vec![
            stats.queue.to_string().into(),
            count(stats.ready).into(),
            count(stats.delayed).into(),
            count(stats.held).into(),
            count(stats.done).into(),
            match &view.paused {
                Some(view) => Cell::toned(view.pause.told(now), Tone::Bad),
                None => "no".to_owned().into(),
            },
        ]
    });
    Ok(())
}

async fn pause(ledger: &Ledger, queue: Queue, who: &Who, json: bool) -> Done {
    let audit_id = random().id();
    let now = now();
    let change = ledger.pause_queue(queue, who.by(&audit_id), now).await?;
    let sentence = match change.was {
        Some((_, since)) if !change.changed => {
            let since = moment(since, now);
            format!("the queue {queue} was already paused, since {since}")
        }
        _ => format!("the queue {queue} is paused"),
    };
    let view = PauseView {
        queue,
        paused: true,
        changed: change.changed,
    };
    output::result(&view, json, sentence);
    Ok(())
}

async fn resume(ledger: &Ledger, queue: Queue, who: &Who, json: bool) -> Done {
    let audit_id = random().id();
    let change = ledger.resume_queue(queue, who.by(&audit_id), now()).await?;
    let sentence = match change.changed {
        true => format!("the queue {queue} is resumed"),
        false => format!("the queue {queue} was not paused"),
    };
    let view = PauseView {
        queue,
        paused: false,
        changed: change.changed,
    };
    output::result(&view, json, sentence);
    Ok(())
}
