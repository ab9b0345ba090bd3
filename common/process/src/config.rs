//! Settings: all of them, and the only reader of the environment.

mod limits;
mod reader;
mod values;

use std::{collections::HashMap, net::SocketAddr};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use birdcall_domain::{inbound::SignUpRule, phone::Phone, public_url::PublicUrl};
use birdcall_ledger::{database::Database, fail_point::FailPoint};
use birdcall_vendors::{
    twilio::{TwilioConfig, is_sid},
    x::XConfig,
};
pub use limits::Limits;
use reader::Reader;
use secrecy::SecretString;
use thiserror::Error;
pub use values::{LogFormat, parse_duration};

use crate::vault::SecretKeys;

/// Exit code for a missing or malformed setting (`EX_CONFIG` of sysexits.h).
pub const EXIT_CONFIG: u8 = 78;

/// Everything that web and worker need.
#[derive(Clone, Debug)]
pub struct Config {
    /// `DATABASE_URL`, `DATABASE_TIMEOUT`.
    pub database: Database,
    /// `PUBLIC_URL`.
    pub public_url: PublicUrl,
    /// `LISTEN_ADDR`.
    pub listen_addr: SocketAddr,
    /// `WORKER_LISTEN_ADDR`.
    pub worker_listen_addr: SocketAddr,
    /// Twilio's side.
    pub twilio: TwilioConfig,
    /// X's side.
    pub x: XConfig,
    /// `SECRET_KEY`.
    pub secret_keys: SecretKeys,
    /// `SIGNUP`, `ALLOWED_NUMBERS`.
    pub sign_up: SignUpRule,
    /// `ADMIN_PASSWORD`.
    pub admin_password: Option<SecretString>,
    /// `LOG_FORMAT`.
    pub log_format: LogFormat,
    /// Every limit.
    pub limits: Limits,
    /// `FAIL_POINT`: for tests; where this process dies.
    pub fail_point: FailPoint,
}

/// One line per setting that is missing or malformed.
#[derive(Debug, Error)]
#[error("{}", .0.join("\n"))]
pub struct ConfigError(pub Vec<String>);

impl Config {
    /// Reads the environment, after `.env`.
    ///
    /// # Errors
    ///
    /// One line per setting that is missing or malformed.
    pub fn from_env() -> Result<Self, ConfigError> {
        Self::from_settings(environment()?)
    }

    /// Reads settings from a map of names to values.
    ///
    /// # Errors
    ///
    /// One line per setting that is missing or malformed.
    pub fn from_settings(settings: HashMap<String, String>) -> Result<Self, ConfigError> {
        let mut read = Reader {
            settings,
            problems: Vec::new(),
        };
        let config = read.config();
        match config {
            Some(config) if read.problems.is_empty() => Ok(config),
            _ => Err(ConfigError(read.problems)),
        }
    }
}

/// Reads `DATABASE_URL` and `DATABASE_TIMEOUT` alone: all that listing and migrating need.
///
/// # Errors
///
/// The setting is malformed.
pub fn database_from_env() -> Result<Database, ConfigError> {
    let mut read = Reader {
        settings: environment()?,
        problems: Vec::new(),
    };
    read.database()
        .ok_or_else(|| ConfigError(std::mem::take(&mut read.problems)))
}

#[expect(
    clippy::disallowed_methods,
    reason = "the one reader of the environment"
)]
fn environment() -> Result<HashMap<String, String>, ConfigError> {
    match dotenvy::dotenv() {
        Ok(_) => {}
        // The normal case in a container.
        Err(error) if error.not_found() => {}
        // What stands in it, or in a line of it, may be secret: only the name is repeated.
        Err(dotenvy::Error::LineParse(line, _)) => {
            let name = line.split('=').next().unwrap_or_default().trim();
            return Err(ConfigError(vec![format!(
                ".env: the line of {name} can't be read: put a value with spaces or # in single quotes"
            )]));
        }
        Err(error) => return Err(ConfigError(vec![format!(".env can't be read: {error}")])),
    }
    Ok(std::env::vars().collect())
}

/// Who runs this program, for the audit: the operating system's user.
#[must_use]
pub fn operator_name() -> String {
    let environment = environment().unwrap_or_default();
    let name = environment
        .get("SUDO_USER")
        .or(environment.get("USER"))
        .or(environment.get("LOGNAME"));
    name.cloned().unwrap_or_else(|| "operator".to_owned())
}

