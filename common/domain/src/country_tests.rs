use std::collections::BTreeSet;

use super::*;

fn country(number: &str) -> Option<&'static str> {
    let phone: Phone = number.parse().expect("a number");
    Country::of(&phone).map(Country::as_str)
}

#[test]
fn the_longest_prefix_decides_the_country() {
    for (number, expected) in [
        ("+15551230001", Some("US")),
        ("+12125550123", Some("US")),
        ("+18005550123", Some("US")),
        ("+14165550123", Some("CA")),
        ("+16045550123", Some("CA")),
        ("+18765550123", Some("JM")),
        ("+17875550123", Some("PR")),
        ("+18095550123", Some("DO")),
        ("+447700900123", Some("GB")),
        ("+447700300123", Some("JE")),
        ("+447781100123", Some("GG")),
        ("+447624300123", Some("IM")),
        ("+4915112345678", Some("DE")),
        ("+3581234567", Some("FI")),
        ("+3581812345", Some("AX")),
        ("+79161234567", Some("RU")),
        ("+77011234567", Some("KZ")),
        ("+390669812345", Some("VA")),
        ("+390612345678", Some("IT")),
        ("+2125281234567", Some("MA")),
        ("+212528812345", Some("EH")),
        ("+35312345678", Some("IE")),
        ("+85212345678", Some("HK")),
        ("+8612345678901", Some("CN")),
        ("+882161234567", None),
        ("+80012345678", None),
        ("+870123456789", None),
    ] {
        assert_eq!(country(number), expected, "{number}");
    }
}

#[test]
fn a_country_is_read_by_its_code_in_upper_or_lower_case() {
    for (code, expected) in [("US", Ok("US")), ("us", Ok("US")), ("Ca", Ok("CA"))] {
        assert_eq!(code.parse().map(Country::as_str), expected);
    }
    for code in ["", "USA", "XX", "any", "U", "1", "Ü"] {
        assert_eq!(code.parse::<Country>(), Err(UnknownCountry), "{code}");
    }
}

#[test]
fn no_country_and_no_prefix_is_listed_twice() {
    let codes: BTreeSet<&str> = rows().map(|(code, _)| code).collect();
    assert_eq!(codes.len(), rows().count());
    assert!(codes.iter().all(|code| code.len() == 2), "{codes:?}");
    let prefixes: Vec<&str> = rows()
        .flat_map(|(_, prefixes)| prefixes.split(' '))
        .collect();
    let distinct: BTreeSet<&str> = prefixes.iter().copied().collect();
    assert_eq!(distinct.len(), prefixes.len());
    for prefix in prefixes {
        assert!(prefix.len() <= PREFIX_DIGITS_MAX, "{prefix}");
        assert!(prefix.bytes().all(|b| b.is_ascii_digit()), "{prefix}");
    }
}
