//! `birdcall queue`: pause and resume queues, and show how full they are.

use birdcall_ledger::{
    Ledger,
    audit::Deed,
    pauses::PausedQueue,
    queue::{Queue, QueueStats},
};
use serde::Serialize;

use crate::{
    args::QueueCommand,
    environment::{actor, now, open_ledger, random},
    failure::Done,
    output::{self, line},
    parse::pausable_queue,
};

/// A queue and the pause that holds it, if there is one.
#[derive(Serialize)]
struct StatsView {
    #[serde(flatten)]
    stats: QueueStats,
    paused: Option<PausedQueue>,
}

pub(crate) async fn run(command: QueueCommand, json: bool) -> Done {
    let ledger = open_ledger().await?;
    match command {
        QueueCommand::Stats => stats(&ledger, json).await,
        QueueCommand::Pause { queue } => pause(&ledger, pausable_queue(&queue)?).await,
        QueueCommand::Resume { queue } => resume(&ledger, pausable_queue(&queue)?).await,
    }
}

async fn stats(ledger: &Ledger, json: bool) -> Done {
    let pauses = ledger.pauses().await?;
    let stats = ledger.queue_stats(now()).await?;
    let views = stats.into_iter().map(|stats| StatsView {
        paused: pauses
            .iter()
            .find(|pause| pause.queue == stats.queue)
            .cloned(),
        stats,
    });
    let columns = ["queue", "ready", "delayed", "held", "done", "paused"];
    output::list(&views.collect::<Vec<_>>(), json, &columns, |view| {
        let stats = &view.stats;
        vec![
            stats.queue.to_string(),
            stats.ready.to_string(),
            stats.delayed.to_string(),
            stats.held.to_string(),
            stats.done.to_string(),
            view.paused
                .as_ref()
                .map_or_else(|| "no".to_owned(), |pause| pause.reason.to_string()),
        ]
    });
    Ok(())
}

async fn pause(ledger: &Ledger, queue: Queue) -> Done {
    ledger.pause_queue(queue, now()).await?;
    record(ledger, "pause", queue, "is paused").await?;
    line(format!("the queue {queue} is paused"));
    Ok(())
}

async fn resume(ledger: &Ledger, queue: Queue) -> Done {
    if ledger.resume_queue(queue, now()).await? {
        record(ledger, "resume", queue, "goes on").await?;
        line(format!("the queue {queue} is resumed"));
    } else {
        record(ledger, "resume", queue, "was not paused").await?;
        line(format!("the queue {queue} was not paused"));
    }
    Ok(())
}

/// Records in the audit what this command did.
async fn record(ledger: &Ledger, action: &str, queue: Queue, detail: &str) -> Done {
    let deed = Deed {
        actor: &actor(),
        action,
        subject: queue.as_str(),
        detail,
    };
    ledger.audit(&random().token(12), deed, now()).await?;
    Ok(())
}
