//! What an error body of X says, in the places where X says it.

use serde_json::Value;

use crate::http::Answer;

/// The parts of an error body that may decide something. X's shapes differ: a problem, a problem with
/// a list of errors, the older API's list, `{code, message}`, and OAuth's.
#[derive(Debug, Default)]
pub(super) struct Problem {
    /// The ends of `type`, then `reason` and `title`: the whole body's, then each error's.
    pub(super) types: Vec<String>,
    /// The older API's codes.
    pub(super) codes: Vec<u32>,
    /// What X says, the most specific first: of each error, then of the whole body.
    pub(super) messages: Vec<String>,
    /// What X repeats of the request. It never decides anything.
    pub(super) echoes: Vec<String>,
    /// X's general words, for want of better ones.
    pub(super) title: String,
}

impl Problem {
    /// Reads a body. `None`: these are not X's words, so X has judged nothing. An edge in front of X
    /// answers with HTML, or with a problem whose `type` is an address of its own.
    pub(super) fn read(answer: &Answer) -> Option<Self> {
        if answer.body.is_empty() {
            return Some(Self::default());
        }
        let body = answer.json().filter(Value::is_object)?;
        if body["type"].as_str().is_some_and(is_foreign) || !body["cloudflare_error"].is_null() {
            return None;
        }
        let mut problem = Self {
            title: text(&body["title"]),
            ..Self::default()
        };
        let errors = body["errors"].as_array().map_or(&[][..], Vec::as_slice);
        for part in std::iter::once(&body).chain(errors) {
            problem.types.extend(names(part));
            problem.codes.extend(code(&part["code"]));
            problem.codes.extend(code(&part["error"]["code"]));
            problem.echoes.extend(echoes(part));
        }
        for part in errors.iter().chain([&body["error"], &body]) {
            let said = [
                &part["message"],
                &part["detail"],
                &part["error_description"],
            ];
            let said = said.into_iter().chain([part, &part["error"]]);
            problem
                .messages
                .extend(said.map(text).filter(|said| !said.trim().is_empty()));
        }
        Some(problem)
    }

    /// Whether the problem has this type.
    pub(super) fn is(&self, name: &str) -> bool {
        self.types.iter().any(|it| it == name)
    }
}

/// The type of the problem in an answer of X, for support: the end of its address.
pub(super) fn type_of(answer: &Answer) -> Option<String> {
    const LENGTH_MAX: usize = 100;
    let body = answer.json()?;
    let first = [&body["type"], &body["errors"][0]["type"]];
    let uri = first.into_iter().find_map(Value::as_str)?;
    let name = uri.rsplit('/').next().unwrap_or_default();
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_:.".contains(c);
    let is_name = (1..=LENGTH_MAX).contains(&name.len()) && name.chars().all(plain);
    (is_name && !is_foreign(uri)).then(|| name.to_owned())
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or_default().to_owned()
}

/// Whether a problem's type is an address that is not X's.
fn is_foreign(uri: &str) -> bool {
    let Ok(url) = url::Url::parse(uri) else {
        return false;
    };
    let Some(host) = url.host_str() else {
        return false;
    };
    !["x.com", "twitter.com"]
        .iter()
        .any(|ours| host == *ours || host.ends_with(&format!(".{ours}")))
}

fn names(part: &Value) -> impl Iterator<Item = String> {
    let kind = part["type"].as_str().unwrap_or_default();
    let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
    [kind, text(&part["reason"]), text(&part["title"])]
        .into_iter()
        .filter(|name| !name.is_empty())
}

fn code(value: &Value) -> Option<u32> {
    let number = value.as_u64().and_then(|code| code.try_into().ok());
    number.or_else(|| value.as_str()?.parse().ok())
}

/// The values that X repeats in `value`, and in `parameters` by their names.
fn echoes(part: &Value) -> Vec<String> {
    let mut found = Vec::new();
    collect(&part["value"], &mut found);
    collect(&part["parameters"], &mut found);
    found
}

fn collect(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::String(text) => found.push(text.clone()),
        Value::Array(values) => values.iter().for_each(|value| collect(value, found)),
        Value::Object(values) => values.values().for_each(|value| collect(value, found)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn support_is_told_the_type_that_x_names_and_nobody_elses() {
        for (body, expected) in [
            (
                r#"{"type":"https://api.x.com/2/problems/client-forbidden","title":"Forbidden"}"#,
                Some("client-forbidden"),
            ),
            (
                r#"{"errors":[{"type":"about:blank"}]}"#,
                Some("about:blank"),
            ),
            (
                r#"{"type":"https://developers.cloudflare.com/errors/1015"}"#,
                None,
            ),
            (r#"{"type":"hello from the hills"}"#, None),
            (r#"{"title":"Forbidden"}"#, None),
            ("<html>", None),
        ] {
            let answer = Answer {
                status: 403,
                headers: http::HeaderMap::new(),
                body: body.as_bytes().to_vec(),
            };
            assert_eq!(type_of(&answer).as_deref(), expected, "{body}");
        }
    }

    #[test]
    fn only_addresses_of_x_are_types_of_x() {
        for (uri, expected) in [
            ("https://api.x.com/2/problems/invalid-request", false),
            ("https://api.twitter.com/2/problems/invalid-request", false),
            ("about:blank", false),
            ("client-forbidden", false),
            ("https://developers.cloudflare.com/errors/1015", true),
            ("https://notx.com/problems/invalid-request", true),
        ] {
            assert_eq!(is_foreign(uri), expected, "{uri}");
        }
    }
}
