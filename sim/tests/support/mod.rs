//! Support for the tests: a simulator, a client, and an app that receives webhooks.
#![expect(
    clippy::unwrap_used,
    dead_code,
    reason = "every test program uses a part of this module"
)]

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{
    Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::post,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use birdcall_domain::clock::{Clock as _, ManualClock, Timestamp};
use birdcall_sim::{Sim, SimConfig};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use url::form_urlencoded;

pub(crate) const PHONE: &str = "+15550001111";
pub(crate) const VERIFIER: &str = "0123456789012345678901234567890123456789abc";
pub(crate) const SCOPES: &str = "tweet.read tweet.write users.read media.write offline.access";

/// A webhook as the app received it.
#[derive(Clone, Debug)]
pub(crate) struct Seen {
    pub(crate) headers: HeaderMap,
    pub(crate) params: Vec<(String, String)>,
}

impl Seen {
    pub(crate) fn get(&self, name: &str) -> &str {
        self.params
            .iter()
            .find(|(key, _)| key == name)
            .map_or("", |(_, value)| value.as_str())
    }
}

/// The app's next answers: status, content type and body. Without one it answers `<Response/>`.
pub(crate) type Answers = VecDeque<(u16, &'static str, &'static str)>;

#[derive(Clone, Default)]
pub(crate) struct App {
    pub(crate) seen: Arc<Mutex<Vec<Seen>>>,
    pub(crate) answers: Arc<Mutex<Answers>>,
}

pub(crate) struct World {
    pub(crate) sim: Sim,
    pub(crate) clock: ManualClock,
    pub(crate) http: reqwest::Client,
    pub(crate) app: App,
    pub(crate) app_url: String,
    pub(crate) config: SimConfig,
}

pub(crate) async fn world() -> World {
    let app = App::default();
    let router = Router::new()
        .route("/message", post(webhook))
        .route("/status", post(webhook));
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let app_url = format!("http://{}", listener.local_addr().unwrap());
    let service = router.with_state(app.clone());
    tokio::spawn(async move { axum::serve(listener, service).await });
    let clock = ManualClock::new(Timestamp::from_secs(1_795_366_800));
    let config = SimConfig {
        clock: Arc::new(clock.clone()),
        webhook_url: format!("{app_url}/message"),
        ..SimConfig::for_tests()
    };
    let sim = Sim::start(config.clone()).await.unwrap();
    let second = Duration::from_secs(10);
    let http = client(second);
    World {
        sim,
        clock,
        http,
        app,
        app_url,
        config,
    }
}

async fn webhook(
    State(app): State<App>,
    headers: HeaderMap,
    body: String,
) -> (StatusCode, [(&'static str, &'static str); 1], &'static str) {
    let params = form_urlencoded::parse(body.as_bytes())
        .into_owned()
        .collect();
    app.seen.lock().unwrap().push(Seen { headers, params });
    let next = app.answers.lock().unwrap().pop_front();
    let (status, kind, body) = next.unwrap_or((200, "text/xml", "<Response/>"));
    (
        StatusCode::from_u16(status).unwrap(),
        [("content-type", kind)],
        body,
    )
}

/// A complete answer of the simulator. `json` is null if the body is not JSON.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: BTreeMap<String, String>,
    pub(crate) json: Value,
}

