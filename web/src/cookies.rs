//! The cookies of the sign-in pages. Each holds a random secret, of which the ledger has the hash.

use std::time::Duration;

use axum::http::{HeaderMap, header};
use birdcall_domain::public_url::PublicUrl;

/// A kind of cookie, by the beginning of its name. The hash of a sign-in's state completes the name, so that a
/// browser may be in the middle of several sign-ins.
#[derive(Clone, Copy)]
pub(crate) struct Cookie(&'static str);

/// Says that this browser began a sign-in. Without it, the sign-in has to be confirmed.
pub(crate) const SIGN_IN: Cookie = Cookie("birdcall_sign_in_");
/// Lets a browser load the page again on which it is to confirm a sign-in.
pub(crate) const CONFIRM: Cookie = Cookie("birdcall_confirm_");

/// How many random bytes the secret in a cookie has.
pub(crate) const SECRET_BYTES: usize = 24;
/// How much of the hash of a state is in the name.
const NAMED_BY: usize = 16;
/// How many cookies of one kind are looked at.
const COOKIES_MAX: usize = 10;

impl Cookie {
    /// The header that sets it. Scripts cannot read it, other sites do not send it with their forms, and
    /// no other service below the same host gets it.
    pub(crate) fn set(
        self,
        state_hash: &str,
        secret: &str,
        lasts: Duration,
        public_url: &PublicUrl,
    ) -> String {
        let (name, path) = (self.name(state_hash), public_url.prefix());
        let secure = if public_url.is_https() {
            "; Secure"
        } else {
            ""
        };
        format!(
            "{name}={secret}; Path={path}/auth; Max-Age={}; HttpOnly; SameSite=Lax{secure}",
            lasts.as_secs()
        )
    }

    /// Its secret in a request, for the sign-in with this state.
    pub(crate) fn get(self, headers: &HeaderMap, state_hash: &str) -> Option<String> {
        value(headers, &self.name(state_hash))
    }

    /// The secrets of all sign-ins in a request.
    pub(crate) fn all(self, headers: &HeaderMap) -> Vec<String> {
        let ours = pairs(headers).filter(|(name, _)| name.starts_with(self.0));
        let secrets = ours.map(|(_, secret)| secret.to_owned());
        secrets.take(COOKIES_MAX).collect()
    }

    fn name(self, state_hash: &str) -> String {
        let named_by: String = state_hash.chars().take(NAMED_BY).collect();
        format!("{}{named_by}", self.0)
    }
}

/// The value of the cookie with this name in a request.
pub(crate) fn value(headers: &HeaderMap, name: &str) -> Option<String> {
    let mut found = pairs(headers).filter(|(given, _)| *given == name);
    found.next().map(|(_, value)| value.to_owned())
}

fn pairs(headers: &HeaderMap) -> impl Iterator<Item = (&str, &str)> {
    let lines = headers.get_all(header::COOKIE).iter();
    let lines = lines.filter_map(|line| line.to_str().ok());
    let pairs = lines.flat_map(|line| line.split(';'));
    pairs.filter_map(|pair| pair.trim().split_once('='))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn a_cookie_is_kept_to_our_pages() {
        let minutes = Duration::from_secs(900);
        for (url, expected) in [
            (
                "https://birdcall.example",
                "birdcall_sign_in_0123456789abcdef=abc; Path=/auth; Max-Age=900; HttpOnly; SameSite=Lax; Secure",
            ),
            (
                "http://127.0.0.1:8080/app",
                "birdcall_sign_in_0123456789abcdef=abc; Path=/app/auth; Max-Age=900; HttpOnly; SameSite=Lax",
            ),
        ] {
            let public_url = url.parse().expect("a URL");
            let set = SIGN_IN.set("0123456789abcdef0123", "abc", minutes, &public_url);
            assert_eq!(set, expected);
        }
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let mut headers = HeaderMap::new();
        assert_eq!(SIGN_IN.get(&headers, "1234"), None);
        for line in [
            "a=b; birdcall_sign_in_12345=c",
            "d=e; birdcall_sign_in_1234=abc; f",
        ] {
            headers.append(header::COOKIE, HeaderValue::from_static(line));
        }
        assert_eq!(SIGN_IN.get(&headers, "1234").as_deref(), Some("abc"));
        assert_eq!(SIGN_IN.get(&headers, "4321"), None);
        assert_eq!(CONFIRM.get(&headers, "1234"), None);
        assert_eq!(SIGN_IN.all(&headers), ["c", "abc"]);
    }
}
