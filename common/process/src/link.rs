//! Addresses that people are given.

use birdcall_domain::{phone::Phone, public_url::PublicUrl};

/// The sign-in link that is texted: `https://<domain>/auth/?phone=<phone_number>&token=…`.
#[must_use]
pub fn sign_in_link(public_url: &PublicUrl, phone: &Phone, token: &str) -> String {
    let query: String = form_urlencoded::Serializer::new(String::new())
        .append_pair("phone", phone.as_str())
        .append_pair("token", token)
        .finish();
    public_url.join(&format!("/auth/?{query}"))
}

/// A post's address on X. X finds a post by its id alone when the handle is not known.
#[must_use]
pub fn post_url(handle: &str, post_id: &str) -> String {
    let handle = if handle.is_empty() { "i" } else { handle };
    format!("https://x.com/{handle}/status/{post_id}")
}
