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
};
use birdcall_ledger::{LedgerResult, history::TextHistory, texts::Text};

use super::or_trouble;
use crate::{
    console::{
        act::{Told, erase},
        blocks::{Action, Block, Facts, Field, Moment},
        cells::{self, Cell},
        named::{self, Named},
        screen::{Place, Screen},
        session::SignedIn,
    },
    state::App,
};

pub(crate) async fn show(
    State(app): State<Arc<App>>,
    operator: SignedIn,
    Named(sid): Named<MessageSid>,
    Query(told): Query<Told>,
) -> Result<Response, Response> {
    let history = named::row(&app, app.ledger.text_history(&sid).await).await?;
    Ok(or_trouble(
        &app,
        page(&app, &operator, &history, told).await,
    ))
}

async fn page(
    app: &App,
    operator: &SignedIn,
    history: &TextHistory,
    told: Told,
) -> LedgerResult<Response> {
    let now = app.now();
    let text = &history.text;
    let reveal = operator.sees(text.sid.as_str());
    let handle = match text.from.phone() {
        Some(phone) => app.ledger.account_of(phone).await?,
        None => None,
    };
    let handle = handle.map(|account| account.x_handle).unwrap_or_default();

    let title = format!("Text {}", &text.sid.as_str()[..10]);
    let mut screen = Screen::new(title, Place::Texts);
    screen.notice = told.notice();
    let screen = screen
        .with(Block::Words(cells::words(&text.body, reveal)))
        .with(Block::Actions(actions(app, operator, text, reveal)))
        .with(Block::Facts(facts(text, &handle, reveal, now)))
        .with(Block::TimeLine(time_line(history, reveal, now)));
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
        let key = app.random.id();
        actions.push(Action {
            fields: vec![Field::long("words", "Words"), Field::hidden("key", &key)],
            ..Action::explained(to("reply"), "Reply", REPLYING)
        });
        actions.push(Action {
            is_grave: true,
            ..Action::explained(to("block"), "Block the number", BLOCKING)
        });
    }
    if text.from.phone().is_some() && operator.role.may(Role::Admin) {
        actions.push(erase::action(to("erase")));
    }
    actions
}

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

/// From the webhook to the delivery report, and what happens next. What was texted is masked.
fn time_line(history: &TextHistory, reveal: bool, now: Timestamp) -> Vec<Moment> {
    let entries = history.time_line(now).into_iter();
    entries
        .map(|entry| {
            let quote = match (entry.quote.as_str(), reveal) {
                ("", _) => None,
                (quote, true) => Some(format!("“{quote}”")),
                (quote, false) => Some(format!("({})", cells::words(quote, false))),
            };
            let detail = Some(entry.detail).filter(|detail| !detail.is_empty());
            let said: Vec<String> = detail.into_iter().chain(quote).collect();
            Moment {
                at: entry
                    .at
                    .map_or_else(|| Cell::text("no time is set"), |at| Cell::moment(at, now)),
                tone: entry.tone.into(),
                words: entry.words,
                detail: said.join(" "),
            }
        })
        .collect()
}
