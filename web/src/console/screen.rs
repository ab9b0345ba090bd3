//! A page of the console, and how it becomes HTML.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{Html, IntoResponse, Response},
};

use super::{
    blocks::{Block, Notice},
    session::SignedIn,
};
use crate::state::App;

/// A page of the console.
pub(super) struct Screen {
    pub(super) title: String,
    /// The entry of the menu that it belongs to.
    pub(super) place: Place,
    /// What became of the last action.
    pub(super) notice: Option<Notice>,
    pub(super) blocks: Vec<Block>,
}

/// The menu.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Overview,
    Texts,
    Replies,
    Replays,
    Jobs,
    Workers,
    Accounts,
    People,
    Spend,
    Audit,
    Operators,
}

impl Place {
    const ALL: &'static [Self] = &[
        Self::Overview,
        Self::Texts,
        Self::Replies,
        Self::Replays,
        Self::Jobs,
        Self::Workers,
        Self::Accounts,
        Self::People,
        Self::Spend,
        Self::Audit,
        Self::Operators,
    ];

    fn words(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Texts => "Texts",
            Self::Replies => "Replies",
            Self::Replays => "Replays",
            Self::Jobs => "Jobs",
            Self::Workers => "Workers",
            Self::Accounts => "Accounts",
            Self::People => "People",
            Self::Spend => "Spend",
            Self::Audit => "Audit",
            Self::Operators => "Operators",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Overview => "",
            Self::Texts => "/texts",
            Self::Replays => "/replays",
            Self::Replies => "/replies",
            Self::Jobs => "/jobs",
            Self::Workers => "/workers",
            Self::Accounts => "/accounts",
            Self::People => "/people",
            Self::Spend => "/spend",
            Self::Audit => "/audit",
            Self::Operators => "/operators",
        }
    }
}

struct Entry {
    href: String,
    words: &'static str,
    is_here: bool,
}

#[derive(Template)]
#[template(path = "console/screen.html")]
struct Shown<'a> {
    screen: &'a Screen,
    menu: Vec<Entry>,
    base: String,
    operator: &'a SignedIn,
}

impl Screen {
    pub(super) fn new(title: impl Into<String>, place: Place) -> Self {
        Self {
            title: title.into(),
            place,
            notice: None,
            blocks: Vec::new(),
        }
    }

    pub(super) fn with(mut self, block: Block) -> Self {
        self.blocks.push(block);
        self
    }

    pub(super) fn show(&self, app: &App, operator: &SignedIn) -> Response {
        let menu = Place::ALL.iter().map(|place| Entry {
            href: app.console(place.path()),
            words: place.words(),
            is_here: *place == self.place,
        });
        respond(
            Shown {
                screen: self,
                menu: menu.collect(),
                base: app.console(""),
                operator,
            },
            StatusCode::OK,
        )
    }
}

/// The page to sign in on.
pub(super) struct SignIn {
    next: String,
    problem: Option<String>,
}

impl SignIn {
    pub(super) fn new(next: String) -> Self {
        let problem = None;
        Self { next, problem }
    }

    pub(super) fn because(self, problem: String) -> Self {
        let problem = Some(problem);
        Self { problem, ..self }
    }
}

#[derive(Template)]
#[template(path = "console/sign_in.html")]
struct ShownSignIn {
    page: SignIn,
    base: String,
}

pub(super) fn sign_in(app: &App, page: SignIn, status: StatusCode) -> Response {
    let base = app.console("");
    respond(ShownSignIn { page, base }, status)
}

fn respond(page: impl Template, status: StatusCode) -> Response {
    match page.render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page of the console could not be rendered");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        }
    }
}