impl World {
    pub(crate) fn authorize_url(&self) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let query = form_urlencoded::Serializer::new(String::new())
            .extend_pairs([
                ("response_type", "code"),
                ("client_id", self.config.x_client_id.as_str()),
                ("redirect_uri", self.config.redirect_uris[0].as_str()),
                ("scope", SCOPES),
                ("state", "the-state"),
                ("code_challenge", &challenge),
                ("code_challenge_method", "S256"),
            ])
            .finish();
        format!("{}/i/oauth2/authorize?{query}", self.sim.url())
    }

    pub(crate) async fn code(&self, username: &str) -> String {
        let back = self.sim.approve(&self.authorize_url(), username).await;
        let url = url::Url::parse(&back).unwrap();
        let pairs: BTreeMap<String, String> = url.query_pairs().into_owned().collect();
        assert_eq!(pairs["state"], "the-state");
        pairs["code"].clone()
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let status = response.status().as_u16();
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), value.to_str().unwrap().to_owned()))
            .collect();
        let json = serde_json::from_str(&response.text().await.unwrap()).unwrap_or_default();
        Answer {
            status,
            headers,
            json,
        }
    }

    pub(crate) async fn token(&self, params: &[(&str, &str)]) -> Answer {
        let request = self
            .http
            .post(format!("{}/2/oauth2/token", self.sim.url()))
            .basic_auth(
                &self.config.x_client_id,
                self.config.x_client_secret.as_deref(),
            )
            .form(params);
        self.send(request).await
    }

    pub(crate) async fn exchange(&self, code: &str, verifier: &str) -> Answer {
        let redirect = self.config.redirect_uris[0].clone();
        self.token(&[
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect),
            ("code_verifier", verifier),
        ])
        .await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Answer {
        self.token(&[("grant_type", "refresh_token"), ("refresh_token", token)])
            .await
    }

    /// Presents a refresh token in a request to which no answer comes.
    pub(crate) async fn refresh_lost(&self, token: &str) {
        let form = [("grant_type", "refresh_token"), ("refresh_token", token)];
        let url = format!("{}/2/oauth2/token", self.sim.url());
        let request = self.http.post(url).basic_auth(
            &self.config.x_client_id,
            self.config.x_client_secret.as_deref(),
        );
        assert!(request.form(&form).send().await.is_err());
    }

    /// Signs a user in and returns the access token and the refresh token.
    pub(crate) async fn sign_in(&self, username: &str) -> (String, String) {
        let answer = self.exchange(&self.code(username).await, VERIFIER).await;
        assert_eq!(answer.status, 200, "{answer:?}");
        let token = |name: &str| answer.json[name].as_str().unwrap().to_owned();
        (token("access_token"), token("refresh_token"))
    }

    pub(crate) fn post_request(&self, token: &str, body: &Value) -> reqwest::RequestBuilder {
        let url = format!("{}/2/tweets", self.sim.url());
        self.http.post(url).bearer_auth(token).json(body)
    }

    pub(crate) async fn post(&self, token: &str, text: &str) -> Answer {
        self.send(self.post_request(token, &serde_json::json!({"text": text})))
            .await
    }

    pub(crate) async fn get(&self, token: &str, path: &str) -> Answer {
        self.send(
            self.http
                .get(format!("{}{path}", self.sim.url()))
                .bearer_auth(token),
        )
        .await
    }

    pub(crate) fn messages_url(&self) -> String {
        let account = &self.config.twilio_account_sid;
        format!(
            "{}/2010-04-01/Accounts/{account}/Messages.json",
            self.sim.url()
        )
    }

    pub(crate) fn twilio(&self, request: reqwest::RequestBuilder) -> reqwest::RequestBuilder {
        let config = &self.config;
        request.basic_auth(&config.twilio_account_sid, Some(&config.twilio_auth_token))
    }

    pub(crate) async fn sms(&self, params: &[(&str, &str)]) -> Answer {
        self.send(
            self.twilio(self.http.post(self.messages_url()))
                .form(params),
        )
        .await
    }

    /// Sends a text from the service to [`PHONE`], with a status callback.
    pub(crate) async fn reply(&self, body: &str) -> Answer {
        let status = format!("{}/status?text=1", self.app_url);
        self.sms(&[
            ("To", PHONE),
            ("From", &self.config.twilio_number),
            ("Body", body),
            ("StatusCallback", &status),
        ])
        .await
    }

    pub(crate) fn seen(&self) -> Vec<Seen> {
        self.app.seen.lock().unwrap().clone()
    }

    pub(crate) fn answers(&self, answers: &[(u16, &'static str, &'static str)]) {
        self.app.answers.lock().unwrap().extend(answers);
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
        assert!(self.clock.now() > Timestamp(0));
    }
}

/// A client that acts as browser and as caller of the APIs.
#[expect(
    clippy::disallowed_methods,
    reason = "the tests must not share a client with the product that they check"
)]
fn client(timeout: Duration) -> reqwest::Client {
    // An error means that another test has already installed a provider.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
        .timeout(timeout)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap()
}
