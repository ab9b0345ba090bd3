//! What is read from a signed form has the shape that the rest of Birdcall relies on.
//!
//! Input: a form.

#![no_main]

use birdcall_vendors::twilio::{
    Sender, TwilioConfig,
    webhook::{Form, Refused, read_inbound, read_status},
};
use libfuzzer_sys::fuzz_target;

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const SERVICE: &str = "MG0123456789abcdef0123456789abcdef";
const OURS: &str = "+15550009999";

fuzz_target!(|data: &[u8]| {
    let form = Form::parse(data);
    for from in [OURS, SERVICE] {
        let config = config(from);
        check_inbound(&form, &config);
        check_status(&form, &config);
    }
});

fn check_inbound(form: &Form, config: &TwilioConfig) {
    let text = match read_inbound(form, config) {
        Ok(text) => text,
        Err(Refused::Repeated(name)) => return assert!(values(form, name).len() > 1),
        Err(_) => return,
    };
    assert!(is_sid(text.sid.as_str(), &["SM", "MM"]));
    assert_eq!(values(form, "MessageSid"), [text.sid.as_str()]);
    assert!(
        values(form, "AccountSid")
            .iter()
            .all(|sid| [ACCOUNT, ""].contains(sid))
    );
    for address in [&text.from, &text.to] {
        assert!(!address.chars().any(char::is_control));
        assert!(address.chars().count() <= 255);
    }
    match &config.from {
        Sender::Number(number) => assert!(text.to.ends_with(number.as_str())),
        Sender::Service(service) => {
            assert_eq!(values(form, "MessagingServiceSid"), [service.as_str()]);
        }
    }
    assert_eq!(
        values(form, "Body").first().copied().unwrap_or_default(),
        text.body
    );
    let media = values(form, "NumMedia")
        .first()
        .copied()
        .unwrap_or_default()
        .to_owned();
    assert!(text.num_media <= media.parse().unwrap_or(0));
    assert!(text.opt_out_type.is_none_or(|word| is_word(&word)));
    assert!(text.missed.is_none());
}

fn check_status(form: &Form, config: &TwilioConfig) {
    let Ok(status) = read_status(form, config) else {
        return;
    };
    assert!(is_sid(&status.sid, &["SM", "MM"]));
    assert_eq!(values(form, "MessageSid"), [status.sid.as_str()]);
    assert!(is_word(&status.status) && !status.status.is_empty());
    let code = values(form, "ErrorCode")
        .first()
        .copied()
        .unwrap_or_default()
        .to_owned();
    assert_eq!(status.error_code, code.parse().ok());
}

fn config(from: &str) -> TwilioConfig {
    TwilioConfig {
        account_sid: ACCOUNT.to_owned(),
        auth_token: "token".to_owned().into(),
        from: from.parse().expect("a sender"),
        api_url: "https://api.twilio.com".parse().expect("a URL"),
    }
}

fn values<'a>(form: &'a Form, name: &str) -> Vec<&'a str> {
    let pairs = form.pairs().iter().filter(|(key, _)| key == name);
    pairs.map(|(_, value)| value.as_str()).collect()
}

fn is_sid(value: &str, prefixes: &[&str]) -> bool {
    let digits = prefixes
        .iter()
        .find_map(|prefix| value.strip_prefix(prefix));
    digits.is_some_and(|digits| {
        digits.len() == 32 && digits.bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn is_word(value: &str) -> bool {
    let is_letter = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    value.len() <= 40 && value.chars().all(is_letter)
}
