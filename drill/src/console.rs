//! An operator in the console: real HTTP with forms and a cookie. Webs die meanwhile, so every step is
//! tried again.

use std::time::Duration;

use birdcall_vendors::http::{self, HttpLimits};
use futures_util::future::join;

use crate::error::DrillResult;

/// The password of the first operator, whose name is `admin`.
pub(crate) const PASSWORD: &str = "the-password-of-the-drill";
/// The name under which the ledger knows what this operator began.
pub(crate) const OPERATOR: &str = "admin";
/// The time between two attempts.
const PAUSE: Duration = Duration::from_millis(250);
/// The largest number of attempts at one step. Web may ask for a minute of patience after interrupted
/// sign-ins.
const TRIES_MAX: usize = 400;

/// How long the operator waits for a page.
const PATIENCE: HttpLimits = HttpLimits {
    connect_timeout: Duration::from_secs(2),
    request_timeout: Duration::from_secs(10),
};

/// An operator who is signed in.
pub(crate) struct Console {
    url: String,
    cookie: String,
}

/// What web answered.
struct Answer {
    status: u16,
    location: String,
    cookie: String,
    page: String,
}

/// The form below a plan.
struct Form {
    action: String,
    key: String,
}

/// What came of pressing Begin.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Pressed {
    /// The id of the replay that goes on.
    Begun(String),
    /// Nothing would be run again.
    Nothing,
}

impl Console {
    pub(crate) async fn sign_in(url: &str) -> DrillResult<Self> {
        let mut console = Self {
            url: url.to_owned(),
            cookie: String::new(),
        };
        let form = format!("name={OPERATOR}&password={PASSWORD}");
        for _ in 0..TRIES_MAX {
            if let Some(answer) = console.ask("/admin/sign-in", Some(&form)).await
                && answer.status == 303
                && let Some(pair) = answer.cookie.split(';').next()
                && !pair.is_empty()
            {
                pair.clone_into(&mut console.cookie);
                return Ok(console);
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err("nobody could sign in to the console".into())
    }

    /// Opens the plan with this query, and presses Begin twice at the same moment. What was not answered
    /// is pressed again, in the same form.
    pub(crate) async fn begin(&self, query: &str, pace: u32) -> DrillResult<Pressed> {
        let Some(form) = self.plan(query).await? else {
            return Ok(Pressed::Nothing);
        };
        let body = format!("key={}&pace={pace}&reason=the+drill", form.key);
        for _ in 0..TRIES_MAX {
            let press = || self.press(&form.action, &body);
            match join(press(), press()).await {
                (Some(one), Some(other)) if one != other => {
                    return Err(format!("one form began {one:?} and {other:?}").into());
                }
                (Some(pressed), _) | (None, Some(pressed)) => return Ok(pressed),
                (None, None) => tokio::time::sleep(PAUSE).await,
            }
        }
        Err("no replay could be begun in the console".into())
    }

    /// The form of the plan. `None`: nothing would be run again.
    async fn plan(&self, query: &str) -> DrillResult<Option<Form>> {
        let path = format!("/admin/replays/plan?{query}");
        for _ in 0..TRIES_MAX {
            if let Some(answer) = self.ask(&path, None).await
                && answer.status == 200
            {
                return Ok(form(&answer.page));
            }
            tokio::time::sleep(PAUSE).await;
        }
        Err("the plan of a replay was not shown".into())
    }

    /// `None`: it has to be pressed again.
    async fn press(&self, action: &str, body: &str) -> Option<Pressed> {
        let Answer { location, .. } = self.ask(action, Some(body)).await?;
        if location.contains("done=replay-nothing") {
            return Some(Pressed::Nothing);
        }
        let (path, _) = location.split_once("?done=replay-begun")?;
        let id = path.rsplit('/').next()?;
        Some(Pressed::Begun(id.to_owned()))
    }

    /// Opens a page, or sends a form. `None`: there was no answer.
    async fn ask(&self, path: &str, form: Option<&str>) -> Option<Answer> {
        let browser = http::client(PATIENCE);
        let address = format!("{}{path}", self.url);
        let request = match form {
            None => browser.get(address),
            Some(form) => browser
                .post(address)
                .header("content-type", "application/x-www-form-urlencoded")
                .body(form.to_owned()),
        };
        let answer = request.header("cookie", &self.cookie).send().await.ok()?;
        let header = |name: &str| {
            let value = answer.headers().get(name);
            let value = value.and_then(|value| value.to_str().ok());
            value.unwrap_or_default().to_owned()
        };
        Some(Answer {
            status: answer.status().as_u16(),
            location: header("location"),
            cookie: header("set-cookie"),
            page: answer.text().await.ok()?,
        })
    }
}

/// Reads the form that begins what a page plans.
fn form(page: &str) -> Option<Form> {
    let after = |mark: &str| {
        let (_, rest) = page.split_once(mark)?;
        rest.split('"').next()
    };
    let query = after("action=\"/admin/replays/begin?")?.replace("&#38;", "&");
    Some(Form {
        action: format!("/admin/replays/begin?{query}"),
        key: after("name=\"key\" value=\"")?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::form;

    #[test]
    fn a_plan_without_a_form_has_nothing_to_begin() {
        assert!(form("<h1>Plan a replay</h1>").is_none());
        let page = r#"<form method="post" action="/admin/replays/begin?since=1&#38;pace=2">
            <input type="hidden" name="key" value="abc"></form>"#;
        let form = form(page).expect("a form");
        assert_eq!(form.action, "/admin/replays/begin?since=1&pace=2");
        assert_eq!(form.key, "abc");
    }
}
