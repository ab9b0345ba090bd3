//! The forms of an address.

use super::*;

fn same(texted: &str, address: &str) -> bool {
    let texted: Vec<char> = texted.nfd().collect();
    Address::read(address)
        .ends(&texted, 0)
        .contains(&texted.len())
}

#[test]
fn an_address_is_the_same_in_each_of_its_forms() {
    for (texted, address) in [
        ("example.com", "http://example.com"),
        ("example.com", "https://example.com/"),
        ("example.com/", "https://example.com"),
        ("HTTP://Example.COM/Path", "http://example.com/Path"),
        ("example.com/a", "https://example.com/a/"),
        ("example.com//", "https://example.com//"),
        ("example.com/a//", "https://example.com/a//"),
        ("example.com?q=1", "http://example.com/?q=1"),
        ("example.com/?q=1#top", "http://example.com?q=1#top"),
        ("example.com:8080/a", "http://example.com:8080/a"),
        (
            "https://b\u{fc}cher.example.com/x",
            "https://xn--bcher-kva.example.com/x",
        ),
        (
            "https://xn--bcher-kva.example.com/x",
            "https://bu\u{308}cher.example.com/x",
        ),
        (
            "https://\u{43f}\u{440}\u{438}\u{43c}\u{435}\u{440}.\u{440}\u{444}",
            "https://xn--e1afmkfd.xn--p1ai/",
        ),
        ("example.com/caf\u{e9}", "https://example.com/caf%C3%A9"),
        ("example.com/caf%c3%a9", "https://example.com/cafe\u{301}"),
        ("example.com/%7Eada", "https://example.com/~ada"),
        ("x.com/ada/status/1", "https://twitter.com/ada/status/1"),
        (
            "https://twitter.com/ada/status/1",
            "https://x.com/ada/status/1",
        ),
    ] {
        assert!(same(texted, address), "{texted} is {address}");
    }
}

#[test]
fn another_address_is_not_the_same() {
    for (texted, address) in [
        ("example.com", "http://example.org"),
        ("example.com/a", "http://example.com/b"),
        ("example.com/a", "http://example.com/A"),
        ("example.com/a", "http://example.com"),
        ("example.com", "http://example.com/a"),
        ("example.coma", "http://example.com/a"),
        ("www.example.com", "http://example.com"),
        ("example.com:80", "http://example.com:81"),
        ("example.com:8080", "http://example.com:80"),
        ("example.com/a%2Fb", "http://example.com/a/b"),
        ("example.com/?a=1", "http://example.com/?a=2"),
        ("b\u{fc}cher.com", "http://bucher.com"),
        ("example", "http://example.com"),
        ("", "http://example.com"),
    ] {
        assert!(!same(texted, address), "{texted} is not {address}");
    }
}

#[test]
fn an_address_ends_before_the_words_that_touch_it() {
    let ends = |text: &str, address: &str| {
        let text: Vec<char> = text.nfd().collect();
        Address::read(address).ends(&text, 0)
    };
    assert_eq!(ends("example.com)", "http://example.com/"), [11]);
    assert_eq!(ends("example.com/)", "http://example.com/"), [11, 12]);
    assert_eq!(
        ends("example.com\u{3067}\u{3059}", "http://example.com"),
        [11]
    );
    assert_eq!(ends("example.com/a, b", "http://example.com/a"), [13]);
    assert_eq!(ends("example.com/a/", "http://example.com/a"), [13, 14]);
    assert_eq!(ends("example.com:80x", "http://example.com:80"), [14]);
}
