use super::*;

const ACCOUNT: &str = "AC0123456789abcdef0123456789abcdef";
const SERVICE: &str = "MG0123456789abcdef0123456789abcdef";
const OTHER_SERVICE: &str = "MG00000000000000000000000000000000";
const OURS: &str = "+15550009999";
const SID: &str = "SM00000000000000000000000000000001";

/// The settings with this `TWILIO_FROM`.
fn config(from: &str) -> TwilioConfig {
    TwilioConfig {
        account_sid: ACCOUNT.to_owned(),
        auth_token: "token".to_owned().into(),
        from: from.parse().unwrap(),
        api_url: "https://api.twilio.com".parse().unwrap(),
    }
}

fn form(pairs: &[(&str, &str)]) -> Form {
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    Form(pairs.iter().map(owned).collect())
}

/// A text as Twilio delivers it, with one parameter changed, or added if it was not there.
fn text_with(name: &'static str, value: &str) -> Form {
    changed(
        &[
            ("MessageSid", SID),
            ("AccountSid", ACCOUNT),
            ("From", "+15550001111"),
            ("To", OURS),
            ("Body", "hello"),
            ("NumMedia", "0"),
        ],
        name,
        value,
    )
}

/// A status callback, with one parameter changed, or added if it was not there.
fn status_with(name: &'static str, value: &str) -> Form {
    changed(
        &[
            ("MessageSid", SID),
            ("AccountSid", ACCOUNT),
            ("MessageStatus", "delivered"),
        ],
        name,
        value,
    )
}

