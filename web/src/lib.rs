//! Birdcall's web process. It accepts Twilio's webhooks, lets people sign in, and serves health and
//! metrics.

mod console;
mod cookies;
mod counted;
mod door;
mod error;
mod gauges;
mod pages;
mod routes;
mod same_origin;
mod schema;
mod service;
mod sign_in;
mod signed;
mod state;

use std::sync::Arc;

use axum::{
    Router,
    extract::DefaultBodyLimit,
    http::{HeaderValue, StatusCode, header},
    middleware::{from_fn, from_fn_with_state},
    routing::{get, post},
};
use birdcall_common::{
    config::Config,
    server::{self, show_metrics},
    start::{self, RunError},
};
pub use state::App;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use tower_http::{set_header::SetResponseHeaderLayer, timeout::TimeoutLayer};

/// Every route of `LISTEN_ADDR`. The console is among them if it has no address of its own.
pub fn router(app: Arc<App>) -> Router {
    let routes = Router::new()
        // A segment of the prefix may begin with a colon or an asterisk.
        .without_v07_checks()
        .route(
            "/twilio/message",
            post(routes::message::take_message).layer(from_fn(door::measure_message)),
        )
        .route(
            "/twilio/status",
            post(routes::status::take_status).layer(from_fn(door::measure_status)),
        )
        .route("/auth", get(routes::auth_page::show_link))
        .route("/auth/", get(routes::auth_page::show_link))
        .route("/auth/start", post(routes::auth_start::start_sign_in))
        .route("/auth/start", get(routes::auth_start::show_only_a_button))
        .route("/auth/callback", get(routes::auth_callback::finish_sign_in))
        .route("/auth/confirm", post(routes::auth_confirm::confirm_sign_in))
        .route("/auth/confirm", get(routes::auth_start::show_only_a_button))
        .route_layer(from_fn_with_state(Arc::clone(&app), schema::wait))
        .route("/healthz", get(routes::health::alive))
        .route("/healthz/door", get(routes::health::door))
        .route("/healthz/work", get(routes::health::work))
        .route("/readyz", get(routes::health::ready));
    let routes = match app.config.console.listen {
        Some(_) => routes,
        None => routes.merge(console::routes(&app)),
    };
    let prefix = app.config.public_url.prefix().to_owned();
    finished(app, routes, &prefix)
}

/// What is served on `CONSOLE_LISTEN_ADDR`.
fn console_router(app: Arc<App>) -> Router {
    let routes = console::all_there_is(&app);
    let prefix = app.console_url.prefix().to_owned();
    finished(app, routes, &prefix)
}

/// Routes with the prefix of their address, and with the limits and the headers that all have in common.
fn finished(app: Arc<App>, routes: Router<Arc<App>>, prefix: &str) -> Router {
    let routes = routes.method_not_allowed_fallback(routes::not_found::show_wrong_method);
    // A proxy may pass the path prefix on, or remove it.
    let prefixed = if prefix.is_empty() {
        routes
    } else {
        // A segment of the prefix may begin with a colon or an asterisk.
        let nested = Router::new()
            .without_v07_checks()
            .nest(prefix, routes.clone());
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
            app.config.limits.answer_timeout,
        ))
        .with_state(app);
    headers.into_iter().fold(limited, |router, (name, value)| {
        router.layer(SetResponseHeaderLayer::if_not_present(name, value))
    })
}

/// What the operator's monitoring asks for, at an address of its own.
fn metrics_router() -> Router {
    Router::new().route("/metrics", get(show_metrics))
}

/// The addresses of web, taken.
#[derive(Debug)]
pub struct Listeners {
    /// `LISTEN_ADDR`, for Twilio and browsers.
    pub public: TcpListener,
    /// `METRICS_LISTEN_ADDR`.
    pub metrics: TcpListener,
    /// `CONSOLE_LISTEN_ADDR`, if the console has an address of its own.
    pub console: Option<TcpListener>,
}

impl Listeners {
    /// Takes the addresses of the settings.
    ///
    /// # Errors
    ///
    /// See [`RunError::Listen`].
    pub async fn bind(config: &Config) -> Result<Self, RunError> {
        let public = start::listen("web", "LISTEN_ADDR", config.listen_addr).await?;
        let address = config.metrics_listen_addr;
        let metrics = start::listen("web (metrics)", "METRICS_LISTEN_ADDR", address).await?;
        let console = match config.console.listen {
            Some(address) => {
                let name = "CONSOLE_LISTEN_ADDR";
                Some(start::listen("web (console)", name, address).await?)
            }
            None => None,
        };
        Ok(Self {
            public,
            metrics,
            console,
        })
    }
}

/// Opens the ledger, takes the addresses and serves until `shutdown`.
///
/// # Errors
///
/// See [`RunError`]: web cannot start, or cannot use the schema.
pub async fn run(config: Config, shutdown: CancellationToken) -> Result<(), RunError> {
    let ledger = start::open_ledger(&config.database).await?;
    let listeners = Listeners::bind(&config).await?;
    serve(App::new(config, ledger), listeners, shutdown).await
}

/// Brings the schema up to date and serves `app` until `shutdown`. Then it finishes the requests that
/// are under way and closes the ledger, which may take as long as `SHUTDOWN_TIMEOUT`.
///
/// # Errors
///
/// See [`RunError::Schema`]. If the database becomes unavailable, requests are answered 503 until it is
/// back.
pub async fn serve(
    app: Arc<App>,
    listeners: Listeners,
    shutdown: CancellationToken,
) -> Result<(), RunError> {
    let over = start::time_to_finish(&shutdown, app.config.limits.shutdown_timeout);
    let limits = app.config.limits.connections;
    let console = async {
        if let Some(listener) = listeners.console {
            let router = console_router(Arc::clone(&app));
            server::serve(listener, router, limits.internal(), &shutdown).await;
        }
    };
    let served = async {
        tokio::join!(
            console,
            server::serve(
                listeners.public,
                router(Arc::clone(&app)),
                limits,
                &shutdown
            ),
            server::serve(
                listeners.metrics,
                metrics_router(),
                limits.internal(),
                &shutdown
            ),
        );
        app.door.close().await;
        app.ledger.close().await;
    };
    tokio::select! {
        () = served => Ok(()),
        Err(error) = schema::bring_up_to_date(&app) => Err(error.into()),
        never = gauges::keep_sampling(&app) => match never {},
        () = over.cancelled() => {
            tracing::warn!("some requests were still open at SHUTDOWN_TIMEOUT");
            Ok(())
        }
    }
}
