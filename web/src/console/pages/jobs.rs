//! The queues and their jobs.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    response::Response,
};
use birdcall_domain::{
    clock::Timestamp,
    operator::Role,
    queue::{JobState, Queue},
};
use birdcall_ledger::{
    LedgerResult,
    pauses::PausedQueue,
    queue::{JobFilter, ListedJob, PROBE},
};
use serde::Deserialize;
use url::form_urlencoded;

use super::{ROWS, any_of, cut_to, last_of_full, or_trouble};
use crate::{
    console::{
        act::Told,
        blocks::{Action, Block, Field, Filter, Table},
        cells::Cell,
        screen::{Place, Screen},
        session::SignedIn,
        tone::Tone,
    },
    state::App,
};

/// How many characters of a long id are shown.
const SHOWN: usize = 10;

/// What is looked for, as the address says it.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(crate) struct Looked {
    queue: String,
    state: String,
    subject: String,
    older: String,
    done: String,
}

pub(crate) async fn list(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Query(looked): Query<Looked>,
) -> Response {
    or_trouble(&app, page(&app, &operator, &looked).await)
}

async fn page(app: &App, operator: &SignedIn, looked: &Looked) -> LedgerResult<Response> {
    let now = app.now();
    let pauses = app.ledger.pauses().await?;
    let levels = app.ledger.queue_levels(now).await?;
    let paused = |queue: Queue| pauses.iter().find(|pause| pause.queue == queue);
    let queues = levels.iter().map(|level| {
        let pause = paused(level.queue);
        vec![
            Cell::text(level.queue.as_str()),
            Cell::number(level.ready),
            Cell::number(level.delayed),
            Cell::number(level.held),
            pause.map_or_else(
                || Cell::text("no"),
                |pause| Cell::text(pause.told(now)).toned(Tone::Bad),
            ),
        ]
    });
    let queues = Table {
        caption: "Queues",
        columns: vec!["Queue", "Ready", "Delayed", "Held", "Paused"],
        rows: queues.collect(),
        empty: "",
        ..Table::default()
    };
    let filter = JobFilter {
        queue: Queue::parse(&looked.queue),
        state: JobState::parse(&looked.state),
        subject: Some(looked.subject.trim().to_owned()).filter(|subject| !subject.is_empty()),
        limit: ROWS,
        ..JobFilter::default()
    };
    let total = app.ledger.job_total(&filter).await?;
    let before = Some(looked.older.clone()).filter(|older| !older.is_empty());
    let jobs = app.ledger.jobs(&JobFilter { before, ..filter }).await?;
    let table = Table {
        caption: "Jobs",
        columns: vec![
            "Job",
            "Queue",
            "State",
            "Row",
            "Runs",
            "Not before",
            "Worker",
        ],
        rows: jobs.iter().map(|job| row(app, job, now)).collect(),
        empty: "No job meets this.",
        note: cut_to(jobs.len(), total, "jobs"),
        more: more(app, looked, &jobs),
        ..Table::default()
    };
    let mut screen = Screen::new("Jobs", Place::Jobs);
    screen.notice = Told::new(&looked.done).notice();
    let mut screen = screen.with(Block::Table(queues));
    if operator.role.may(Role::Operate) {
        let actions = Queue::PAUSABLE
            .iter()
            .map(|queue| action(app, *queue, paused(*queue)));
        screen = screen.with(Block::Actions(actions.collect()));
    }
    let screen = screen
        .with(Block::Filter(form(app, looked)))
        .with(Block::Table(table));
    Ok(screen.show(app, operator))
}

/// The address of the next page, if this one is full.
fn more(app: &App, looked: &Looked, jobs: &[ListedJob]) -> Option<String> {
    let last = last_of_full(jobs)?;
    let query = form_urlencoded::Serializer::new(String::new())
        .append_pair("queue", &looked.queue)
        .append_pair("state", &looked.state)
        .append_pair("subject", &looked.subject)
        .append_pair("older", &last.id)
        .finish();
    Some(app.console(&format!("/jobs?{query}")))
}

fn action(app: &App, queue: Queue, pause: Option<&PausedQueue>) -> Action {
    let to = |verb: &str| app.console(&format!("/queues/{queue}/{verb}"));
    match pause {
        Some(_) => Action::explained(
            to("resume"),
            format!("Resume {queue}"),
            "What waits for the end of this pause goes on at once.",
        ),
        None => Action::explained(
            to("pause"),
            format!("Pause {queue}"),
            "Its jobs wait, without a time limit, until somebody resumes it. Senders are not told.",
        ),
    }
}

