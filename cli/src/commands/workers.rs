//! `birdcall workers`: list the workers.

use birdcall_domain::{overview::WorkerSeen, tone::Tone, wording::age};

use serde_json::{Value, json};

use crate::{
    args::WorkersCommand,
    environment::{now, open_ledger},
    failure::Done,
    output::{self, Cell},
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
        "slots": worker.slots,
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
            worker.name.clone().into(),
            match worker.is_alive {
                true => Cell::toned("yes", Tone::Good),
                false => Cell::toned("no", Tone::Bad),
            },
            match worker.version.as_str() {
                "" => "older".to_owned().into(),
                version => version.to_owned().into(),
            },
            age(worker.started_at, now).into(),
            age(worker.seen_at, now).into(),
            match worker.holds.len() {
                0 => "nothing".to_owned().into(),
                _ => worker.holds.join(", ").into(),
            },
        ]
    });
    Ok(())
}
