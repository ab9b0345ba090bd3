//! The check of X: does X know this app?

use std::sync::Arc;

use birdcall_common::config::Config;
use birdcall_domain::clock::SystemClock;
use birdcall_vendors::x::{AppCheck, XClient};

use super::finding::{Finding, unreachable};

pub(super) async fn check(config: &Config) -> Finding {
    let clock = Arc::new(SystemClock);
    let client = XClient::new(&config.x, &config.public_url, config.limits.http, clock);
    let url = config.x.api_url.as_str().trim_end_matches('/');
    let problem = match client.check_app().await {
        AppCheck::Known => {
            let callback = client.redirect_uri();
            return Finding::Ok(format!(
                "X knows the client. Its callback URL must be exactly {callback}"
            ));
        }
        AppCheck::ClientRefused => "X does not accept the client: check X_CLIENT_ID and \
             X_CLIENT_SECRET against the keys of the app (OAuth 2.0) in X's developer portal"
            .to_owned(),
        AppCheck::Forbidden => "X knows the app and does not let it work (HTTP 403): look in X's \
             developer portal whether the app or its project is suspended"
            .to_owned(),
        AppCheck::RateLimited => {
            "X was asked too often (HTTP 429), so nothing was checked: wait some minutes, and run \
             this again"
                .to_owned()
        }
        AppCheck::Unreachable(trouble) => format!(
            "{}: check this machine's network, DNS, firewall and proxy, and X_API_URL if it is set",
            unreachable(url, trouble)
        ),
        AppCheck::InTrouble(status) => format!(
            "X is in trouble (HTTP {status} from {url}): wait, and run this again. Texts are kept \
             in the meantime"
        ),
        AppCheck::Strange(status) => format!(
            "what answers at {url} with HTTP {status} does not speak X's language: check X_API_URL \
             and the proxy, and run this again"
        ),
    };
    Finding::Wrong(problem)
}