fn form(app: &App, looked: &Looked) -> Filter {
    let queues = Queue::ALL.iter().map(|queue| queue.as_str());
    let states = JobState::ALL.iter().map(|state| state.as_str());
    Filter {
        action: app.console("/jobs"),
        fields: vec![
            Field::choice("queue", "Queue", &looked.queue, any_of(queues)),
            Field::choice("state", "State", &looked.state, any_of(states)),
            Field::text("subject", "Row", &looked.subject).hint("MessageSid or id of a reply"),
        ],
    }
}

/// The page of a job's row, if it has one.
fn page_of(queue: Queue, subject: &str) -> Option<String> {
    if subject == PROBE {
        return None;
    }
    match queue {
        Queue::Tweet | Queue::Command | Queue::Reauth => Some(format!("/texts/{subject}")),
        Queue::Reply => Some(format!("/replies/{subject}")),
        Queue::Replay => Some(format!("/replays/{subject}")),
        Queue::Refresh => Some(format!("/accounts/{subject}")),
        Queue::Revoke => None,
    }
}

/// The id of a row with its middle left out, so that the table fits: `SM810f1b13…`, `SM810f1b13…:final`.
fn shortened(subject: &str) -> String {
    let (id, purpose) = match subject.split_once(':') {
        Some((id, purpose)) if id.len() > purpose.len() => (id, format!(":{purpose}")),
        _ => (subject, String::new()),
    };
    match id.char_indices().nth(SHOWN) {
        Some((end, _)) if id.chars().count() > SHOWN + 8 => format!("{}…{purpose}", &id[..end]),
        _ => subject.to_owned(),
    }
}

fn row(app: &App, job: &ListedJob, now: Timestamp) -> Vec<Cell> {
    let subject = Cell::id(shortened(&job.subject));
    let subject = match page_of(job.queue, &job.subject) {
        Some(page) => subject.link(app.console(&page)),
        None => subject,
    };
    let mut cells = row_of_text(job, now);
    cells.insert(3, subject);
    cells.push(Cell::id(job.worker.clone().unwrap_or_default()));
    cells
}

/// A job without its row, for the page of that row.
pub(super) fn row_of_text(job: &ListedJob, now: Timestamp) -> Vec<Cell> {
    let tone = match job.state {
        JobState::Done => Tone::Good,
        JobState::Failed | JobState::Killed => Tone::Bad,
        JobState::Pending | JobState::Queued | JobState::Running => Tone::Waiting,
    };
    vec![
        Cell::id(&job.id),
        Cell::text(job.queue.as_str()),
        Cell::text(job.state.as_str()).toned(tone),
        Cell::number(job.attempts.into()),
        Cell::age(Timestamp(job.run_at.saturating_mul(1000)), now),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_job_leads_to_the_page_of_its_row_and_a_probe_to_none() {
        for (queue, subject, page) in [
            (Queue::Tweet, "SM1", Some("/texts/SM1")),
            (Queue::Reply, "SM1:final", Some("/replies/SM1:final")),
            (Queue::Replay, "run", Some("/replays/run")),
            (Queue::Refresh, "id", Some("/accounts/id")),
            (Queue::Revoke, "id", None),
            (Queue::Tweet, PROBE, None),
            (Queue::Replay, PROBE, None),
        ] {
            assert_eq!(page_of(queue, subject).as_deref(), page, "{subject}");
        }
    }

    #[test]
    fn a_long_id_is_shortened_and_its_purpose_is_kept() {
        for (subject, shown) in [
            ("SM810f1b13dfc9da01792cab08b560f849", "SM810f1b13…"),
            (
                "SM810f1b13dfc9da01792cab08b560f849:final",
                "SM810f1b13…:final",
            ),
            (
                "sign_in:49ba6d235f44a47bad4aee96ccc17f66aae80dc3c7977bf92be4a92b2c3cfece",
                "sign_in:49…",
            ),
            ("3g9_avao_bbAUuAQ", "3g9_avao_bbAUuAQ"),
            ("probe", "probe"),
        ] {
            assert_eq!(shortened(subject), shown);
        }
    }
}