fn changed(pairs: &[(&'static str, &str)], name: &'static str, value: &str) -> Form {
    let others = pairs.iter().filter(|(key, _)| *key != name).copied();
    form(&others.chain([(name, value)]).collect::<Vec<_>>())
}

#[test]
fn a_text_is_taken_only_if_every_value_has_its_shape() {
    use Refused::{Malformed, OtherAccount, OtherRecipient};
    for (name, value, read) in [
        ("MessageSid", SID, Ok(())),
        ("MessageSid", "MM00000000000000000000000000000001", Ok(())),
        ("MessageSid", "", Err(Malformed("MessageSid"))),
        ("MessageSid", "SM1", Err(Malformed("MessageSid"))),
        ("AccountSid", ACCOUNT, Ok(())),
        ("AccountSid", "", Ok(())),
        (
            "AccountSid",
            "AC00000000000000000000000000000000",
            Err(OtherAccount),
        ),
        ("AccountSid", &ACCOUNT.to_uppercase(), Err(OtherAccount)),
        ("To", "whatsapp:+15550009999", Ok(())),
        ("To", "+15550009998", Err(OtherRecipient)),
        ("To", "15550009999", Err(OtherRecipient)),
        ("To", "", Err(OtherRecipient)),
        ("To", "+15550009999\0", Err(Malformed("To"))),
        ("From", "72404", Ok(())),
        ("From", "BANK", Ok(())),
        ("From", "rcs:brand_agent", Ok(())),
        ("From", "", Ok(())),
        ("From", "+1555000\u{0}1111", Err(Malformed("From"))),
        ("From", "BANK\r\nBANK", Err(Malformed("From"))),
        ("From", &"7".repeat(256), Err(Malformed("From"))),
        ("Body", "", Ok(())),
        ("Body", "zero \0 zero", Ok(())),
        ("NumMedia", "", Ok(())),
        ("NumMedia", "10", Ok(())),
        ("NumMedia", "-1", Err(Malformed("NumMedia"))),
        ("NumMedia", "+1", Err(Malformed("NumMedia"))),
        ("NumMedia", "one", Err(Malformed("NumMedia"))),
        ("NumMedia", "99999999999", Err(Malformed("NumMedia"))),
        ("OptOutType", "", Ok(())),
        ("OptOutType", "STOP", Ok(())),
        ("OptOutType", "S\0", Err(Malformed("OptOutType"))),
        ("SomethingNew", "\0", Ok(())),
    ] {
        let found = read_inbound(&text_with(name, value), &config(OURS)).map(drop);
        assert_eq!(found, read, "{name} {value:?}");
    }
}

#[test]
fn with_a_messaging_service_the_service_decides_whose_a_text_is() {
    for (service, read) in [
        (SERVICE, Ok(())),
        (OTHER_SERVICE, Err(Refused::OtherRecipient)),
        ("", Err(Refused::OtherRecipient)),
    ] {
        let mut text = text_with("MessagingServiceSid", service);
        text.0.retain(|(name, _)| name != "To");
        text.0.push(("To".to_owned(), "+15550007777".to_owned()));
        let found = read_inbound(&text, &config(SERVICE)).map(drop);
        assert_eq!(found, read, "{service}");
    }
}

#[test]
fn a_status_is_taken_only_if_every_value_has_its_shape() {
    use Refused::{Malformed, OtherAccount};
    for (name, value, read) in [
        ("MessageSid", SID, Ok(())),
        ("MessageSid", "MM00000000000000000000000000000001", Ok(())),
        ("MessageSid", "", Err(Malformed("MessageSid"))),
        ("MessageSid", "SM1", Err(Malformed("MessageSid"))),
        (
            "MessageSid",
            "SM0000000000000000000000000000000\0",
            Err(Malformed("MessageSid")),
        ),
        (
            "AccountSid",
            "AC00000000000000000000000000000000",
            Err(OtherAccount),
        ),
        ("MessageStatus", "partially_delivered", Ok(())),
        ("MessageStatus", "brand_new", Ok(())),
        ("MessageStatus", "", Err(Malformed("MessageStatus"))),
        ("MessageStatus", "sent\0", Err(Malformed("MessageStatus"))),
        ("MessageStatus", "sent\n", Err(Malformed("MessageStatus"))),
        (
            "MessageStatus",
            &"a".repeat(41),
            Err(Malformed("MessageStatus")),
        ),
        ("ErrorCode", "", Ok(())),
        ("ErrorCode", "30003", Ok(())),
        ("ErrorCode", "30003\0", Err(Malformed("ErrorCode"))),
        ("ErrorCode", "-1", Err(Malformed("ErrorCode"))),
        ("ErrorCode", "4294967296", Err(Malformed("ErrorCode"))),
    ] {
        let found = read_status(&status_with(name, value), &config(OURS)).map(drop);
        assert_eq!(found, read, "{name} {value:?}");
    }
}

#[test]
fn a_parameter_that_is_read_may_be_there_once() {
    let twice = |form: &Form, name: &'static str| {
        let mut form = form.clone();
        form.0
            .push((name.to_owned(), form.one(name).unwrap().to_owned()));
        form
    };
    let text = text_with("OptOutType", "HELP");
    for name in [
        "MessageSid",
        "AccountSid",
        "From",
        "To",
        "Body",
        "NumMedia",
        "OptOutType",
    ] {
        let read = read_inbound(&twice(&text, name), &config(OURS)).map(drop);
        assert_eq!(read, Err(Refused::Repeated(name)));
    }
    let mut text = text_with("MessagingServiceSid", SERVICE);
    text.0
        .push(("MessagingServiceSid".to_owned(), OTHER_SERVICE.to_owned()));
    let read = read_inbound(&text, &config(SERVICE)).map(drop);
    assert_eq!(read, Err(Refused::Repeated("MessagingServiceSid")));

    let status = status_with("ErrorCode", "30003");
    for name in ["MessageSid", "AccountSid", "MessageStatus", "ErrorCode"] {
        let read = read_status(&twice(&status, name), &config(OURS)).map(drop);
        assert_eq!(read, Err(Refused::Repeated(name)));
    }
    // Twilio may send what it adds in the future as an array.
    let text = form(&[
        ("New", "a"),
        ("New", "b"),
        ("MessageSid", SID),
        ("To", OURS),
    ]);
    assert!(read_inbound(&text, &config(OURS)).is_ok());
}
