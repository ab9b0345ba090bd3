//! What settings say: their forms, and how they are read.

use std::{fmt, path::PathBuf, str::FromStr, time::Duration};

use secrecy::SecretString;
use url::Url;

use crate::domain::{inbound::SignUp, phone::Phone};

/// Where the ledger lives.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// A file on this machine.
    Sqlite(PathBuf),
    /// A PostgreSQL server. The URL holds a password.
    Postgres(SecretString),
}

impl fmt::Debug for DatabaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Sqlite(path) => write!(f, "sqlite://{}", path.display()),
            Self::Postgres(_) => f.write_str("postgres://…"),
        }
    }
}

impl FromStr for DatabaseUrl {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        if let Some(path) = value
            .strip_prefix("sqlite://")
            .filter(|path| !path.is_empty())
        {
            return Ok(Self::Sqlite(PathBuf::from(path)));
        }
        if value.starts_with("postgres://") || value.starts_with("postgresql://") {
            return Ok(Self::Postgres(value.to_owned().into()));
        }
        Err("sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE")
    }
}

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

    /// Whether browsers come by TLS.
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

/// Who our texts come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Sender {
    /// One number.
    Number(Phone),
    /// A Twilio messaging service (`MG…`).
    Service(String),
}

impl FromStr for Sender {
    type Err = &'static str;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        if is_sid(value, "MG") {
            return Ok(Self::Service(value.to_owned()));
        }
        value
            .parse()
            .map(Self::Number)
            .map_err(|_| "+E.164, or MG and 32 hexadecimal digits")
    }
}

pub(super) fn is_sid(value: &str, prefix: &str) -> bool {
    value
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// `SIGNUP` and `ALLOWED_NUMBERS`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SignUpRule {
    /// Only these numbers.
    Allowlist(Vec<Phone>),
    /// Anyone.
    Open,
}

impl SignUpRule {
    /// Whether `phone` may link itself.
    #[must_use]
    pub fn judge(&self, phone: &Phone) -> SignUp {
        match self {
            Self::Open => SignUp::Allowed,
            Self::Allowlist(numbers) if numbers.contains(phone) => SignUp::Allowed,
            Self::Allowlist(_) => SignUp::Refused,
        }
    }
}

/// `LOG_FORMAT`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LogFormat {
    /// For people.
    Text,
    /// For machines.
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

/// Reads `200ms`, `5s`, `15m`, `24h`, `30d`.
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
