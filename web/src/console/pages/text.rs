//! One text: what became of it, what happened from the webhook to the delivery receipt, what happens
//! next, and what can be done.

use std::sync::Arc;

use axum::{
    extract::{Query, State},
    response::{IntoResponse, Response},
};
use birdcall_common::link::post_url;
use birdcall_domain::{
    clock::Timestamp,
    operator::Role,
    text::{Kind, MessageSid},
    wording,
};
use birdcall_ledger::{
    LedgerResult,
    queue::{JobFilter, ListedJob},
    replies::Reply,
    texts::{Attempt, Text},
};

use super::or_trouble;
use crate::{
    console::{
        act::Told,
        blocks::{Action, Block, Facts, Field, Moment, Table},
        cells::{self, Cell},
        named::Named,
        screen::{Place, Screen},
        session::SignedIn,
        tone::Tone,
    },
    state::App,
};

/// The jobs of a text that are shown.
const JOBS: i64 = 20;

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Named(sid): Named<MessageSid>,
    Query(told): Query<Told>,
) -> Response {
    let page = match app.ledger.text(&sid).await {
        Ok(Some(text)) => page(&app, &operator, &text, told).await,
        Ok(None) => return crate::routes::not_found::show_not_found(State(app)).await,
        Err(error) => Err(error),
    };
    or_trouble(&app, page)
}

async fn page(app: &App, operator: &SignedIn, text: &Text, told: Told) -> LedgerResult<Response> {
    let now = app.now();
    let sid = &text.sid;
    let reveal = operator.sees(sid.as_str());
    let attempts = app.ledger.attempts(sid).await?;
    let replies = app.ledger.replies_to(sid).await?;
    let of_this = JobFilter {
        subject: Some(sid.to_string()),
        limit: JOBS,
        ..JobFilter::default()
    };
    let jobs = app.ledger.jobs(&of_this).await?;
    let handle = match text.from.phone() {
        Some(phone) => app.ledger.account_of(phone).await?,
        None => None,
    };
    let handle = handle.map(|account| account.x_handle).unwrap_or_default();

    let mut screen = Screen::new(format!("Text {}", &sid.as_str()[..10]), Place::Texts);
    screen.notice = told.notice();
    let screen = screen
        .with(Block::Words(cells::words(&text.body, reveal)))
        .with(Block::Actions(actions(app, operator, text, reveal)))
        .with(Block::Facts(facts(text, &handle, reveal, now)))
        .with(Block::TimeLine(time_line(
            text, &attempts, &replies, reveal, now,
        )))
        .with(Block::Table(jobs_table(&jobs, now)));
    Ok(screen.show(app, operator).into_response())
}

fn actions(app: &App, operator: &SignedIn, text: &Text, reveal: bool) -> Vec<Action> {
    let mut actions = Vec::new();
    if !operator.role.may(Role::Operate) {
        return actions;
    }
    let to = |verb: &str| app.console(&format!("/texts/{}/{verb}", text.sid));
    if !reveal && text.from.phone().is_some() {
        actions.push(Action::simple(to("reveal"), "Reveal number and words"));
    }
    if text.progress.kind == Kind::Post {
        actions.push(Action::explained(
            to("replay"),
            "Replay",
            "The text is run again at once. What may be on X is looked for first, so nothing is posted twice.",
        ));
    }
    if text.progress.kind == Kind::Post && !text.progress.state.is_final() {
        actions.push(Action::explained(
            to("cancel"),
            "Cancel",
            "The text will not be posted, and its sender is told. A text that may be on X cannot be cancelled.",
        ));
        actions.push(Action::explained(
            to("give-up"),
            "Give up",
            "Nobody tries any longer, and its sender is told whether it may be on X.",
        ));
    }
    if text.from.phone().is_some() {
        // Pressed twice, the form texts once.
        let key = app.random.token(KEY_BYTES);
        actions.push(Action {
            fields: vec![Field::long("words", "Words"), Field::hidden("key", &key)],
            ..Action::explained(to("reply"), "Reply", REPLYING)
        });
        actions.push(Action {
            is_grave: true,
            ..Action::explained(to("block"), "Block the number", BLOCKING)
        });
    }
    actions
}

/// How many random bytes name a reply.
const KEY_BYTES: usize = 12;

/// What replying by hand does.
const REPLYING: &str = "Your words are texted to its sender as they are, from the number that was texted. \
    Each 160 characters cost a text. The audit says how long they are, and not what they say.";

/// What blocking a number does.
pub(super) const BLOCKING: &str = "For a stolen phone: X revokes the tokens of this number, what waits is not posted, \
    and nothing from it is posted or answered until it is unblocked.";

