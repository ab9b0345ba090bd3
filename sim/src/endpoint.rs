//! The names of endpoints.

use axum::http::Method;

/// Returns the name by which faults and the request log know an endpoint, or `unknown`.
pub(crate) fn endpoint_name(method: &Method, path: &str) -> &'static str {
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    match (method.as_str(), segments.as_slice()) {
        (_, ["i", "oauth2", "authorize"]) => "x.authorize",
        ("POST", ["2", "oauth2", "token"]) => "x.token",
        ("POST", ["2", "oauth2", "revoke"]) => "x.revoke",
        ("GET", ["2", "users", "me"]) => "x.users_me",
        ("GET", ["2", "users", _, "tweets"]) => "x.timeline",
        ("POST", ["2", "tweets"]) => "x.create_post",
        ("DELETE", ["2", "tweets", _]) => "x.delete_post",
        (_, ["2", "media", ..]) => "x.media",
        ("POST", ["2010-04-01", "Accounts", _, "Messages.json"]) => "twilio.create_message",
        ("GET", ["2010-04-01", "Accounts", _, "Messages.json"]) => "twilio.list_messages",
        ("GET", ["2010-04-01", "Accounts", _, "Messages", _]) => "twilio.fetch_message",
        ("POST", ["2010-04-01", "Accounts", _, "Messages", _]) => "twilio.update_message",
        ("DELETE", ["2010-04-01", "Accounts", _, "Messages", _]) => "twilio.delete_message",
        (_, ["2010-04-01", "Accounts", _, "Messages", _, ..]) => "twilio.media",
        ("GET", ["cdn", ..]) => "twilio.cdn",
        ("GET", ["2010-04-01", "Accounts", _, "IncomingPhoneNumbers.json"]) => "twilio.numbers",
        ("POST", ["2010-04-01", "Accounts", _, "IncomingPhoneNumbers", _]) => {
            "twilio.update_number"
        }
        ("GET", ["2010-04-01", "Accounts", _]) => "twilio.account",
        ("GET", ["v1", "Services", ..]) => "twilio.services",
        _ => "unknown",
    }
}
