//! The page on which a user allows the app to post.

use std::time::Duration;

use axum::{
    extract::{RawQuery, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse as _, Response},
};
use url::Url;

use super::model::Code;
use crate::{request::Form, sim::Sim};

/// An authorization code expires after this time.
const CODE_LIFETIME: Duration = Duration::from_secs(30);
const STATE_CHARACTERS_MAX: usize = 500;
/// The length of a SHA-256 digest in base64url.
const CHALLENGE_CHARACTERS: usize = 43;
const SCOPES: [&str; 5] = [
    "tweet.read",
    "tweet.write",
    "users.read",
    "media.write",
    "offline.access",
];
const PARAMETERS: [&str; 7] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
];

/// An authorization request that passed the checks.
pub(crate) struct AuthorizeRequest {
    client_id: String,
    redirect_uri: String,
    scopes: Vec<String>,
    state: String,
    challenge: String,
}

/// Checks an authorization request. The error is the reason that the page shows. X never redirects
/// a request that it cannot trust. The simulator shows the page for every other mistake too,
/// because a redirect could hide it.
pub(crate) fn check(sim: &Sim, form: &Form) -> Result<AuthorizeRequest, String> {
    let want = |name: &str| {
        form.filled(name)
            .map(str::to_owned)
            .ok_or_else(|| format!("{name} is missing"))
    };
    for name in PARAMETERS {
        if form.0.iter().filter(|(key, _)| key == name).count() > 1 {
            return Err(format!("{name} is given more than once"));
        }
    }
    let client_id = want("client_id")?;
    if client_id != sim.config().x_client_id {
        return Err("client_id is unknown".to_owned());
    }
    let redirect_uri = want("redirect_uri")?;
    if !sim.with(|state| state.x.redirect_uris.contains(&redirect_uri)) {
        return Err(format!("redirect_uri is not registered: {redirect_uri}"));
    }
    if want("response_type")? != "code" {
        return Err("response_type must be code".to_owned());
    }
    let scopes: Vec<String> = want("scope")?.split(' ').map(str::to_owned).collect();
    if let Some(scope) = scopes
        .iter()
        .find(|scope| !SCOPES.contains(&scope.as_str()))
    {
        return Err(format!("scope is unknown: {scope}"));
    }
    let state = want("state")?;
    if state.chars().count() > STATE_CHARACTERS_MAX {
        return Err(format!(
            "state is longer than {STATE_CHARACTERS_MAX} characters"
        ));
    }
    if want("code_challenge_method")? != "S256" {
        return Err("code_challenge_method must be S256".to_owned());
    }
    let challenge = want("code_challenge")?;
    let base64url = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    if challenge.len() != CHALLENGE_CHARACTERS || !challenge.chars().all(base64url) {
        return Err("code_challenge is not a base64url SHA-256".to_owned());
    }
    Ok(AuthorizeRequest {
        client_id,
        redirect_uri,
        scopes,
        state,
        challenge,
    })
}

/// Returns the URL to which the browser is sent, with a code for `username` or with a refusal.
pub(crate) fn decide(sim: &Sim, request: &AuthorizeRequest, username: Option<&str>) -> String {
    let Ok(mut url) = Url::parse(&request.redirect_uri) else {
        return request.redirect_uri.clone();
    };
    let Some(username) = username else {
        url.query_pairs_mut()
            .append_pair("error", "access_denied")
            .append_pair("state", &request.state);
        return url.into();
    };
    let code = sim.config().random.token(48);
    let now = sim.now();
    sim.with(|state| {
        let user_id = state.x.user_named(username).id.clone();
        state.x.codes.insert(
            code.clone(),
            Code {
                user_id,
                scopes: request.scopes.clone(),
                client_id: request.client_id.clone(),
                redirect_uri: request.redirect_uri.clone(),
                challenge: request.challenge.clone(),
                expires_at: now + CODE_LIFETIME,
                used: false,
                grant: None,
            },
        );
    });
    url.query_pairs_mut()
        .append_pair("state", &request.state)
        .append_pair("code", &code);
    url.into()
}

pub(super) async fn page(State(sim): State<Sim>, RawQuery(query): RawQuery) -> Response {
    let form = Form::parse(query.unwrap_or_default().as_bytes());
    match check(&sim, &form) {
        Ok(request) => Html(question(&form, &request)).into_response(),
        Err(reason) => refused(&reason),
    }
}

pub(super) async fn submit(State(sim): State<Sim>, body: String) -> Response {
    let form = Form::parse(body.as_bytes());
    let request = match check(&sim, &form) {
        Ok(request) => request,
        Err(reason) => return refused(&reason),
    };
    let username = form
        .get("username")
        .unwrap_or("demo")
        .trim()
        .trim_start_matches('@');
    let handle = |c: char| c.is_ascii_alphanumeric() || c == '_';
    if !(1..=15).contains(&username.len()) || !username.chars().all(handle) {
        return refused("a username has 1 to 15 letters, digits or underscores");
    }
    let username = (form.get("decision") == Some("allow")).then_some(username);
    let location = decide(&sim, &request, username);
    (StatusCode::SEE_OTHER, [(header::LOCATION, location)]).into_response()
}

fn refused(reason: &str) -> Response {
    let text =
        format!("Something went wrong. You weren't able to give access to the App.\n{reason}\n");
    (StatusCode::BAD_REQUEST, text).into_response()
}

fn question(form: &Form, request: &AuthorizeRequest) -> String {
    let hidden: String = PARAMETERS
        .iter()
        .filter_map(|name| Some((name, form.get(name)?)))
        .map(|(name, value)| {
            format!(
                r#"<input type="hidden" name="{name}" value="{}">"#,
                escape(value)
            )
        })
        .collect();
    let scopes: String = request
        .scopes
        .iter()
        .map(|scope| format!("<li>{}</li>", escape(scope)))
        .collect();
    include_str!("authorize.html")
        .replace("{{hidden}}", &hidden)
        .replace("{{scopes}}", &scopes)
        .replace("{{client}}", &escape(&request.client_id))
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
        .replace('"', "&quot;")
        .replace('\'', "&#39;")
}
