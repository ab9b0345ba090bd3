//! Whether a form was sent from one of our pages, and not from another site on a person's behalf.

use axum::http::HeaderMap;
use birdcall_domain::public_url::PublicUrl;

/// Whether the request may come from one of our pages. Every browser says where a form comes from, in
/// `Sec-Fetch-Site`, in `Origin`, or in both. A request that says nothing does not come from a browser of
/// the last years, so no other site has caused it, and it is let through.
pub(crate) fn comes_from_our_pages(headers: &HeaderMap, public_url: &PublicUrl) -> bool {
    let ours = public_url.origin();
    let all = |name: &str| -> Vec<&[u8]> {
        let values = headers.get_all(name).iter();
        values.map(|value| value.as_bytes()).collect()
    };
    let (sites, origins) = (all("sec-fetch-site"), all("origin"));
    let same_origin = sites.contains(&b"same-origin".as_slice());
    // `none`: a person caused the request, as when a tab is restored.
    let site_allows = |site: &&[u8]| matches!(*site, b"same-origin" | b"none");
    // A browser that was told to send no referrer says `null` for our own pages, too.
    let origin_allows =
        |origin: &&[u8]| *origin == ours.as_bytes() || (*origin == b"null" && same_origin);
    sites.iter().all(site_allows) && origins.iter().all(origin_allows)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_our_own_pages_may_send_a_form() {
        let public_url: PublicUrl = "https://birdcall.example/app".parse().expect("a URL");
        let ours = "https://birdcall.example";
        for (site, origin, expected) in [
            (Some("same-origin"), Some(ours), true),
            (Some("none"), Some(ours), true),
            (None, Some(ours), true),
            (Some("same-origin"), None, true),
            (Some("same-origin"), Some("null"), true),
            (None, None, true),
            (Some("cross-site"), Some("https://evil.example"), false),
            (Some("cross-site"), Some(ours), false),
            (Some("cross-site"), None, false),
            (
                Some("same-site"),
                Some("https://other.birdcall.example"),
                false,
            ),
            (Some("same-origin"), Some("https://evil.example"), false),
            (Some("none"), Some("null"), false),
            (Some(""), Some(ours), false),
            (None, Some("null"), false),
            (None, Some(""), false),
            (None, Some("http://birdcall.example"), false),
            (None, Some("https://birdcall.example:8443"), false),
            (None, Some("https://birdcall.example.evil.example"), false),
            (None, Some("https://birdcall.example/app"), false),
        ] {
            let mut headers = HeaderMap::new();
            for (name, value) in [("sec-fetch-site", site), ("origin", origin)] {
                if let Some(value) = value {
                    headers.append(name, HeaderValue::from_static(value));
                }
            }
            let found = comes_from_our_pages(&headers, &public_url);
            assert_eq!(found, expected, "{site:?} {origin:?}");
        }
        let mut twice = HeaderMap::new();
        twice.append(
            "origin",
            HeaderValue::from_static("https://birdcall.example"),
        );
        twice.append("origin", HeaderValue::from_static("https://evil.example"));
        assert!(!comes_from_our_pages(&twice, &public_url));
    }
}