impl Reader {
    fn config(&mut self) -> Option<Config> {
        let database = self.database();
        let public_url = self.required(
            "PUBLIC_URL",
            "https://HOST[/PREFIX] as Twilio and browsers see it",
        );
        let listen_addr = self.or("LISTEN_ADDR", "127.0.0.1:8080", "HOST:PORT");
        let worker_listen_addr = self.or("WORKER_LISTEN_ADDR", "127.0.0.1:8081", "HOST:PORT");
        let twilio = self.twilio();
        let x = self.x();
        let secret_keys = self.secret_keys();
        let sign_up = self.sign_up();
        let admin_password = self.value("ADMIN_PASSWORD").map(SecretString::from);
        let log_format = self.or("LOG_FORMAT", "text", "text or json");
        let limits = self.limits();
        let fail_point = self.or(
            "FAIL_POINT",
            "",
            "nothing; outside tests no process should die",
        );
        Some(Config {
            database: database?,
            public_url: public_url?,
            listen_addr: listen_addr?,
            worker_listen_addr: worker_listen_addr?,
            twilio: twilio?,
            x: x?,
            secret_keys: secret_keys?,
            sign_up: sign_up?,
            admin_password,
            log_format: log_format?,
            limits: limits?,
            fail_point: fail_point?,
        })
    }

    fn database(&mut self) -> Option<Database> {
        let url = self.or(
            "DATABASE_URL",
            "sqlite://data/birdcall.db",
            "sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE",
        );
        let timeout = self.positive_duration("DATABASE_TIMEOUT", "10s");
        Some(Database {
            url: url?,
            timeout: timeout?,
        })
    }

    fn twilio(&mut self) -> Option<TwilioConfig> {
        let account_sid = self.required_text("TWILIO_ACCOUNT_SID", "AC and 32 hexadecimal digits");
        let account_sid = match account_sid {
            Some(sid) if !is_sid(&sid, "AC") => {
                self.problem("TWILIO_ACCOUNT_SID", "AC and 32 hexadecimal digits");
                None
            }
            other => other,
        };
        let auth_token =
            self.required_text("TWILIO_AUTH_TOKEN", "the account's primary auth token");
        let from = self.required("TWILIO_FROM", "+E.164, or MG… of a messaging service");
        let api_url = self.or("TWILIO_API_URL", "https://api.twilio.com", "a URL");
        Some(TwilioConfig {
            account_sid: account_sid?,
            auth_token: auth_token?.into(),
            from: from?,
            api_url: api_url?,
        })
    }

    fn x(&mut self) -> Option<XConfig> {
        let client_id = self.required_text("X_CLIENT_ID", "the OAuth 2.0 client id of your X app");
        let client_secret = self.value("X_CLIENT_SECRET").map(SecretString::from);
        let api_url = self.or("X_API_URL", "https://api.x.com", "a URL");
        let authorize_url = self.or(
            "X_AUTHORIZE_URL",
            "https://x.com/i/oauth2/authorize",
            "a URL",
        );
        Some(XConfig {
            client_id: client_id?,
            client_secret,
            api_url: api_url?,
            authorize_url: authorize_url?,
        })
    }

    fn secret_keys(&mut self) -> Option<SecretKeys> {
        const WANTED: &str = "32 random bytes in base64 (openssl rand -base64 32); several, comma-separated, for rotation";
        let value = self.required_text("SECRET_KEY", WANTED)?;
        let keys: Option<Vec<[u8; 32]>> = value
            .split(',')
            .map(|key| {
                STANDARD
                    .decode(key.trim())
                    .ok()
                    .and_then(|bytes| bytes.try_into().ok())
            })
            .collect();
        let keys = keys.and_then(SecretKeys::new);
        if keys.is_none() {
            self.problem("SECRET_KEY", WANTED);
        }
        keys
    }

    fn sign_up(&mut self) -> Option<SignUpRule> {
        const WANTED: &str =
            "E.164 numbers, comma-separated, for example +15551230001,+15551230002";
        let rule = self
            .value("SIGNUP")
            .unwrap_or_else(|| "allowlist".to_owned());
        let numbers = self.value("ALLOWED_NUMBERS").unwrap_or_default();
        let numbers: Result<Vec<Phone>, _> = numbers
            .split(',')
            .map(str::trim)
            .filter(|n| !n.is_empty())
            .map(str::parse)
            .collect();
        let Ok(numbers) = numbers else {
            self.problem("ALLOWED_NUMBERS", WANTED);
            return None;
        };
        match rule.as_str() {
            "open" => Some(SignUpRule::Open),
            "allowlist" => Some(SignUpRule::Allowlist(numbers)),
            _ => {
                self.problem("SIGNUP", "allowlist or open");
                None
            }
        }
    }
}

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
