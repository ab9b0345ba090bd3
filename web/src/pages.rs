//! The words of the pages that a person sees in the browser. They share one template.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode},
    response::{Html, IntoResponse, Response},
};
use birdcall_domain::{authorization::SignInFailure, phone::Phone};
use url::Url;

/// A page. The template leaves out what is `None`.
#[derive(Default, Template)]
#[template(path = "page.html")]
pub(crate) struct Page {
    title: String,
    paragraphs: Vec<String>,
    number: Option<String>,
    account: Option<String>,
    start: Option<StartForm>,
    note: Option<String>,
}

/// The form whose button starts the sign-in.
pub(crate) struct StartForm {
    pub(crate) action: String,
    pub(crate) phone: String,
    pub(crate) token: String,
}

impl Page {
    /// The page behind the link: it names the number that will be able to post, and has the button.
    pub(crate) fn sign_in(phone: &Phone, start: StartForm) -> Self {
        Self {
            title: "Post on X by text".to_owned(),
            paragraphs: vec![
                "After you sign in, every text from this number is posted on your X account."
                    .to_owned(),
            ],
            number: Some(phone.as_str().to_owned()),
            start: Some(start),
            note: Some(
                r"Not your number? Close this page. Nothing has changed. To unlink your number later, text \STOP.".to_owned(),
            ),
            ..Self::default()
        }
    }

    /// The number is linked. X may not have told us the handle; it is empty then.
    pub(crate) fn linked(phone: &Phone, handle: &str) -> Self {
        Self {
            title: "Signed in".to_owned(),
            paragraphs: vec![
                "From now on, every text from this number is posted on your X account. You can close this page."
                    .to_owned(),
            ],
            number: Some(phone.as_str().to_owned()),
            account: Some(handle.to_owned()).filter(|handle| !handle.is_empty()),
            note: Some(
                "Not your number? At x.com, open Settings and privacy > Security and account access > Apps and sessions > Connected apps, and remove Birdcall."
                    .to_owned(),
            ),
            ..Self::default()
        }
    }

    /// The link is too old, or it is not one of ours.
    pub(crate) fn link_refused() -> Self {
        Self {
            title: "This link has expired".to_owned(),
            paragraphs: vec![
                "To get a new link, text anything to Birdcall's number.".to_owned(),
                r"If your number is already linked, text \STATUS instead. Any other text is posted on X.".to_owned(),
            ],
            ..Self::default()
        }
    }

    /// The sign-in failed.
    pub(crate) fn sign_in_failed(why: SignInFailure, phone: Option<&Phone>) -> Self {
        let title = match why {
            SignInFailure::Denied => "Not linked",
            SignInFailure::Replayed => "Already used",
            _ => "Sign-in failed",
        };
        let advice = match why {
            SignInFailure::Replayed => "If your number is already linked, you can close this page.",
            SignInFailure::Outage => {
                "Please try again later. To get a new link, text anything to Birdcall's number."
            }
            _ => "To start again, text anything to Birdcall's number.",
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

    /// The database does not answer, for example.
    pub(crate) fn something_went_wrong() -> Self {
        Self {
            title: "Something went wrong".to_owned(),
            paragraphs: vec!["Nothing has changed. Please try again in a minute.".to_owned()],
            ..Self::default()
        }
    }

    /// There is no page at this address.
    pub(crate) fn not_found() -> Self {
        Self {
            title: "Page not found".to_owned(),
            paragraphs: vec![
                "Birdcall posts your texts on X. You get the link to sign in by text.".to_owned(),
            ],
            ..Self::default()
        }
    }

    /// Turns the page into an answer with this status.
    pub(crate) fn with_status(self, status: StatusCode) -> Response {
        match self.render() {
            Ok(html) => (status, Html(html)).into_response(),
            Err(error) => {
                tracing::error!(%error, "a page could not be rendered");
                StatusCode::INTERNAL_SERVER_ERROR.into_response()
            }
        }
    }
}

/// The content security policy of every answer: no scripts, and nothing from other sites. The form
/// may lead to X, because browsers apply `form-action` to the redirect that follows the form too.
pub(crate) fn content_security_policy(authorize_url: &Url) -> HeaderValue {
    let origin = authorize_url.origin().ascii_serialization();
    let policy = format!(
        "default-src 'none'; style-src 'unsafe-inline'; form-action 'self' {origin}; frame-ancestors 'none'; base-uri 'none'"
    );
    HeaderValue::from_str(&policy).unwrap_or(HeaderValue::from_static("default-src 'none'"))
}
