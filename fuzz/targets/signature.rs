//! The signature of a webhook holds for what was signed, and for nothing else.
//!
//! Input: two lines, each a form. The first is signed.

#![no_main]

use birdcall_vendors::twilio::{
    signature::{sign, verify},
    webhook::Form,
};
use libfuzzer_sys::fuzz_target;
use secrecy::SecretString;

const URL: &str = "https://example.com/twilio/message";

fuzz_target!(|data: &[u8]| {
    let mut lines = data.splitn(2, |byte| *byte == b'\n');
    let signed = Form::parse(lines.next().unwrap_or_default());
    let other = Form::parse(lines.next().unwrap_or_default());
    let token = SecretString::from("12345");
    let signature = sign(&token, URL, signed.pairs());

    assert!(verify(&token, URL, signed.pairs(), &signature));
    assert_eq!(
        verify(&token, URL, other.pairs(), &signature),
        covered(&signed) == covered(&other),
    );
    // The order of the parameters is not covered, because Twilio sorts them.
    let mut turned = signed.pairs().to_vec();
    turned.reverse();
    assert!(verify(&token, URL, &turned, &signature));

    let with_port = "https://example.com:443/twilio/message";
    assert!(verify(&token, with_port, signed.pairs(), &signature));
    let elsewhere = "https://example.com/twilio/status";
    assert!(!verify(&token, elsewhere, signed.pairs(), &signature));
    let stranger = SecretString::from("12346");
    assert!(!verify(&stranger, URL, signed.pairs(), &signature));

    // What is no signature at all, also the form itself.
    let text = String::from_utf8_lossy(data);
    assert!(!verify(&token, URL, signed.pairs(), &text));
});

/// What Twilio documents that it signs after the URL: the sorted parameters, each once, without
/// anything between a name and its value. Two forms with the same of it have the same signature.
fn covered(form: &Form) -> String {
    let mut pairs = form.pairs().to_vec();
    pairs.sort();
    pairs.dedup();
    pairs
        .iter()
        .flat_map(|(name, value)| [name.as_str(), value.as_str()])
        .collect()
}
