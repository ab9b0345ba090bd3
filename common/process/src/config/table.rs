//! The table of settings, except for the limits, which are in `limits.rs`.

use std::{net::SocketAddr, time::Duration};

use birdcall_domain::{
    command::OptOutWords, country::Country, public_url::PublicUrl, sign_up::SignUpRule,
};
use birdcall_ledger::{
    database::{Database, DatabaseUrl},
    fail_point::FailPoint,
};
use birdcall_vendors::{
    twilio::{Sender, TwilioConfig},
    x::XConfig,
};
use secrecy::SecretString;
use url::Url;

use super::{
    form::{optional_secret, or, positive_duration, required},
    limits::Limits,
    macros::settings,
    people::Operator,
    values::{
        ConsoleAddress, LogFormat, LogLevels, account_sid, log_directives, opt_out_words, optional,
        parsed, secret, vendor_base, vendor_page,
    },
};
use crate::vault::SecretKeys;

settings! {
    /// All settings of web and the worker.
    pub struct Config {
        WhereItRuns {
            /// Where the ledger is.
            database: Database {
                /// The database: `sqlite://PATH` for a file, or
                /// `postgres://USER:PASSWORD@HOST/DATABASE`. The images set
                /// `sqlite:///data/birdcall.db`.
                url: DatabaseUrl = or(
                    "DATABASE_URL",
                    "sqlite://data/birdcall.db",
                    "sqlite://PATH or postgres://USER:PASSWORD@HOST/DATABASE",
                    parsed,
                ).secret(),

                /// How long to wait for the database: for a connection, for the write lock
                /// (SQLite), or for the answer to a statement (PostgreSQL). A connection that does
                /// not answer within this time is closed.
                timeout: Duration = positive_duration("DATABASE_TIMEOUT", "10s"),
            },
        }

        Required {
            /// The address at which Twilio and browsers reach web: `https://HOST`, or
            /// `https://HOST/PREFIX` when web is served under a path prefix. Signature checks, links
            /// and callbacks are built from this address and never from a request's headers, so it
            /// must be exactly the one that you have given to Twilio and X.
            public_url: PublicUrl = required(
                "PUBLIC_URL",
                "https://birdcall.example.com",
                "https://HOST[/PREFIX] as Twilio and browsers see it",
                parsed,
            ),
        }

        WhereItRuns {
            /// The IP address and port on which web listens. Its image sets `0.0.0.0:8080`.
            listen_addr: SocketAddr = or(
                "LISTEN_ADDR",
                "127.0.0.1:8080",
                "an IP address and a port, such as 127.0.0.1:8080",
                parsed,
            ),

            /// The IP address and port on which web serves `/metrics`, apart from what the world can
            /// reach. Its image sets `0.0.0.0:8082`.
            metrics_listen_addr: SocketAddr = or(
                "METRICS_LISTEN_ADDR",
                "127.0.0.1:8082",
                "an IP address and a port, such as 127.0.0.1:8082",
                parsed,
            ),

            /// Where the console is served.
            console: ConsoleAddress {
                /// The IP address and port on which web serves the console, and nothing else. Then the
                /// console is not served on `LISTEN_ADDR`. Without it, it is served there.
                listen: Option<SocketAddr> = or(
                    "CONSOLE_LISTEN_ADDR",
                    "",
                    "an IP address and a port, such as 127.0.0.1:8083, or nothing",
                    optional,
                ),

                /// The address at which browsers reach `CONSOLE_LISTEN_ADDR`, without `/admin`. Without
                /// it, the address is `http://` and `CONSOLE_LISTEN_ADDR`, which is enough on one machine
                /// and through an SSH tunnel.
                url: Option<PublicUrl> = or(
                    "CONSOLE_URL",
                    "",
                    "https://HOST[/PREFIX] as the operators' browsers see it, or nothing",
                    optional,
                ),
            },

            /// The IP address and port on which a worker serves `/healthz`, `/readyz` and
            /// `/metrics`. Its image sets `0.0.0.0:8081`.
            worker_listen_addr: SocketAddr = or(
                "WORKER_LISTEN_ADDR",
                "127.0.0.1:8081",
                "an IP address and a port, such as 127.0.0.1:8081",
                parsed,
            ),
        }

        XAndTwilio {
            /// The Twilio account, its number and its API.
            twilio: TwilioConfig {
                /// The SID of your Twilio account: `AC` and 32 hexadecimal digits.
                account_sid: String = required(
                    "TWILIO_ACCOUNT_SID",
                    "AC_your_account_sid",
                    "AC and 32 hexadecimal digits",
                    account_sid,
                ),

                /// The primary auth token of your Twilio account. Birdcall verifies Twilio's
                /// webhooks with it and authorizes its own calls to Twilio with it.
                auth_token: SecretString = required(
                    "TWILIO_AUTH_TOKEN",
                    "",
                    "the account's primary auth token",
                    secret,
                ).secret(),

                /// The sender of Birdcall's texts: your Twilio number in E.164 form, such as
                /// `+15551230001`, or the SID of your messaging service, which is `MG` and 32
                /// hexadecimal digits.
                from: Sender = required(
                    "TWILIO_FROM",
                    "+1_your_number",
                    "a number such as +15551230001, or the MG… SID of a messaging service",
                    parsed,
                ),

                /// The base URL of Twilio's API.
                api_url: Url = or(
                    "TWILIO_API_URL",
                    "https://api.twilio.com",
                    "an https:// URL without a query, or http:// on localhost",
                    vendor_base,
                ),
            },

            /// Further words that mean STOP, separated by commas, such as `arret,baja`. A text that
            /// consists of one of them is never posted, and Birdcall texts its number nothing until
            /// START. List here the opt-out words of your messaging service, if it uses Twilio's
            /// Advanced Opt-Out: Twilio marks them in its webhooks, but not in its list, where missed
            /// texts are found.
            opt_out_words: OptOutWords = or(
                "OPT_OUT_WORDS",
                "",
                "words separated by commas, such as arret,baja",
                opt_out_words,
            ),

            /// The X app and X's API.
            x: XConfig {
                /// The OAuth 2.0 client ID of your X app.
                client_id: String = required(
                    "X_CLIENT_ID",
                    "",
                    "the OAuth 2.0 client ID of your X app",
                    parsed,
                ),

                /// The OAuth 2.0 client secret of your X app. Only confidential clients have one.
                client_secret: Option<SecretString> = optional_secret("X_CLIENT_SECRET"),

                /// The base URL of X's API, which handles posts, users, media and tokens.
                api_url: Url = or(
                    "X_API_URL",
                    "https://api.x.com",
                    "an https:// URL without a query, or http:// on localhost",
                    vendor_base,
                ),

                /// The page at X to which a browser is sent to sign in.
                authorize_url: Url = or(
                    "X_AUTHORIZE_URL",
                    "https://x.com/i/oauth2/authorize",
                    "an https:// URL, or http:// on localhost",
                    vendor_page,
                ),
            },
        }

        Required {
            /// The keys.
            secret_keys: SecretKeys,
        }

        Working {
            /// How long hashes of what was erased are kept, so that a late text or a repeated webhook
            /// does not bring it back. See `docs/operating.md`.
            erasures_remembered: Duration = positive_duration("ERASURES_REMEMBERED", "30d"),
        }

        WhoRunsIt {
            /// Who runs this service.
            operator: Operator,
        }

        WhoMaySignUp {
            /// Which numbers may be linked.
            sign_up: SignUpRule,
        }

        WhereItRuns {
            /// The password of the console's first operator, whose name is `admin` and whose role is
            /// `admin`. Without it, and without operators that `birdcall operators add` added, there is
            /// no console: `/admin` is 404.
            admin_password: Option<SecretString> = optional_secret("ADMIN_PASSWORD"),

            /// The format of the log: `text` is for people, `json` is for machines.
            log_format: LogFormat = or("LOG_FORMAT", "text", "text or json", parsed),

            /// What is logged.
            log_levels: LogLevels {
                // apalis logs every fetch that fails; the worker's supervisor says the same once.
                /// The lowest level of message that is logged, for everything or by module, such as
                /// `info` or `birdcall_worker=debug,info`.
                directives: String = or(
                    "RUST_LOG",
                    "info,sqlx=warn,apalis=warn,apalis_core=error",
                    "levels such as info or birdcall_worker=debug,info",
                    log_directives,
                ),
            },
        }

        Working {
            /// How long things may take and how often they happen.
            limits: Limits,
        }

        Testing {
            /// The point at which this process aborts, to test what the next one does.
            fail_point: FailPoint = or(
                "FAIL_POINT",
                "",
                "unset, except in tests",
                parsed,
            ),
        }
    }

    check(console) console.url.is_some() || console.listen.is_none_or(|at| at.ip().is_loopback()) =>
        "CONSOLE_URL" must be "set if CONSOLE_LISTEN_ADDR can be reached from other machines";
    check(console) console.url.is_none() || console.listen.is_some() =>
        "CONSOLE_LISTEN_ADDR" must be "set if CONSOLE_URL is";
    check(sign_up, twilio) knows_its_country(sign_up, &twilio.from) =>
        "SIGNUP_COUNTRIES" must be "set with SIGNUP=open, because the country of TWILIO_FROM is not known";
}

/// Whether the country of the number that people text is known, where a rule asks for it. With a messaging
/// service, it is known once a text arrives.
fn knows_its_country(sign_up: &SignUpRule, from: &Sender) -> bool {
    match (sign_up, from) {
        (SignUpRule::OpenNearby, Sender::Number(number)) => Country::of(number).is_some(),
        _ => true,
    }
}
