//! `birdcall jobs`: list and show jobs.

use birdcall_domain::{clock::Timestamp, tone::Tone};
use birdcall_ledger::queue::{JobFilter, JobState, ListedJob, Queue};
use serde::Serialize;

use crate::{
    args::JobsCommand,
    environment::{now, open_ledger},
    failure::{Done, Failure},
    output::{self, Cell, Record},
    shortened::shortened,
};
use birdcall_domain::wording::{age, moment};

/// A job as JSON.
#[derive(Serialize)]
pub(super) struct JobView<'a> {
    id: &'a str,
    queue: Queue,
    state: JobState,
    subject: &'a str,
    attempts: u32,
    run_at: String,
    worker: Option<&'a str>,
    done_at: Option<String>,
}

impl<'a> From<&'a ListedJob> for JobView<'a> {
    fn from(job: &'a ListedJob) -> Self {
        let time = |seconds| Timestamp::from_secs(seconds).to_rfc3339();
        Self {
            id: &job.id,
            queue: job.queue,
            state: job.state,
            subject: &job.subject,
            attempts: job.attempts,
            run_at: time(job.run_at),
            worker: job.worker.as_deref(),
            done_at: job.done_at.map(time),
        }
    }
}

pub(crate) async fn run(command: JobsCommand, json: bool) -> Done {
    let ledger = open_ledger().await?;
    match command {
        JobsCommand::List {
            queue,
            state,
            subject,
            since,
            until,
            limit,
        } => {
            let now = now();
            let filter = JobFilter {
                queue,
                state,
                subject,
                since: since.map(|since| since.at(now)),
                until: until.map(|until| until.at(now)),
                limit,
                ..JobFilter::default()
            };
            let jobs = ledger.jobs(&filter).await?;
            if json {
                let views: Vec<JobView> = jobs.iter().map(JobView::from).collect();
                output::object(&views);
            } else {
                list(&jobs);
            }
            let total = ledger.job_total(&filter).await?;
            output::shown(jobs.len(), total, "jobs", json);
            Ok(())
        }
        JobsCommand::Show { id } => match ledger.job(&id).await? {
            Some(job) if json => {
                output::object(&JobView::from(&job));
                Ok(())
            }
            Some(job) => {
                output::record(record(&job));
                Ok(())
            }
            None => Err(Failure::Refused(format!("there is no job {id}"))),
        },
    }
}

fn list(jobs: &[ListedJob]) {
    let now = now();
    let columns = ["id", "queue", "state", "run_at", "done_at", "subject"];
    output::table(jobs, &columns, |job| {
        let done_at = job.done_at.map(Timestamp::from_secs);
        vec![
            job.id.clone().into(),
            job.queue.to_string().into(),
            Cell::toned(job.state.to_string(), tone(job.state)),
            age(Timestamp::from_secs(job.run_at), now).into(),
            done_at.map(|at| age(at, now)).unwrap_or_default().into(),
            shortened(&job.subject).into(),
        ]
    });
}

fn tone(state: JobState) -> Tone {
    match state {
        JobState::Done => Tone::Good,
        JobState::Failed | JobState::Killed => Tone::Bad,
        JobState::Pending | JobState::Queued | JobState::Running => Tone::Waiting,
    }
}

fn record(job: &ListedJob) -> Record {
    let now = now();
    let mut record = Record::default();
    record.line(&format!("{}: {}", job.state, job.state.meaning()));
    record.gap();
    record.field("Job", job.id.clone());
    record.field("Queue", job.queue.to_string());
    record.field("Subject", job.subject.clone());
    record.field("Attempts", job.attempts.to_string());
    record.field("Run at", moment(Timestamp::from_secs(job.run_at), now));
    let done_at = job.done_at.map(Timestamp::from_secs);
    record.field("Done at", done_at.map(|at| moment(at, now)));
    record.field("Worker", job.worker.clone());
    record
}
