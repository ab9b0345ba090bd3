//! Values that settings are read into, and how they are written.

use std::{net::SocketAddr, str::FromStr, time::Duration};

use birdcall_domain::{
    command::OptOutWords, country::Country, phone::Phone, public_url::PublicUrl,
};
use birdcall_vendors::twilio::is_sid;
use secrecy::SecretString;
use tracing_subscriber::EnvFilter;
use url::{Host, Url};

/// The format of the log (`LOG_FORMAT`).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// Lines for people.
    Text,
    /// One JSON object per line, for machines.
    Json,
}

impl FromStr for LogFormat {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        match value {
            "text" => Ok(Self::Text),
            "json" => Ok(Self::Json),
            _ => Err("text or json"),
        }
    }
}

/// Which messages are logged (`RUST_LOG`).
#[derive(Clone, Debug)]
pub struct LogLevels {
    /// Directives as `tracing_subscriber::EnvFilter` reads them; known to be well formed.
    pub directives: String,
}

/// Whom `SIGNUP` admits.
#[derive(Clone, Copy, Debug)]
pub(super) enum WhoMaySignUp {
    /// The numbers in `ALLOWED_NUMBERS`.
    Allowed,
    /// Everyone.
    Anyone,
}

impl FromStr for WhoMaySignUp {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        match value {
            "allowlist" => Ok(Self::Allowed),
            "open" => Ok(Self::Anyone),
            _ => Err("allowlist or open"),
        }
    }
}

/// Which countries' numbers `SIGNUP=open` admits.
#[derive(Clone, Debug)]
pub(super) enum Countries {
    /// That of the number that people text.
    NotSet,
    /// All of them.
    Any,
    /// These.
    These(Vec<Country>),
}

/// The longest name or address that is shown on pages and texted.
const SHORT_LINE_MAX: usize = 60;

/// Reads a few words in one line, without control characters.
pub(super) fn short_line(value: &str) -> Option<String> {
    let line = value.trim();
    let fits = line.chars().count() <= SHORT_LINE_MAX && !line.chars().any(char::is_control);
    fits.then(|| line.to_owned())
}

/// Reads the address of a page that a browser may be sent to, or nothing.
pub(super) fn optional_web_address(value: &str) -> Option<Option<Url>> {
    if value.trim().is_empty() {
        return Some(None);
    }
    let url: Url = parsed(value)?;
    let plain = matches!(url.scheme(), "http" | "https") && url.host().is_some();
    plain.then_some(Some(url))
}

/// Where the console is served, if it has an address of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsoleAddress {
    /// `CONSOLE_LISTEN_ADDR`.
    pub listen: Option<SocketAddr>,
    /// `CONSOLE_URL`.
    pub url: Option<PublicUrl>,
}

/// Reads a value, or nothing.
pub(super) fn optional<T: FromStr>(value: &str) -> Option<Option<T>> {
    match value.trim() {
        "" => Some(None),
        value => value.parse().ok().map(Some),
    }
}

/// Reads a value without the white space around it.
pub(super) fn parsed<T: FromStr>(value: &str) -> Option<T> {
    value.trim().parse().ok()
}

/// Reads a secret exactly as it is written.
pub(super) fn secret(value: &str) -> Option<SecretString> {
    Some(SecretString::from(value))
}

/// Reads the URL of a page at a vendor. Secrets and codes travel there, so it needs TLS, except on
/// this machine. A password in the URL would be logged with it.
pub(super) fn vendor_page(value: &str) -> Option<Url> {
    let is_plain = |url: &Url| url.username().is_empty() && url.password().is_none();
    parsed(value).filter(|url: &Url| is_private(url) && is_plain(url) && url.fragment().is_none())
}

/// Reads the base URL of a vendor's API, to which paths are appended.
pub(super) fn vendor_base(value: &str) -> Option<Url> {
    vendor_page(value).filter(|url| url.query().is_none())
}

/// Whether nobody can listen in on what is sent to `url`.
fn is_private(url: &Url) -> bool {
    match (url.scheme(), url.host()) {
        ("https", Some(_)) => true,
        ("http", Some(Host::Domain(name))) => name == "localhost",
        ("http", Some(Host::Ipv4(ip))) => ip.is_loopback(),
        ("http", Some(Host::Ipv6(ip))) => ip.to_canonical().is_loopback(),
        _ => false,
    }
}

/// Reads `200ms`, `5s`, `15m`, `24h` or `30d`: a whole number and its unit.
#[must_use]
pub fn parse_duration(value: &str) -> Option<Duration> {
    let value = value.trim();
    let digits = value.find(|c: char| !c.is_ascii_digit())?;
    let number: u64 = value[..digits].parse().ok()?;
    let unit = match &value[digits..] {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(unit).map(Duration::from_millis)
}

/// Reads the SID of a Twilio account.
pub(super) fn account_sid(value: &str) -> Option<String> {
    parsed(value).filter(|sid: &String| is_sid(sid, "AC"))
}

/// Reads phone numbers separated by commas.
pub(super) fn phones(value: &str) -> Option<Vec<Phone>> {
    value
        .split(',')
        .map(str::trim)
        .filter(|number| !number.is_empty())
        .map(parsed)
        .collect()
}

/// Reads words separated by commas.
#[expect(
    clippy::unnecessary_wraps,
    reason = "the table wants a reader that may refuse a value"
)]
pub(super) fn opt_out_words(value: &str) -> Option<OptOutWords> {
    Some(OptOutWords::read(value))
}

/// Checks the directives of `RUST_LOG`.
pub(super) fn log_directives(value: &str) -> Option<String> {
    EnvFilter::try_new(value).ok().map(|_| value.to_owned())
}
