//! `birdcall workers`: list the workers.

use birdcall_domain::{overview::WorkerSeen, wording::age};

use serde_json::{Value, json};

use crate::{
    args::WorkersCommand,
    environment::{now, open_ledger},
    failure::Done,
    output,
};

/// A worker as JSON.
pub(crate) fn view(worker: &WorkerSeen) -> Value {
    json!({
        "name": worker.name,
        "alive": worker.is_alive,
        "version": worker.version,
        "started_at": worker.started_at.to_rfc3339(),
        "seen_at": worker.seen_at.to_rfc3339(),
        "holds": worker.holds,
    })
}

pub(crate) async fn run(command: WorkersCommand, json: bool) -> Done {
    let WorkersCommand::List = command;
    let ledger = open_ledger().await?;
    let now = now();
    let workers = ledger.workers_seen(now).await?;
    if json {
        let views: Vec<Value> = workers.iter().map(view).collect();
        output::object(&views);
        return Ok(());
    }
    let columns = ["name", "alive", "version", "started", "seen", "holds"];
    output::table(&workers, &columns, |worker: &WorkerSeen| {
        vec![
            worker.name.clone(),
            if worker.is_alive { "yes" } else { "no" }.to_owned(),
            match worker.version.as_str() {
                "" => "older".to_owned(),
                version => version.to_owned(),
            },
            age(worker.started_at, now),
            age(worker.seen_at, now),
            match worker.holds.len() {
                0 => "nothing".to_owned(),
                _ => worker.holds.join(", "),
            },
        ]
    });
    Ok(())
}
