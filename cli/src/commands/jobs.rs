//! `birdcall jobs`: list and show jobs.

use birdcall_ledger::queue::JobFilter;

use crate::{
    args::JobsCommand,
    environment::open_ledger,
    failure::{Done, Failure},
    output,
    parse::{job_state, queue},
};

pub(crate) async fn run(command: JobsCommand, json: bool) -> Done {
    let ledger = open_ledger().await?;
    match command {
        JobsCommand::List {
            queue: name,
            state,
            limit,
        } => {
            let queue = name.as_deref().map(queue).transpose()?;
            let state = state.as_deref().map(job_state).transpose()?;
            let jobs = ledger
                .jobs(&JobFilter {
                    queue,
                    state,
                    subject: None,
                    limit,
                })
                .await?;
            let columns = [
                "id", "queue", "state", "subject", "attempts", "run_at", "done_at",
            ];
            output::list(&jobs, json, &columns, |job| {
                vec![
                    job.id.clone(),
                    job.queue.to_string(),
                    job.state.to_string(),
                    job.subject.clone(),
                    job.attempts.to_string(),
                    job.run_at.to_string(),
                    job.done_at.map(|at| at.to_string()).unwrap_or_default(),
                ]
            });
            Ok(())
        }
        JobsCommand::Show { id } => match ledger.job(&id).await? {
            Some(job) => {
                output::show(&job, json);
                Ok(())
            }
            None => Err(Failure::Refused(format!("there is no job {id}"))),
        },
    }
}
