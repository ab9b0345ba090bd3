//! Downloading the audit.

use std::sync::Arc;

use axum::{
    Form,
    body::Body,
    extract::{Query, State},
    http::header,
    response::{IntoResponse, Response},
};
use birdcall_domain::csv;
use birdcall_ledger::{
    LedgerResult,
    audit_list::{DeedFilter, DeedPlace, ENTRIES_AT_ONCE, EXPORTED_COLUMNS},
};
use futures_util::stream;

use super::Why;
use crate::{
    console::{pages::audit::Looked, session::Administers},
    state::App,
};

/// How far a download has come.
enum Progress {
    Head,
    After(Option<DeedPlace>),
    Over,
}

pub(crate) async fn audit(
    State(app): State<Arc<App>>,
    Administers(operator): Administers,
    Query(looked): Query<Looked>,
    Form(why): Form<Why>,
) -> Response {
    let (filter, now) = (looked.filter(app.now()), app.now());
    let by = operator.by(&why.reason);
    if let Err(error) = app.ledger.begin_export(&filter, by, now).await {
        tracing::error!(%error, "the audit could not be downloaded");
        return app.trouble();
    }
    let name = format!(
        "attachment; filename=\"birdcall-audit-{}.csv\"",
        now.utc_day()
    );
    // An error ends the connection, so that nobody takes a part for the whole.
    let lines = stream::unfold(Progress::Head, move |progress| {
        let (app, filter) = (Arc::clone(&app), filter.clone());
        async move {
            match next_lines(&app, &filter, progress).await {
                Ok(next) => next.map(|(lines, progress)| (Ok(lines), progress)),
                Err(error) => Some((Err(error), Progress::Over)),
            }
        }
    });
    let headers = [
        (header::CONTENT_TYPE, "text/csv; charset=utf-8".to_owned()),
        (header::CONTENT_DISPOSITION, name),
        (header::CACHE_CONTROL, "no-store".to_owned()),
    ];
    (headers, Body::from_stream(lines)).into_response()
}

async fn next_lines(
    app: &App,
    filter: &DeedFilter,
    progress: Progress,
) -> LedgerResult<Option<(String, Progress)>> {
    let after = match progress {
        Progress::Head => {
            return Ok(Some((csv::line(&EXPORTED_COLUMNS), Progress::After(None))));
        }
        Progress::After(after) => after,
        Progress::Over => return Ok(None),
    };
    let some = app
        .ledger
        .deeds_of(filter, after.as_ref(), ENTRIES_AT_ONCE)
        .await?;
    let lines = some
        .iter()
        .map(|entry| csv::line(&entry.cells(&entry.at.to_rfc3339())));
    let lines: String = lines.collect();
    Ok(some
        .last()
        .map(|last| (lines, Progress::After(Some(last.place())))))
}