fn facts(text: &Text, handle: &str, reveal: bool, now: Timestamp) -> Facts {
    let progress = &text.progress;
    let mut rows = vec![
        ("State", cells::state(progress.state, progress.reason)),
        ("That means", Cell::text(progress.state.meaning())),
    ];
    if let Some(reason) = progress.reason {
        rows.push(("Because", Cell::text(reason.meaning())));
    }
    if let Some(error) = &text.error {
        rows.push(("Error", Cell::text(error)));
    }
    rows.push(("From", cells::party(&text.from, reveal)));
    if !handle.is_empty() {
        rows.push(("X account", Cell::text(format!("@{handle}"))));
    }
    rows.push(("MessageSid", Cell::id(text.sid.as_str())));
    rows.push(("Kind", Cell::text(progress.kind.meaning())));
    if let Some(id) = &text.post_id {
        rows.push(("Post", Cell::id(id).link(post_url(handle, id))));
    }
    if text.num_media > 0 {
        rows.push(("Pictures", Cell::number(text.num_media.into())));
    }
    if text.replays > 0 {
        rows.push(("Replays", Cell::number(text.replays.into())));
    }
    if progress.next_attempt_at.is_some() {
        rows.push(("Given up", Cell::moment(progress.deadline_at, now)));
    }
    Facts {
        title: "What it is",
        rows,
    }
}

/// From the webhook to the delivery receipt, and what happens next.
fn time_line(
    text: &Text,
    attempts: &[Attempt],
    replies: &[Reply],
    reveal: bool,
    now: Timestamp,
) -> Vec<Moment> {
    let progress = &text.progress;
    let mut moments = vec![moment(progress.received_at, Tone::Plain, "Received", "")];
    for attempt in attempts {
        moments.push(of_attempt(attempt));
    }
    if let Some(at) = text.published_at {
        moments.push(moment(at, Tone::Good, "Posted on X", ""));
    }
    if let Some(at) = text.undone_at {
        moments.push(moment(at, Tone::Quiet, "Deleted from X by its owner", ""));
    }
    for reply in replies {
        let words = match (&reply.to, reveal) {
            (None, _) => String::new(),
            (Some(_), true) => reply.body.clone(),
            (Some(_), false) => cells::words(&reply.body, false),
        };
        moments.push(moment(
            reply.sent_at.unwrap_or(reply.created_at),
            cells::tone_of_reply(reply.progress.state),
            &format!("Reply ({}): {}", reply.purpose, told_of(reply)),
            &words,
        ));
    }
    if let Some(at) = progress
        .next_attempt_at
        .filter(|_| !progress.state.is_final())
    {
        let words = match at <= now {
            true => "A worker looks at it next",
            false => "It is tried again",
        };
        moments.push(moment(at.max(now), Tone::Waiting, words, ""));
    }
    moments.sort_by_key(|(at, _)| *at);
    let shown = moments.into_iter();
    shown
        .map(|(at, moment)| Moment {
            at: Cell::moment(at, now),
            ..moment
        })
        .collect()
}

fn of_attempt(attempt: &Attempt) -> (Timestamp, Moment) {
    let outcome = attempt.outcome.as_deref();
    let tone = match outcome {
        Some("published") => Tone::Good,
        Some(_) => Tone::Bad,
        None => Tone::Waiting,
    };
    let outcome = outcome.unwrap_or("no outcome: it is under way, or its worker died");
    let took = attempt.ended_at.map(|ended| {
        let took = wording::length(ended.since(attempt.started_at));
        format!(", after {took}")
    });
    moment(
        attempt.started_at,
        tone,
        &format!(
            "Attempt {}: {outcome}{}",
            attempt.number,
            took.unwrap_or_default()
        ),
        attempt.error.as_deref().unwrap_or_default(),
    )
}

fn told_of(reply: &Reply) -> String {
    let mut told = reply.progress.state.to_string();
    if let Some(delivery) = &reply.delivery {
        told.push_str(&format!(", Twilio says {delivery}"));
    }
    if let Some(code) = reply.error_code {
        told.push_str(&format!(" (Twilio's error {code})"));
    }
    if let Some(error) = &reply.error {
        told.push_str(&format!(", {error}"));
    }
    told
}

fn moment(at: Timestamp, tone: Tone, words: &str, detail: &str) -> (Timestamp, Moment) {
    let moment = Moment {
        at: Cell::default(),
        tone,
        words: words.to_owned(),
        detail: detail.to_owned(),
    };
    (at, moment)
}

fn jobs_table(jobs: &[ListedJob], now: Timestamp) -> Table {
    Table {
        caption: "Jobs",
        columns: vec!["Job", "Queue", "State", "Runs", "Not before"],
        rows: jobs
            .iter()
            .map(|job| super::jobs::row_of_text(job, now))
            .collect(),
        empty: "No job is left. Finished jobs are removed after a while.",
        ..Table::default()
    }
}
