//! What every page says about the service: its number, and who runs it.

use askama::Template;
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use birdcall_domain::phone::Phone;
use url::Url;

use crate::{pages::Page, state::App};

/// The foot of every page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Service {
    /// The number that people text, if it is known.
    number: Option<String>,
    operator_name: String,
    operator_contact: String,
    /// Where the contact leads, if it is an address.
    contact_address: Option<String>,
    privacy_url: Option<String>,
}

#[derive(Template)]
#[template(path = "page.html")]
struct Shown<'a> {
    page: &'a Page,
    service: Service,
}

impl App {
    /// Answers with a page. A messaging service has several numbers: then the page names the one that
    /// `phone` texted last.
    pub(crate) async fn show(
        &self,
        page: Page,
        phone: Option<&Phone>,
        status: StatusCode,
    ) -> Response {
        let mut service = self.service();
        if service.number.is_none()
            && let Some(phone) = phone
            // The page is worth showing even if the ledger does not answer.
            && let Ok(number) = self.ledger.number_texted_by(phone).await
        {
            service.number = number;
        }
        render(&page, service, status)
    }

    /// Answers with a page that is about no number.
    pub(crate) fn show_plain(&self, page: &Page, status: StatusCode) -> Response {
        render(page, self.service(), status)
    }

    fn service(&self) -> Service {
        let operator = &self.config.operator;
        let number = self.config.service_number();
        Service {
            number: number.map(|number| number.as_str().to_owned()),
            operator_name: operator.name.clone(),
            contact_address: address_of(&operator.contact),
            operator_contact: operator.contact.clone(),
            privacy_url: operator.privacy_url.as_ref().map(Url::to_string),
        }
    }
}

fn render(page: &Page, service: Service, status: StatusCode) -> Response {
    let has_form = page.form.is_some();
    let mut response = match (Shown { page, service }).render() {
        Ok(html) => (status, Html(html)).into_response(),
        Err(error) => {
            tracing::error!(%error, "a page could not be rendered");
            return StatusCode::INTERNAL_SERVER_ERROR.into_response();
        }
    };
    if has_form {
        // With `no-referrer`, browsers send `Origin: null` with the form, and it could not be told from
        // another site's.
        response.headers_mut().insert(
            header::REFERRER_POLICY,
            HeaderValue::from_static("same-origin"),
        );
    }
    response
}

/// Where a contact leads, if it is an e-mail address, a phone number or a web address.
fn address_of(contact: &str) -> Option<String> {
    if contact.starts_with("https://") || contact.starts_with("http://") {
        return Url::parse(contact).ok().map(String::from);
    }
    if contact.parse::<Phone>().is_ok() {
        return Some(format!("tel:{contact}"));
    }
    let is_mail = contact.split_once('@').is_some_and(|(name, host)| {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._+-".contains(c);
        !name.is_empty() && host.contains('.') && name.chars().chain(host.chars()).all(plain)
    });
    is_mail.then(|| format!("mailto:{contact}"))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_contact_that_is_an_address_leads_somewhere() {
        for (contact, expected) in [
            ("help@example.com", Some("mailto:help@example.com")),
            ("+15551230009", Some("tel:+15551230009")),
            ("https://example.com/help", Some("https://example.com/help")),
            ("javascript:alert(1)", None),
            ("at the counter", None),
            ("a?subject=b@example.com", None),
            ("@example", None),
            ("", None),
        ] {
            assert_eq!(address_of(contact).as_deref(), expected, "{contact}");
        }
    }
}
