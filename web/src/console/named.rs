//! What the address of a page or an action is about.

use std::sync::Arc;

use axum::{
    extract::{FromRequestParts, Path, State},
    http::request::Parts,
    response::Response,
};
use birdcall_domain::{queue::Queue, text::MessageSid};
use birdcall_ledger::LedgerResult;

use crate::{routes::not_found::show_not_found, state::App};

/// What the address names. An address that names nothing is answered as one that does not exist.
pub(crate) struct Named<T>(pub(crate) T);

/// Something that an address can name.
pub(crate) trait Name: Sized {
    fn read(word: &str) -> Option<Self>;
}

impl Name for MessageSid {
    fn read(word: &str) -> Option<Self> {
        word.parse().ok()
    }
}

/// A queue that an operator may pause.
impl Name for Queue {
    fn read(word: &str) -> Option<Self> {
        Self::parse(word).filter(|queue| Self::PAUSABLE.contains(queue))
    }
}

/// The row that an address names. Otherwise the answer: there is none, or the ledger cannot be read.
pub(super) async fn row<T>(app: &Arc<App>, row: LedgerResult<Option<T>>) -> Result<T, Response> {
    match row {
        Ok(Some(row)) => Ok(row),
        Ok(None) => Err(show_not_found(State(Arc::clone(app))).await),
        Err(error) => {
            tracing::error!(%error, "a page of the console could not be made");
            Err(app.trouble())
        }
    }
}

impl<T: Name> FromRequestParts<Arc<App>> for Named<T> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, app: &Arc<App>) -> Result<Self, Response> {
        let word = Path::<String>::from_request_parts(parts, app).await;
        if let Some(named) = word.ok().and_then(|Path(word)| T::read(&word)) {
            return Ok(Self(named));
        }
        Err(show_not_found(State(Arc::clone(app))).await)
    }
}
