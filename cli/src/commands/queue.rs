//! `birdcall queue`.

use birdcall_ledger::{
    audit::Deed,
    pauses::PausedQueue,
    queue::{Queue, QueueStats},
};
use serde::Serialize;

use super::{actor, now, open_ledger, random};
use crate::{
    Done,
    args::QueueCommand,
    output::{self, Failure, line},
};

/// A queue with what it waits for.
#[derive(Serialize)]
struct StatsView {
    #[serde(flatten)]
    stats: QueueStats,
    paused: Option<PausedQueue>,
}

pub(crate) async fn run(command: QueueCommand, json: bool) -> Done {
    let ledger = open_ledger().await?;
    let (action, queue) = match command {
        QueueCommand::Stats => {
            let pauses = ledger.pauses().await?;
            let stats = ledger
                .queue_stats(now())
                .await?
                .into_iter()
                .map(|stats| StatsView {
                    paused: pauses
                        .iter()
                        .find(|pause| pause.queue == stats.queue)
                        .cloned(),
                    stats,
                });
            let columns = ["queue", "ready", "delayed", "held", "done", "paused"];
            output::list(&stats.collect::<Vec<_>>(), json, &columns, |view| {
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
            return Ok(());
        }
        QueueCommand::Pause { queue: name } => ("pause", pausable(&name)?),
        QueueCommand::Resume { queue: name } => ("resume", pausable(&name)?),
    };
    let done = match action {
        "pause" => {
            ledger.pause_queue(queue, now()).await?;
            "is paused"
        }
        _ if ledger.resume_queue(queue, now()).await? => "goes on",
        _ => "was not paused",
    };
    let actor = actor();
    let deed = Deed {
        actor: &actor,
        action,
        subject: queue.as_str(),
        detail: done,
    };
    ledger.audit(&random().token(12), deed, now()).await?;
    line(format!("the queue {} {done}", queue.as_str()));
    Ok(())
}

pub(crate) fn queue(name: &str) -> Result<Queue, Failure> {
    Queue::parse(name).ok_or_else(|| Failure::unknown("a queue", name, Queue::ALL))
}

/// Only posts and replies can be paused: holding back links or token refreshes would help nobody.
fn pausable(name: &str) -> Result<Queue, Failure> {
    match queue(name)? {
        queue @ (Queue::Tweet | Queue::Reply) => Ok(queue),
        _ => Err(Failure::Usage(
            "only the queues tweet and reply can be paused".to_owned(),
        )),
    }
}
