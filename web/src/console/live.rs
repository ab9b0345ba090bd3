//! The stream that tells an open page to look again.

use std::{convert::Infallible, sync::Arc, time::Duration};

use axum::{
    extract::State,
    http::StatusCode,
    response::{
        IntoResponse, Response,
        sse::{Event, KeepAlive, Sse},
    },
};
use futures_util::stream;

use super::session::SignedIn;
use crate::state::App;

/// The time between two looks. A page is small, and an operator has few of them open.
const LOOK: Duration = Duration::from_secs(5);
/// A stream ends after this many looks. The browser opens it again, if its session is not over.
const LOOKS: u32 = 60;

pub(super) async fn stream(State(app): State<Arc<App>>, _operator: SignedIn) -> Response {
    // Streams hold connections, and webhooks need some too.
    let Ok(permit) = Arc::clone(&app.live_streams).try_acquire_owned() else {
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let looks = stream::unfold((permit, 0), |(permit, looked)| async move {
        if looked == LOOKS {
            return None;
        }
        tokio::time::sleep(LOOK).await;
        // Browsers drop an event without data.
        let event = Event::default().event("changed").data("look");
        Some((Ok::<_, Infallible>(event), (permit, looked + 1)))
    });
    Sse::new(looks)
        .keep_alive(KeepAlive::default())
        .into_response()
}
