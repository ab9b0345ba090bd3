//! The web addresses that we text to people.

use birdcall_domain::{phone::Phone, public_url::PublicUrl};

/// The sign-in link for a number: `https://HOST/auth/?phone=NUMBER&token=TOKEN`.
#[must_use]
pub fn sign_in_link(public_url: &PublicUrl, phone: &Phone, token: &str) -> String {
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("phone", phone.as_str())
        .append_pair("token", token)
        .finish();
    public_url.join(&format!("/auth/?{query}"))
}

/// Whether `address` is a sign-in link for this number. The token is returned, and says nothing yet: see
/// [`Vault::check_link`](crate::vault::Vault::check_link).
#[must_use]
pub fn token_of<'a>(public_url: &PublicUrl, phone: &Phone, address: &'a str) -> Option<&'a str> {
    address.strip_prefix(&sign_in_link(public_url, phone, ""))
}

/// The address of a post on X. An empty `handle` stands for an unknown one: X finds a post by its
/// id alone.
#[must_use]
pub fn post_url(handle: &str, post_id: &str) -> String {
    let handle = if handle.is_empty() { "i" } else { handle };
    format!("https://x.com/{handle}/status/{post_id}")
}
