//! The operator's console, below `/admin`. It works without scripts; one small script keeps a page up to
//! date. Without an operator there is no console.

mod act;
mod asked;
mod assets;
mod blocks;
mod cells;
mod chart;
mod live;
mod named;
mod pages;
mod screen;
mod session;
mod sign_in;
mod tone;

use std::sync::Arc;

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderValue, StatusCode, header},
    middleware::{Next, from_fn, from_fn_with_state},
    response::{Redirect, Response},
    routing::{get, post},
};

use crate::{same_origin::comes_from_our_pages, schema, state::App};

/// The pages may take styles and scripts from here only, and nothing inline.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    connect-src 'self'; img-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'";

/// The path below the prefix of the console's address.
const PATH: &str = "/admin";

/// Every route of the console.
pub(crate) fn routes(app: &Arc<App>) -> Router<Arc<App>> {
    Router::new()
        // A segment of the prefix may begin with a colon or an asterisk.
        .without_v07_checks()
        .route("/admin", get(pages::overview::show))
        .route("/admin/", get(pages::overview::show))
        .route("/admin/texts", get(pages::texts::list))
        .route("/admin/texts/{sid}", get(pages::text::show))
        .route("/admin/texts/{sid}/reveal", post(act::reveal_text))
        .route("/admin/texts/{sid}/replay", post(act::replay))
        .route("/admin/texts/{sid}/cancel", post(act::endings::cancel))
        .route("/admin/texts/{sid}/give-up", post(act::endings::give_up))
        .route("/admin/texts/{sid}/reply", post(act::reply::send))
        .route("/admin/texts/{sid}/block", post(act::numbers::block_sender))
        .route("/admin/replays", get(pages::replays::list))
        .route("/admin/replays/plan", get(pages::plan::show))
        .route("/admin/replays/begin", post(act::replays::begin))
        .route("/admin/replays/{id}", get(pages::replay::show))
        .route("/admin/replays/{id}/stop", post(act::replays::stop))
        .route("/admin/replies", get(pages::replies::list))
        .route("/admin/replies/{id}", get(pages::replies::show))
        .route("/admin/workers", get(pages::workers::list))
        .route("/admin/jobs", get(pages::jobs::list))
        .route("/admin/queues/{queue}/pause", post(act::pause))
        .route("/admin/queues/{queue}/resume", post(act::resume))
        .route("/admin/accounts", get(pages::accounts::list))
        .route("/admin/accounts/{id}", get(pages::accounts::show))
        .route("/admin/accounts/{id}/reveal", post(act::reveal_account))
        .route("/admin/accounts/{id}/unlink", post(act::numbers::unlink))
        .route(
            "/admin/accounts/{id}/block",
            post(act::numbers::block_account),
        )
        .route("/admin/people", get(pages::people::list))
        .route("/admin/people/allow", post(act::people::allow))
        .route("/admin/people/invite", post(act::people::invite_new))
        .route("/admin/people/{id}", get(pages::person::show))
        .route("/admin/people/{id}/reveal", post(act::people::reveal))
        .route("/admin/people/{id}/invite", post(act::people::invite))
        .route("/admin/people/{id}/remove", post(act::people::remove))
        .route("/admin/spend", get(pages::spend::list))
        .route("/admin/blocked", get(pages::blocked::list))
        .route("/admin/blocked/{id}", get(pages::blocked::show))
        .route("/admin/blocked/{id}/reveal", post(act::reveal_blocked))
        .route("/admin/blocked/{id}/unblock", post(act::numbers::unblock))
        .route(
            "/admin/accounts/{id}/erase",
            post(act::erase::erase_account),
        )
        .route("/admin/texts/{sid}/erase", post(act::erase::erase_sender))
        .route("/admin/audit", get(pages::audit::list))
        .route("/admin/audit/download", post(act::download::audit))
        .route("/admin/operators", get(pages::operators::list))
        .route("/admin/operators/add", post(act::operators::add))
        .route(
            "/admin/operators/{name}/role",
            post(act::operators::set_role),
        )
        .route(
            "/admin/operators/{name}/password",
            post(act::operators::reset),
        )
        .route(
            "/admin/operators/{name}/remove",
            post(act::operators::remove),
        )
        .route("/admin/live", get(live::stream))
        .route("/admin/sign-in", get(sign_in::show).post(sign_in::sign_in))
        .route("/admin/sign-out", post(sign_in::sign_out))
        .route(
            "/admin/sign-out-everywhere",
            post(sign_in::sign_out_everywhere),
        )
        .route("/admin/console.css", get(assets::style))
        .route("/admin/console.js", get(assets::script))
        .route("/admin/icon.svg", get(assets::icon))
        .layer(from_fn(with_policy))
        .route_layer(from_fn_with_state(Arc::clone(app), guard))
        .route_layer(from_fn_with_state(Arc::clone(app), schema::wait))
}

/// Hides the console from everybody while it has no operator, and takes forms from its own pages only.
async fn guard(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    match is_open(&app).await {
        Ok(true) => {}
        Ok(false) => return crate::routes::not_found::show_not_found(State(app)).await,
        Err(error) => {
            tracing::error!(%error, "the console cannot read the ledger");
            return app.trouble();
        }
    }
    let is_form = request.method() == axum::http::Method::POST;
    if is_form && !comes_from_our_pages(request.headers(), &app.console_url) {
        let page = crate::pages::Page::not_from_here();
        return app.show_plain(&page, StatusCode::FORBIDDEN);
    }
    next.run(request).await
}

/// The routes of an address of its own: there, `/` leads to the console.
pub(crate) fn all_there_is(app: &Arc<App>) -> Router<Arc<App>> {
    routes(app).route("/", get(lead_here))
}

async fn lead_here(State(app): State<Arc<App>>) -> Redirect {
    Redirect::to(&app.console(""))
}

async fn is_open(app: &App) -> birdcall_ledger::LedgerResult<bool> {
    if app.config.admin_password.is_some() {
        return Ok(true);
    }
    app.ledger.has_operators().await
}

async fn with_policy(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    response.headers_mut().insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    );
    // With `no-referrer`, browsers would send `Origin: null` with the forms.
    response.headers_mut().insert(
        header::REFERRER_POLICY,
        HeaderValue::from_static("same-origin"),
    );
    response
}

impl App {
    /// The address of a page of the console, as a path.
    pub(crate) fn console(&self, path: &str) -> String {
        format!("{}{PATH}{path}", self.console_url.prefix())
    }

    /// The answer when the ledger cannot be read.
    pub(crate) fn trouble(&self) -> Response {
        let page = crate::pages::Page::something_went_wrong();
        self.show_plain(&page, StatusCode::SERVICE_UNAVAILABLE)
    }
}
