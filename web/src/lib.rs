//! Birdcall's web process. It accepts Twilio's webhooks, lets people sign in, and serves health and
//! metrics.

mod cookies;
mod error;
mod pages;
mod routes;
mod same_origin;
mod schema;
mod service;
mod sign_in;
mod signed;
mod state;

use std::{sync::Arc, time::Duration};

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, StatusCode, header},
    routing::{get, post},
};
use birdcall_common::{
    config::Config,
    start::{self, RunError},
};
pub use state::App;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::{set_header::SetResponseHeaderLayer, timeout::TimeoutLayer};

/// After this time, a request is answered 503. Twilio waits 15 seconds for an answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(14);

/// Every route, with the limits and the headers that all of them have in common.
pub fn router(app: Arc<App>) -> Router {
    let routes = Router::new()
        // A segment of the prefix may begin with a colon or an asterisk.
        .without_v07_checks()
        .route("/twilio/message", post(routes::message::take_message))
        .route("/twilio/status", post(routes::status::take_status))
        .route("/auth", get(routes::auth_page::show_link))
        .route("/auth/", get(routes::auth_page::show_link))
        .route("/auth/start", post(routes::auth_start::start_sign_in))
        .route("/auth/start", get(routes::auth_start::show_only_a_button))
        .route("/auth/callback", get(routes::auth_callback::finish_sign_in))
        .route("/auth/confirm", post(routes::auth_confirm::confirm_sign_in))
        .route("/auth/confirm", get(routes::auth_start::show_only_a_button))
        .route("/healthz", get(routes::health::alive))
        .route("/readyz", get(routes::health::ready))
        .route("/metrics", get(routes::metrics::show_metrics))
        .method_not_allowed_fallback(routes::not_found::show_wrong_method);
    // A proxy may pass the path prefix of PUBLIC_URL on, or remove it.
    let prefix = app.config.public_url.prefix().to_owned();
    let prefixed = if prefix.is_empty() {
        routes
    } else {
        // A segment of the prefix may begin with a colon or an asterisk.
        let nested = Router::new()
            .without_v07_checks()
            .nest(&prefix, routes.clone());
        routes.merge(nested)
    };
    let csp = service::content_security_policy(&app.config.x.authorize_url);
    let headers = [
        (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        (
            header::REFERRER_POLICY,
            HeaderValue::from_static("no-referrer"),
        ),
        (
            header::X_CONTENT_TYPE_OPTIONS,
            HeaderValue::from_static("nosniff"),
        ),
        (header::CONTENT_SECURITY_POLICY, csp),
    ];
    let limited = prefixed
        .fallback(routes::not_found::show_not_found)
        .layer(DefaultBodyLimit::max(app.config.limits.body_bytes_max))
        .layer(TimeoutLayer::with_status_code(
            StatusCode::SERVICE_UNAVAILABLE,
            REQUEST_TIMEOUT,
        ))
        .with_state(app);
    headers.into_iter().fold(limited, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::if_not_present(name, value))
    })
}

/// Brings the schema up to date and serves until `shutdown`. Requests that are open then are
/// finished first.
///
/// # Errors
///
/// See [`RunError`]: web cannot start, cannot use the schema, or cannot go on serving. If the database
/// becomes unavailable while web runs, requests are answered 503 until it is back.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), RunError> {
    let ledger = start::open_ledger(&config.database).await?;
    let listener = start::listen("web", "LISTEN_ADDR", config.listen_addr).await?;
    let app = App::new(config, ledger);
    let served = serve(Arc::clone(&app), listener, shutdown);
    let outcome = tokio::select! {
        served = served => served,
        Err(error) = schema::bring_up_to_date(&app.ledger) => Err(error.into()),
    };
    app.ledger.close().await;
    outcome
}

/// Serves `app` until `shutdown`, and then until the open requests are finished, but not longer than
/// `SHUTDOWN_TIMEOUT`.
///
/// # Errors
///
/// See [`RunError::Serve`].
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    let time_to_finish = app.config.limits.shutdown_timeout;
    let stopping = shutdown.clone();
    let served = axum::serve(listener, router(app))
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .into_future();
    tokio::select! {
        served = served => served.map_err(RunError::Serve),
        () = async { stopping.cancelled().await; tokio::time::sleep(time_to_finish).await } => {
            tracing::warn!("some requests were still open at SHUTDOWN_TIMEOUT");
            Ok(())
        }
    }
}
