//! The public address of web.

use std::str::FromStr;

use url::Url;

/// The address that Twilio and browsers use: `https://host[:port][/prefix]`, without a slash at
/// its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(Url);

impl PublicUrl {
    /// The whole address of `path`, which begins with a slash.
    #[must_use]
    pub fn join(&self, path: &str) -> String {
        format!("{}{path}", self.0.as_str().trim_end_matches('/'))
    }

    /// The path prefix without a slash at its end; empty when there is none.
    #[must_use]
    pub fn prefix(&self) -> &str {
        self.0.path().trim_end_matches('/')
    }

    /// The addresses that a request for `path`, with or without a query, may have been sent to. A
    /// proxy may pass the prefix on or remove it, and where the path of a route begins like the
    /// prefix, nobody can tell from the path alone which of the two it did.
    #[must_use]
    pub fn addresses(&self, path: &str) -> Vec<String> {
        let mut addresses = vec![self.join(path)];
        let passed_on = path
            .strip_prefix(self.prefix())
            .filter(|rest| !self.prefix().is_empty() && rest.starts_with('/'));
        addresses.extend(passed_on.map(|rest| self.join(rest)));
        addresses
    }

    /// The origin of our pages, as browsers name it: `https://host[:port]`.
    #[must_use]
    pub fn origin(&self) -> String {
        self.0.origin().ascii_serialization()
    }

    /// The host's name or address.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }

    /// Whether browsers use TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }
}

impl FromStr for PublicUrl {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        const WANTED: &str = "https://HOST[/PREFIX] as Twilio and browsers see it, without a query";
        let url = Url::parse(value).map_err(|_| WANTED)?;
        let plain = matches!(url.scheme(), "http" | "https")
            && url.host().is_some()
            && url.query().is_none()
            && url.fragment().is_none()
            && url.username().is_empty();
        if plain { Ok(Self(url)) } else { Err(WANTED) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_may_have_lost_the_prefix_or_kept_it_but_never_a_part_of_it() {
        for (public_url, path, addresses) in [
            (
                "https://host",
                "/twilio/message",
                &["https://host/twilio/message"][..],
            ),
            (
                "https://host/birds",
                "/twilio/message?a=/birds/",
                &["https://host/birds/twilio/message?a=/birds/"],
            ),
            (
                "https://host/birds/",
                "/birds/twilio/message",
                &[
                    "https://host/birds/birds/twilio/message",
                    "https://host/birds/twilio/message",
                ],
            ),
            // The path begins with the letters of the prefix.
            (
                "https://host/t",
                "/twilio/message",
                &["https://host/t/twilio/message"],
            ),
            // The path begins with the prefix, which the proxy removed or passed on.
            (
                "https://host/twilio",
                "/twilio/message",
                &[
                    "https://host/twilio/twilio/message",
                    "https://host/twilio/message",
                ],
            ),
            ("https://host/auth", "/auth", &["https://host/auth/auth"]),
        ] {
            let public_url: PublicUrl = public_url.parse().unwrap();
            assert_eq!(public_url.addresses(path), addresses, "{path}");
        }
    }
}
