//! Who may use the page and the controls: only a browser that shows this page, and programs.
//!
//! A page of another site can send requests to a port on this machine, and can give its own name the
//! address of this machine (DNS rebinding). The `Host` and `Origin` headers tell the difference, and a
//! page cannot change them.

use std::net::{IpAddr, SocketAddr};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, StatusCode, header},
    middleware::Next,
    response::{IntoResponse as _, Response},
};
use url::{Host, Url};

use crate::sim::Sim;

/// Refuses requests to the page, to the controls and to X's authorization page that another site makes.
pub(crate) async fn guard(State(sim): State<Sim>, request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let guarded = path == "/" || path.starts_with("/sim/") || path.starts_with("/i/oauth2/");
    if guarded && !is_allowed(request.headers(), sim.address()) {
        let why = "The simulator answers its own page only. Open it under its own address, such as http://127.0.0.1.\n";
        return (StatusCode::FORBIDDEN, why).into_response();
    }
    next.run(request).await
}

/// Whether `Host` names this simulator, and `Origin`, if there is one, is the same place.
fn is_allowed(headers: &HeaderMap, address: SocketAddr) -> bool {
    let value = |name: HeaderName| headers.get(name).map(|value| value.to_str().unwrap_or(""));
    let Some(host) = value(header::HOST) else {
        return false;
    };
    let host_is_ours =
        !address.ip().is_loopback() || is_loopback(&format!("http://{host}"), address.port());
    let origin_is_ours =
        value(header::ORIGIN).is_none_or(|origin| origin == format!("http://{host}"));
    host_is_ours && origin_is_ours
}

fn is_loopback(url: &str, port: u16) -> bool {
    Url::parse(url)
        .is_ok_and(|url| names_loopback(&url) && url.port_or_known_default() == Some(port))
}

/// Whether a URL leads to this machine, by an address or as `localhost`.
pub(crate) fn names_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use axum::http::HeaderValue;

    use super::*;

    #[test]
    fn only_its_own_page_and_programs_are_answered() {
        let here = SocketAddr::from((Ipv4Addr::LOCALHOST, 9000));
        let everywhere = SocketAddr::from((Ipv4Addr::UNSPECIFIED, 9000));
        for (address, host, origin, allowed) in [
            (here, "127.0.0.1:9000", None, true),
            (here, "localhost:9000", None, true),
            (here, "[::1]:9000", None, true),
            (here, "127.0.0.1:9000", Some("http://127.0.0.1:9000"), true),
            (here, "evil.example:9000", None, false),
            (here, "127.0.0.1.evil.example:9000", None, false),
            (here, "localhost:9001", None, false),
            (here, "", None, false),
            (here, "127.0.0.1:9000", Some("http://evil.example"), false),
            (here, "127.0.0.1:9000", Some("null"), false),
            (here, "127.0.0.1:9000", Some("http://localhost:9000"), false),
            (
                here,
                "127.0.0.1:9000",
                Some("https://127.0.0.1:9000"),
                false,
            ),
            (everywhere, "sim:9000", None, true),
            (everywhere, "sim:9000", Some("http://evil.example"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(header::HOST, HeaderValue::from_static(host));
            if let Some(origin) = origin {
                headers.insert(header::ORIGIN, HeaderValue::from_static(origin));
            }
            assert_eq!(is_allowed(&headers, address), allowed, "{host} {origin:?}");
        }
        assert!(!is_allowed(&HeaderMap::new(), here));
    }
}
