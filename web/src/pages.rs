//! What a person sees in the browser: one page, many words.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode},
    response::{Html, IntoResponse, Response},
};
use birdcall_domain::{authorization::SignInFailure, phone::Phone};
use url::Url;

/// The page.
#[derive(Default, Template)]
#[template(path = "page.html")]
pub(crate) struct Page {
    title: String,
    paragraphs: Vec<String>,
    number: Option<String>,
    account: Option<String>,
    start: Option<Start>,
    note: Option<String>,
}

/// The button.
pub(crate) struct Start {
    pub(crate) action: String,
    pub(crate) phone: String,
    pub(crate) token: String,
}

impl Page {
    /// Before signing in: which number will be able to post.
    pub(crate) fn sign_in(phone: &Phone, start: Start) -> Self {
        Self {
            title: "Post on X by text".to_owned(),
            paragraphs: vec![
                "After you sign in, every text that is sent from this number is posted on your X account."
                    .to_owned(),
            ],
            number: Some(phone.as_str().to_owned()),
            start: Some(start),
            note: Some(
                "Not your number? Close this page; nothing has happened. To unlink later, text \\STOP.".to_owned(),
            ),
            ..Self::default()
        }
    }

    /// The link was used, and it worked.
    pub(crate) fn linked(phone: &Phone, handle: &str) -> Self {
        Self {
            title: "Signed in".to_owned(),
            paragraphs: vec![
                "From now on, every text from this number is posted on this X account. You can close this page."
                    .to_owned(),
            ],
            number: Some(phone.as_str().to_owned()),
            account: Some(handle.to_owned()).filter(|handle| !handle.is_empty()),
            note: Some(
                "Not your number? Remove Birdcall at x.com under Settings, Security and account access, Apps."
                    .to_owned(),
            ),
            ..Self::default()
        }
    }

    /// The link is not one of ours, or too old.
    pub(crate) fn link_refused() -> Self {
        Self {
            title: "This link has expired".to_owned(),
            paragraphs: vec![
                "To get a new link, text anything. If your number is already linked, text \\STATUS."
                    .to_owned(),
            ],
            ..Self::default()
        }
    }

    /// Signing in did not work.
    pub(crate) fn failed(why: SignInFailure, phone: Option<&Phone>) -> Self {
        let title = match why {
            SignInFailure::Denied => "Not linked",
            SignInFailure::Replayed => "Already used",
            SignInFailure::Outage => "X is not answering",
            _ => "Sign-in failed",
        };
        let advice = match why {
            SignInFailure::Replayed => "If you are already signed in, there is nothing left to do.",
            SignInFailure::Outage => {
                "Please try again later: text anything to the number for a new link."
            }
            _ => "Text anything to the number to start again.",
        };
        let reason = why.words();
        let reason = format!("{}{}.", reason[..1].to_uppercase(), &reason[1..]);
        Self {
            title: title.to_owned(),
            paragraphs: vec![reason, advice.to_owned()],
            number: phone.map(|phone| phone.as_str().to_owned()),
            ..Self::default()
        }
    }

    /// Something of ours does not work.
    pub(crate) fn out_of_order() -> Self {
        Self {
            title: "Something went wrong".to_owned(),
            paragraphs: vec!["Nothing was changed. Please try again in a minute.".to_owned()],
            ..Self::default()
        }
    }

    /// There is no such page.
    pub(crate) fn not_found() -> Self {
        Self {
            title: "Page not found".to_owned(),
            paragraphs: vec![
                "Birdcall posts texts on X. You get the sign-in link by text.".to_owned(),
            ],
            ..Self::default()
        }
    }

    /// The page with a status.
    pub(crate) fn with(self, status: StatusCode) -> Response {
        match self.render() {
            Ok(html) => (status, Html(html)).into_response(),
            Err(error) => {
                tracing::error!(%error, "a page can't be written");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// No scripts, nothing from elsewhere; the form may lead to X (a redirect after a form counts).
pub(crate) fn content_security_policy(authorize_url: &Url) -> HeaderValue {
    let origin = authorize_url.origin().ascii_serialization();
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' {origin}; frame-ancestors 'none'; base-uri 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
