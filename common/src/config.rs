//! Settings. The only reader of the environment.

use std::{
    collections::HashMap, fmt, net::SocketAddr, path::PathBuf, str::FromStr, time::Duration,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use secrecy::SecretString;
use thiserror::Error;
use url::Url;

use crate::{
    domain::{backoff::Backoff, inbound::SignUp, outbound, phone::Phone, text},
    fail_point::FailPoint,
    http::HttpLimits,
    vault::SecretKeys,
};

/// Exit code for a missing or malformed setting (`EX_CONFIG` of sysexits.h).
pub const EXIT_CONFIG: u8 = 78;

/// Where the ledger lives.
#[derive(Clone)]
pub enum DatabaseUrl {
    /// A file on this machine.
    Sqlite(PathBuf),
    /// A PostgreSQL server. The URL holds a password.
    Postgres(SecretString),
}

/// The database, and how long it is waited for.
#[derive(Clone, Debug)]
pub struct Database {
    /// `DATABASE_URL`.
    pub url: DatabaseUrl,
    /// `DATABASE_TIMEOUT`: for a connection, for the write lock (SQLite), for the answer to a
    /// statement (PostgreSQL).
    pub timeout: Duration,
}

impl From<DatabaseUrl> for Database {
    /// With the default patience.
    fn from(url: DatabaseUrl) -> Self {
        Self {
            url,
            timeout: DATABASE_TIMEOUT,
        }
    }
}

/// Longer than any statement of ours takes on a healthy database, however full.
const DATABASE_TIMEOUT: Duration = Duration::from_secs(10);

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

fn is_sid(value: &str, prefix: &str) -> bool {
    value
        .strip_prefix(prefix)
        .is_some_and(|rest| rest.len() == 32 && rest.bytes().all(|b| b.is_ascii_hexdigit()))
}

/// Twilio's side.
#[derive(Clone, Debug)]
pub struct TwilioConfig {
    /// `TWILIO_ACCOUNT_SID`.
    pub account_sid: String,
    /// `TWILIO_AUTH_TOKEN`, the primary one: it signs webhooks.
    pub auth_token: SecretString,
    /// `TWILIO_FROM`.
    pub from: Sender,
    /// `TWILIO_API_URL`.
    pub api_url: Url,
}

/// X's side.
#[derive(Clone, Debug)]
pub struct XConfig {
    /// `X_CLIENT_ID`.
    pub client_id: String,
    /// `X_CLIENT_SECRET`: confidential clients have one.
    pub client_secret: Option<SecretString>,
    /// `X_API_URL`.
    pub api_url: Url,
    /// `X_AUTHORIZE_URL`.
    pub authorize_url: Url,
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

/// How long and how often: every limit that is not a vendor's own.
#[derive(Clone, Debug)]
pub struct Limits {
    /// `WORKER_CONCURRENCY`: calls in flight per worker process.
    pub worker_concurrency: usize,
    /// `RETRY_DELAY_MIN`, `RETRY_DELAY_MAX`.
    pub backoff: Backoff,
    /// `RETRY_HORIZON`: then a text fails, with a last word to its sender.
    pub retry_horizon: Duration,
    /// `RESOLVE_DELAYS`: when the timeline is read after an unknown outcome.
    pub resolve_delays: Vec<Duration>,
    /// `LEASE`: how long a claim lasts.
    pub lease: Duration,
    /// `REFRESH_MARGIN`: an access token is refreshed this long before it expires.
    pub refresh_margin: Duration,
    /// `REFRESH_IDLE_AFTER`: an account silent for longer is refreshed on need only.
    pub refresh_idle_after: Duration,
    /// `REPLY_SEGMENTS_MAX`: SMS segments of one reply.
    pub reply_segments_max: u32,
    /// `REPLY_VALIDITY`: how long Twilio may hold a reply back (its `ValidityPeriod`).
    pub reply_validity: Duration,
    /// `REPLIES_MAX` texts to one number within `REPLIES_WINDOW`.
    pub replies_max: u32,
    /// `REPLIES_WINDOW`.
    pub replies_window: Duration,
    /// `OPEN_TEXTS_MAX`: while so many texts of one phone wait to be posted, new ones are refused.
    pub open_texts_max: usize,
    /// `LATE_AFTER`: a text that is this old and not posted gets one notice.
    pub late_after: Duration,
    /// `SIGN_IN_WAIT_MAX`: how long a text waits for its owner to sign in.
    pub sign_in_wait_max: Duration,
    /// `SIGN_IN_LINK_TTL`: how long the link that we text works.
    pub sign_in_link_ttl: Duration,
    /// `SIGN_IN_TTL`: from the button to the way back from X.
    pub sign_in_ttl: Duration,
    /// `CLAIMS_MAX`: a text that this many workers took without settling it is given up.
    pub claims_max: u32,
    /// `POST_LENGTH_MAX`, in weighted characters.
    pub post_length_max: u32,
    /// `CONNECT_TIMEOUT`, `CALL_TIMEOUT`: one call to X or Twilio.
    pub http: HttpLimits,
    /// `OUTCOME_TIMEOUT`: how long what came of a call is kept for a database that is away.
    pub outcome_timeout: Duration,
    /// `RECEIVE_TIMEOUT`: a webhook that can't be committed within this is answered 503.
    pub receive_timeout: Duration,
    /// `BODY_BYTES_MAX`: the largest request body that web reads.
    pub body_bytes_max: usize,
    /// `SWEEP_INTERVAL`: how often what is due and asleep is looked for.
    pub sweep_interval: Duration,
    /// `SWEEP_INBOUND_INTERVAL`: how often Twilio is asked for texts that never reached web.
    pub sweep_inbound_interval: Duration,
    /// `SWEEP_INBOUND_GRACE`: the webhook of a younger text may still be on its way.
    pub sweep_inbound_grace: Duration,
    /// `SWEEP_INBOUND_SINCE`: how far back the schedule looks; what is older is looked for by
    /// hand. 0: the schedule does not look at all.
    pub sweep_inbound_since: Duration,
    /// `SWEEP_INBOUND_MAX`: of a longer list the newest so many are looked at.
    pub sweep_inbound_max: usize,
    /// `JOBS_KEPT`: finished jobs are listed for so long, and then removed.
    pub jobs_kept: Duration,
    /// `QUEUE_POLL`: how often a worker looks whether another process has written (SQLite).
    pub queue_poll: Duration,
    /// `SWEEP_GRACE`: what is overdue by less than this has a job on its way.
    pub sweep_grace: Duration,
    /// `SWEEP_AGAIN`: what was woken within this is not woken again.
    pub sweep_again: Duration,
    /// `SHUTDOWN_TIMEOUT`: how long work in hand may take after SIGTERM.
    pub shutdown_timeout: Duration,
}

impl Limits {
    /// The rules for texts.
    #[must_use]
    pub fn text_policy(&self) -> text::Policy {
        text::Policy {
            backoff: self.backoff,
            resolve_delays: self.resolve_delays.clone(),
            late_after: self.late_after,
            sign_in_wait_max: self.sign_in_wait_max,
        }
    }

    /// The rules for replies.
    #[must_use]
    pub fn reply_policy(&self) -> outbound::Policy {
        outbound::Policy {
            backoff: self.backoff,
            resolve_delays: self.resolve_delays.clone(),
        }
    }
}

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

struct Reader {
    settings: HashMap<String, String>,
    problems: Vec<String>,
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

    fn limits(&mut self) -> Option<Limits> {
        let worker_concurrency = self.positive("WORKER_CONCURRENCY", "64");
        let retry_delay_min = self.duration("RETRY_DELAY_MIN", "5s");
        let retry_delay_max = self.duration("RETRY_DELAY_MAX", "15m");
        let retry_horizon = self.positive_duration("RETRY_HORIZON", "24h");
        let resolve_delays = self.durations("RESOLVE_DELAYS", "5s,30s,2m");
        let lease = self.positive_duration("LEASE", "30s");
        let refresh_margin = self.duration("REFRESH_MARGIN", "15m");
        let refresh_idle_after = self.duration("REFRESH_IDLE_AFTER", "30d");
        let reply_segments_max = self.positive("REPLY_SEGMENTS_MAX", "1");
        let reply_validity = self.positive_duration("REPLY_VALIDITY", "4h");
        let replies_max = self.positive("REPLIES_MAX", "10");
        let replies_window = self.duration("REPLIES_WINDOW", "30s");
        let open_texts_max = self.positive("OPEN_TEXTS_MAX", "500");
        let late_after = self.duration("LATE_AFTER", "10m");
        let sign_in_wait_max = self.duration("SIGN_IN_WAIT_MAX", "7d");
        let sign_in_link_ttl = self.duration("SIGN_IN_LINK_TTL", "24h");
        let sign_in_ttl = self.duration("SIGN_IN_TTL", "15m");
        let claims_max = self.positive("CLAIMS_MAX", "5");
        let post_length_max = self.positive("POST_LENGTH_MAX", "280");
        let connect_timeout = self.positive_duration("CONNECT_TIMEOUT", "5s");
        let request_timeout = self.positive_duration("CALL_TIMEOUT", "10s");
        let outcome_timeout = self.duration("OUTCOME_TIMEOUT", "10m");
        let receive_timeout = self.positive_duration("RECEIVE_TIMEOUT", "5s");
        let body_bytes_max = self.positive("BODY_BYTES_MAX", "65536");
        let sweep_interval = self.positive_duration("SWEEP_INTERVAL", "5s");
        let sweep_inbound_interval = self.positive_duration("SWEEP_INBOUND_INTERVAL", "15m");
        let sweep_inbound_grace = self.duration("SWEEP_INBOUND_GRACE", "1m");
        let sweep_inbound_since = self.duration("SWEEP_INBOUND_SINCE", "24h");
        let sweep_inbound_max = self.positive("SWEEP_INBOUND_MAX", "100000");
        let jobs_kept = self.duration("JOBS_KEPT", "24h");
        let queue_poll = self.positive_duration("QUEUE_POLL", "20ms");
        let sweep_grace = self.duration("SWEEP_GRACE", "5s");
        let sweep_again = self.duration("SWEEP_AGAIN", "20s");
        let shutdown_timeout = self.duration("SHUTDOWN_TIMEOUT", "20s");
        if let (Some(call), Some(lease)) = (request_timeout, lease)
            && call * 2 > lease
        {
            self.problem(
                "LEASE",
                "at least twice CALL_TIMEOUT, so that no call outlives its claim",
            );
        }
        Some(Limits {
            worker_concurrency: worker_concurrency?,
            backoff: Backoff {
                min: retry_delay_min?,
                max: retry_delay_max?,
            },
            retry_horizon: retry_horizon?,
            resolve_delays: resolve_delays?,
            lease: lease?,
            refresh_margin: refresh_margin?,
            refresh_idle_after: refresh_idle_after?,
            reply_segments_max: reply_segments_max?,
            reply_validity: reply_validity?,
            replies_max: replies_max?,
            replies_window: replies_window?,
            open_texts_max: open_texts_max?,
            late_after: late_after?,
            sign_in_wait_max: sign_in_wait_max?,
            sign_in_link_ttl: sign_in_link_ttl?,
            sign_in_ttl: sign_in_ttl?,
            claims_max: claims_max?,
            post_length_max: post_length_max?,
            http: HttpLimits {
                connect_timeout: connect_timeout?,
                request_timeout: request_timeout?,
            },
            outcome_timeout: outcome_timeout?,
            receive_timeout: receive_timeout?,
            body_bytes_max: body_bytes_max?,
            sweep_interval: sweep_interval?,
            sweep_inbound_interval: sweep_inbound_interval?,
            sweep_inbound_grace: sweep_inbound_grace?,
            sweep_inbound_since: sweep_inbound_since?,
            sweep_inbound_max: sweep_inbound_max?,
            jobs_kept: jobs_kept?,
            queue_poll: queue_poll?,
            sweep_grace: sweep_grace?,
            sweep_again: sweep_again?,
            shutdown_timeout: shutdown_timeout?,
        })
    }

    /// The setting's value, or what stands in the file that `NAME_FILE` names. Empty is unset.
    fn value(&mut self, name: &str) -> Option<String> {
        let direct = self.settings.get(name).filter(|value| !value.is_empty());
        if let Some(value) = direct {
            return Some(value.clone());
        }
        let path = self
            .settings
            .get(&format!("{name}_FILE"))
            .filter(|path| !path.is_empty())?
            .clone();
        match std::fs::read_to_string(&path) {
            Ok(content) => Some(content.trim_end_matches(['\r', '\n']).to_owned()),
            Err(error) => {
                self.problems
                    .push(format!("{name}_FILE: {path} can't be read: {error}"));
                None
            }
        }
    }

    fn problem(&mut self, name: &str, wanted: &str) {
        self.problems
            .push(format!("{name} is malformed: it wants {wanted}"));
    }

    fn required_text(&mut self, name: &str, wanted: &str) -> Option<String> {
        let known = self.problems.len();
        let value = self.value(name);
        if value.is_none() && self.problems.len() == known {
            self.problems
                .push(format!("{name} is missing: set it to {wanted}"));
        }
        value
    }

    fn required<T: FromStr>(&mut self, name: &str, wanted: &str) -> Option<T> {
        let value = self.required_text(name, wanted)?;
        self.parsed(name, &value, wanted)
    }

    fn or<T: FromStr>(&mut self, name: &str, default: &str, wanted: &str) -> Option<T> {
        let value = self.value(name).unwrap_or_else(|| default.to_owned());
        self.parsed(name, &value, wanted)
    }

    fn parsed<T: FromStr>(&mut self, name: &str, value: &str, wanted: &str) -> Option<T> {
        let parsed = value.trim().parse().ok();
        if parsed.is_none() {
            self.problem(name, wanted);
        }
        parsed
    }

    fn positive<T: FromStr + PartialEq + Default>(
        &mut self,
        name: &str,
        default: &str,
    ) -> Option<T> {
        const WANTED: &str = "a whole number above 0";
        let number: T = self.or(name, default, WANTED)?;
        if number == T::default() {
            self.problem(name, WANTED);
            return None;
        }
        Some(number)
    }

    fn duration(&mut self, name: &str, default: &str) -> Option<Duration> {
        self.durations(name, default).map(|durations| durations[0])
    }

    fn positive_duration(&mut self, name: &str, default: &str) -> Option<Duration> {
        let duration = self.duration(name, default)?;
        if duration.is_zero() {
            self.problem(name, "a duration above 0, such as 5s");
            return None;
        }
        Some(duration)
    }

    fn durations(&mut self, name: &str, default: &str) -> Option<Vec<Duration>> {
        let value = self.value(name).unwrap_or_else(|| default.to_owned());
        let durations: Option<Vec<Duration>> = value.split(',').map(parse_duration).collect();
        if durations.is_none() {
            self.problem(name, "a duration such as 200ms, 5s, 15m, 24h, 30d");
        }
        durations
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

#[cfg(test)]
#[path = "config_tests.rs"]
mod tests;
