//! What a person does at X, without a browser.

use url::Url;

use crate::{Sim, request::Form, x::authorize};

/// Checks an authorize request as X's page does and returns the redirect; `None` refuses.
pub(crate) fn decide(sim: &Sim, authorize_url: &str, username: Option<&str>) -> String {
    let url = Url::parse(authorize_url)
        .unwrap_or_else(|error| panic!("the authorize URL does not parse: {error}"));
    assert_eq!(
        url.path(),
        "/i/oauth2/authorize",
        "the browser was not sent to X's page"
    );
    let form = Form::parse(url.query().unwrap_or_default().as_bytes());
    let request = authorize::check(sim, &form)
        .unwrap_or_else(|reason| panic!("X shows an error page: {reason}"));
    authorize::decide(sim, &request, username)
}
