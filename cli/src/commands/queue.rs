//! `birdcall queue`: pause and resume queues, and show how full they are.

use birdcall_domain::{clock::Timestamp, text::Reason};
use birdcall_ledger::{
    Ledger,
    audit::Deed,
    pauses::PausedQueue,
    queue::{Queue, QueueStats},
};
use serde::Serialize;

use crate::{
    args::QueueCommand,
    environment::{now, open_ledger, random},
    failure::Done,
    output,
};
use birdcall_domain::wording::{age, at, moment, number};

/// A queue and the pause that holds it, if there is one.
#[derive(Serialize)]
struct StatsView {
    #[serde(flatten)]
    stats: QueueStats,
    paused: Option<PausedQueue>,
}

/// What became of a queue.
#[derive(Serialize)]
struct PauseView {
    queue: Queue,
    paused: bool,
    /// Whether this command changed anything.
    changed: bool,
}

pub(crate) async fn run(command: QueueCommand, actor: &str, json: bool) -> Done {
    let ledger = open_ledger().await?;
    match command {
        QueueCommand::Stats => stats(&ledger, json).await,
        QueueCommand::Pause { queue } => pause(&ledger, queue, actor, json).await,
        QueueCommand::Resume { queue } => resume(&ledger, queue, actor, json).await,
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
                .cloned(),
            stats,
        })
        .collect();
    let columns = ["queue", "ready", "delayed", "held", "done", "paused"];
    let count = |count: i64| number(u64::try_from(count).unwrap_or(0));
    output::list(&views, json, &columns, |view| {
        let stats = &view.stats;
        vec![
            stats.queue.to_string(),
            count(stats.ready),
            count(stats.delayed),
            count(stats.held),
            count(stats.done),
            view.paused
                .as_ref()
                .map_or_else(|| "no".to_owned(), |pause| told(pause, now)),
        ]
    });
    Ok(())
}

/// A pause in a few words: since when, and what ends it.
fn told(pause: &PausedQueue, now: Timestamp) -> String {
    let since = age(pause.since, now);
    match pause.reason {
        Reason::Paused => format!("by an operator, {since}"),
        reason => {
            let next = age(pause.until, now);
            format!("{reason}, {since}; next try {next}")
        }
    }
}

/// What paused a queue.
fn cause(reason: Reason) -> String {
    match reason {
        Reason::Paused => "by an operator".to_owned(),
        Reason::Money => "because the credit at X was used up".to_owned(),
        Reason::RateLimit => "because a limit of the X app was reached".to_owned(),
        reason => format!("for the reason {reason}"),
    }
}

async fn pause(ledger: &Ledger, queue: Queue, actor: &str, json: bool) -> Done {
    let before = paused(ledger, queue).await?;
    ledger.pause_queue(queue, now()).await?;
    let (changed, sentence) = match &before {
        Some(pause) if pause.reason == Reason::Paused => {
            let since = moment(pause.since, now());
            let sentence = format!("the queue {queue} was already paused, since {since}");
            (None, sentence)
        }
        Some(pause) => {
            let detail = format!("it was paused {}", cause(pause.reason));
            (Some(detail), format!("the queue {queue} is paused"))
        }
        None => {
            let detail = "it was not paused".to_owned();
            (Some(detail), format!("the queue {queue} is paused"))
        }
    };
    let view = PauseView {
        queue,
        paused: true,
        changed: changed.is_some(),
    };
    record(ledger, "pause", queue, actor, changed).await?;
    output::result(&view, json, sentence);
    Ok(())
}

async fn resume(ledger: &Ledger, queue: Queue, actor: &str, json: bool) -> Done {
    let before = paused(ledger, queue).await?;
    let changed = ledger.resume_queue(queue, now()).await?;
    let sentence = match changed {
        true => format!("the queue {queue} is resumed"),
        false => format!("the queue {queue} was not paused"),
    };
    let detail = changed.then(|| match before {
        Some(pause) => format!(
            "it was paused {} since {}",
            cause(pause.reason),
            at(pause.since)
        ),
        None => "it was paused".to_owned(),
    });
    record(ledger, "resume", queue, actor, detail).await?;
    let view = PauseView {
        queue,
        paused: false,
        changed,
    };
    output::result(&view, json, sentence);
    Ok(())
}

async fn paused(
    ledger: &Ledger,
    queue: Queue,
) -> Result<Option<PausedQueue>, crate::failure::Failure> {
    let mut pauses = ledger.pauses().await?.into_iter();
    Ok(pauses.find(|pause| pause.queue == queue))
}

/// Records in the audit what this command changed. What changed nothing is no deed.
async fn record(
    ledger: &Ledger,
    action: &str,
    queue: Queue,
    actor: &str,
    changed: Option<String>,
) -> Done {
    let Some(detail) = changed else {
        return Ok(());
    };
    let deed = Deed {
        actor,
        action,
        subject: queue.as_str(),
        detail: &detail,
    };
    ledger.audit(&random().token(12), deed, now()).await?;
    Ok(())
}
