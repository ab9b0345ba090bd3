//! The signature of a webhook. The header `X-Twilio-Signature` is the HMAC-SHA1 of the URL and the
//! sorted form parameters, in base64; the key is the auth token.

use std::collections::{BTreeMap, BTreeSet};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretString};
use sha1::Sha1;
use url::Url;

/// Signs a request to `url` with the form parameters `pairs`, as Twilio does.
#[must_use]
pub fn sign(auth_token: &SecretString, url: &str, pairs: &[(String, String)]) -> String {
    STANDARD.encode(mac(auth_token, url, pairs).finalize().into_bytes())
}

/// Whether Twilio signed a request to `url` with the form parameters `pairs`. The comparison takes
/// constant time.
///
/// The caller builds `url` from the settings, because anybody can send any `Host` header. Twilio
/// does not consistently keep or drop the port when it signs, so the URL may have it or not.
#[must_use]
pub fn verify(
    auth_token: &SecretString,
    url: &str,
    pairs: &[(String, String)],
    signature: &str,
) -> bool {
    let Ok(signature) = STANDARD.decode(signature) else {
        return false;
    };
    spellings(url)
        .iter()
        .any(|url| mac(auth_token, url, pairs).verify_slice(&signature).is_ok())
}

fn mac(auth_token: &SecretString, url: &str, pairs: &[(String, String)]) -> Hmac<Sha1> {
    let mut mac = Hmac::<Sha1>::new_from_slice(auth_token.expose_secret().as_bytes())
        .expect("HMAC accepts keys of any length");
    mac.update(url.as_bytes());
    // Twilio sorts the names by their bytes. It sorts the values of one name too, and signs a
    // repeated value once.
    let mut sorted: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, value) in pairs {
        sorted.entry(name).or_default().insert(value);
    }
    for (name, values) in sorted {
        for value in values {
            mac.update(name.as_bytes());
            mac.update(value.as_bytes());
        }
    }
    mac
}

