//! Birdcall's web process: takes Twilio's webhooks, signs people in, says how it is.

mod error;
mod pages;
mod routes;
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
use birdcall_ledger::{
    Ledger,
    schema::{SchemaError, SchemaState},
};
pub use state::App;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::{set_header::SetResponseHeaderLayer, timeout::TimeoutLayer};

/// Twilio waits 15 seconds for an answer; no request may take longer than this.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(14);
/// How long the database is waited for between two tries to bring the schema up.
const MIGRATE_AGAIN: Duration = Duration::from_secs(1);

/// Every route.
pub fn router(app: Arc<App>) -> Router {
    let routes = Router::new()
        .route("/twilio/message", post(routes::message::receive))
        .route("/twilio/status", post(routes::status::receive))
        .route("/auth", get(routes::auth_page::show))
        .route("/auth/", get(routes::auth_page::show))
        .route("/auth/start", post(routes::auth_start::start))
        .route("/auth/callback", get(routes::auth_callback::receive))
        .route("/healthz", get(routes::health::alive))
        .route("/readyz", get(routes::health::ready))
        .route("/metrics", get(routes::metrics::show));
    // A proxy may pass PUBLIC_URL's prefix on or strip it.
    let prefix = app.config.public_url.prefix().to_owned();
    let prefixed = if prefix.is_empty() {
        routes
    } else {
        routes.clone().merge(Router::new().nest(&prefix, routes))
    };
    let csp = pages::content_security_policy(&app.config.x.authorize_url);
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
        .fallback(routes::not_found)
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

/// Brings the schema up and serves until `shutdown`, then finishes the requests in hand.
///
/// # Errors
///
/// It can't start, or the schema is not one that this program knows. Once it runs, trouble with
/// the database is answered 503 and waited out.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), RunError> {
    let ledger = start::open_ledger(&config.database).await?;
    let listener = start::listen("web", "LISTEN_ADDR", config.listen_addr).await?;
    let app = App::new(config, ledger);
    let served = serve(Arc::clone(&app), listener, shutdown.clone());
    let outcome = tokio::select! {
        served = served => served,
        Err(error) = migrate(&app.ledger, &shutdown) => Err(error.into()),
    };
    app.ledger.close().await;
    outcome
}

/// Serves `app` until `shutdown`.
///
/// # Errors
///
/// The listener fails.
pub async fn serve(
    app: Arc<App>,
    listener: TcpListener,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    let patience = app.config.limits.shutdown_timeout;
    let stopping = shutdown.clone();
    let served = axum::serve(listener, router(app))
        .with_graceful_shutdown(shutdown.cancelled_owned())
        .into_future();
    tokio::select! {
        served = served => served.map_err(RunError::Serve),
        () = async { stopping.cancelled().await; tokio::time::sleep(patience).await } => {
            tracing::warn!("some requests were still open at SHUTDOWN_TIMEOUT");
            Ok(())
        }
    }
}

/// Brings the schema up, however long the database takes, and then waits for ever: it ends only
/// when there is no point in going on.
async fn migrate(
    ledger: &Ledger,
    shutdown: &CancellationToken,
) -> Result<std::convert::Infallible, SchemaError> {
    loop {
        match bring_up(ledger).await {
            Ok(()) => {
                shutdown.cancelled().await;
                std::future::pending::<()>().await;
            }
            Err(SchemaError::Unavailable(error)) => {
                tracing::warn!(%error, "the schema waits for the database");
                tokio::time::sleep(MIGRATE_AGAIN).await;
            }
            Err(error) => return Err(error),
        }
    }
}

async fn bring_up(ledger: &Ledger) -> Result<(), SchemaError> {
    // Asked first: a newer Birdcall's schema must be refused, not migrated.
    match ledger.schema_state().await? {
        SchemaState::Current => Ok(()),
        SchemaState::Behind => ledger.migrate().await,
    }
}
