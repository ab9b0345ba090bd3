use super::*;

/// Texts and their weights, worked out by `scripts/weights` without any code of ours.
const WEIGHTS: &str = include_str!("../../tests/weights.tsv");

#[test]
fn every_text_weighs_what_xs_configuration_says() {
    let mut wrong = Vec::new();
    for row in WEIGHTS.lines() {
        let (weight, text) = row.split_once('\t').expect("a weight and a text");
        let text: String = serde_json::from_str(text).expect("a text in JSON");
        if weighted_length(&text).to_string() != weight {
            wrong.push(format!("{row}: {}", weighted_length(&text)));
        }
    }
    assert!(WEIGHTS.lines().count() >= 100);
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn what_looks_like_a_link_may_be_none() {
    for text in [
        "a.b",
        "www.example",
        "example .com",
        "example. com",
        ".com",
        "com",
    ] {
        assert_eq!(weighted_length(text) as usize, text.len(), "{text}");
    }
}