/// The URL as it is, without its port, and with the scheme's default port. The text is edited rather
/// than parsed and written again, because that could encode the path and the query differently.
fn spellings(url: &str) -> Vec<String> {
    let mut spellings = vec![url.to_owned()];
    let Ok(parsed) = Url::parse(url) else {
        return spellings;
    };
    let Some((scheme, rest)) = url.split_once("://") else {
        return spellings;
    };
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, tail) = rest.split_at(end);
    let (user, host) = match authority.rsplit_once('@') {
        Some((user, host)) => (format!("{user}@"), host),
        None => (String::new(), authority),
    };
    // The last colon starts a port unless it belongs to an IPv6 address.
    let bare = match host.rsplit_once(':') {
        Some((bare, port)) if port.bytes().all(|b| b.is_ascii_digit()) => bare,
        _ => host,
    };
    let default_port = if parsed.scheme() == "https" { 443 } else { 80 };
    spellings.push(format!("{scheme}://{user}{bare}{tail}"));
    spellings.push(format!("{scheme}://{user}{bare}:{default_port}{tail}"));
    spellings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token() -> SecretString {
        SecretString::from("12345")
    }

    fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
        pairs
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect()
    }

    fn example() -> Vec<(String, String)> {
        pairs(&[
            ("CallSid", "CA1234567890ABCDE"),
            ("Caller", "+14158675309"),
            ("Digits", "1234"),
            ("From", "+14158675309"),
            ("To", "+18005551212"),
        ])
    }

    #[test]
    fn the_signatures_in_the_tests_of_twilios_libraries_are_accepted() {
        let docs = example()
            .into_iter()
            .map(|(name, value)| {
                let value = if name == "From" || name == "Caller" {
                    "+14158675310".to_owned()
                } else {
                    value
                };
                (name, value)
            })
            .collect::<Vec<_>>();
        let duplicates = pairs(&[
            ("Sid", "CA123"),
            ("SidAccount", "AC123"),
            ("Digits", "5678"),
            ("Digits", "1234"),
            ("Digits", "1234"),
        ]);
        let array = pairs(&[
            ("MessagingBinding.Address", "+1325xxxxxxx"),
            ("MessagingBinding.Address", "+1415xxxxxxx"),
        ]);
        let reversed: Vec<_> = array.iter().rev().cloned().collect();
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        for (url, pairs, signature) in [
            (url, &example(), "RSOYDt4T1cUTdK1PDd93/VVr8B8="),
            (
                "https://mycompany.com:1234/myapp.php?foo=1&bar=2",
                &example(),
                "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
            ),
            (
                "http://mycompany.com:1234/myapp.php?foo=1&bar=2",
                &example(),
                "Zmvh+3yNM1Phv2jhDCwEM3q5ebU=",
            ),
            (url, &example(), "kvajT1Ptam85bY51eRf/AJRuM3w="),
            (
                "https://mycompany.com:443/myapp.php?foo=1&bar=2",
                &example(),
                "kvajT1Ptam85bY51eRf/AJRuM3w=",
            ),
            (
                "http://mycompany.com/myapp.php?foo=1&bar=2",
                &example(),
                "0ZXoZLH/DfblKGATFgpif+LLRf4=",
            ),
            (url, &duplicates, "IK+Dwps556ElfBT0I3Rgjkr1wJU="),
            (url, &array, "83O6e2vORAoJHUNzJjDWN1jz+BA="),
            (url, &reversed, "83O6e2vORAoJHUNzJjDWN1jz+BA="),
            (
                "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2",
                &example(),
                "CukzLTc1tT5dXEDIHm/tKBanW10=",
            ),
            (
                "https://user@mycompany.com/myapp.php?foo=1&bar=2",
                &example(),
                "2YRLlVAflCqxaNicjMpJcSTgzSs=",
            ),
            (
                "https://user:pass@mycompany.com/myapp.php?foo=1&bar=2",
                &example(),
                "ZQFR1PTIZXF2MXB8ZnKCvnnA+rI=",
            ),
            (
                "https://mycompany.com/myapp.php?foo=1&bar=2&Body=It%27s+amazing",
                &example(),
                "TfZzewPq8wqrGlMfyAud8+/IvJ0=",
            ),
            (
                "https://example.com/myapp.php?foo=1&bar=2",
                &docs,
                "L/OH5YylLD5NRKLltdqwSvS0BnU=",
            ),
        ] {
            assert!(verify(&token(), url, pairs, signature), "{url} {signature}");
        }
    }

    #[test]
    fn a_changed_request_or_signature_is_rejected() {
        let url = "https://mycompany.com/myapp.php?foo=1&bar=2";
        let good = "RSOYDt4T1cUTdK1PDd93/VVr8B8=";
        assert!(verify(&token(), url, &example(), good));
        let mut more = example();
        more.push(("New".to_owned(), String::new()));
        let trimmed = pairs(&[("Body", "hello")]);
        let untrimmed = pairs(&[("Body", "hello ")]);
        assert!(
            !verify(&token(), url, &more, good),
            "an added parameter changes the signature"
        );
        assert!(
            !verify(&token(), url, &trimmed, &sign(&token(), url, &untrimmed)),
            "a space changes the signature"
        );
        assert!(!verify(&SecretString::from("54321"), url, &example(), good));
        assert!(!verify(
            &token(),
            "https://mycompany.com/other",
            &example(),
            good
        ));
        assert!(!verify(
            &token(),
            "http://mycompany.com/myapp.php?foo=1&bar=2",
            &example(),
            good
        ));
        for bad in [
            "",
            "RSOYDt4T1cUTdK1PDd93/VVr8B8",
            "nonsense",
            "RSOYDt4T1cUTdK1PDd93/VVr8B9=",
        ] {
            assert!(!verify(&token(), url, &example(), bad), "{bad}");
        }
    }
}
