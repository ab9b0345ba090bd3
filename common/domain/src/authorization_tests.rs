use super::*;

#[test]
fn a_redirect_is_judged_in_order() {
    use SignInFailure::{Denied, Expired, Malformed, UnknownState};
    let at = |stage| {
        Some(Pending {
            expires_at: Timestamp(100),
            stage,
        })
    };
    let callback = |code: Option<&str>, error: Option<&str>| Callback {
        code: code.map(str::to_owned),
        error: error.map(str::to_owned),
    };
    let (code, denied) = (
        callback(Some("c"), None),
        callback(None, Some("access_denied")),
    );
    let other_error = callback(None, Some("server_error"));
    let (nothing, empty) = (callback(None, None), callback(Some(""), None));
    let open = at(Stage::Open);
    let linked = Stage::Ended(SignInEnd::Linked);
    let failed = Stage::Ended(SignInEnd::Failed(Denied));
    for (callback, pending, now, expected) in [
        (&code, open, 99, Step::Exchange("c")),
        (&code, open, 100, Step::Fail(Expired)),
        (&denied, open, 99, Step::Fail(Denied)),
        (&other_error, open, 99, Step::Fail(Denied)),
        (&nothing, open, 99, Step::Fail(Malformed)),
        (&empty, open, 99, Step::Fail(Malformed)),
        (&code, None, 99, Step::Fail(UnknownState)),
        (&denied, None, 99, Step::Fail(UnknownState)),
        (&code, at(linked), 99, Step::Show(linked)),
        (&code, at(linked), 100, Step::Show(linked)),
        (&denied, at(linked), 99, Step::Show(linked)),
        (&code, at(failed), 99, Step::Show(failed)),
    ] {
        assert_eq!(decide(callback, pending, Timestamp(now)), expected);
    }
    for stage in [Stage::UnderWay, Stage::Confirming] {
        let step = decide(&code, at(stage), Timestamp(99));
        assert_eq!(step, Step::Show(stage));
    }
}

#[test]
fn the_end_of_a_sign_in_is_stored_as_a_word() {
    let failures = SignInFailure::ALL.iter().copied().map(SignInEnd::Failed);
    for end in failures.chain([SignInEnd::Linked]) {
        assert_eq!(SignInEnd::parse(end.as_str()), Some(end));
    }
    assert_eq!(
        SignInEnd::parse("lost"),
        Some(SignInEnd::Failed(SignInFailure::Outage))
    );
    assert_eq!(SignInEnd::parse(""), None);
}

#[test]
fn only_what_x_can_have_given_is_a_handle_or_an_id() {
    for name in ["a", "Demo_1", "a_fifteen_chars", "007"] {
        assert!(is_handle(name), "{name}");
    }
    for name in [
        "",
        "sixteen_letters_",
        "a b",
        "a/b",
        "@demo",
        "d\u{e9}",
        "a\0",
        "a\rb",
        "a\n",
        "<b>",
        "a-b",
    ] {
        assert!(!is_handle(name), "{name:?}");
    }
    for id in ["1", "2244994945", "1234567890123456789"] {
        assert!(is_user_id(id), "{id}");
    }
    for id in [
        "",
        "12345678901234567890",
        "1a",
        "-1",
        " 1",
        "1\0",
        "\u{661}",
    ] {
        assert!(!is_user_id(id), "{id:?}");
    }
}

#[test]
fn posting_needs_three_scopes() {
    assert!(scopes_suffice("users.read tweet.write tweet.read"));
    assert!(!scopes_suffice("tweet.read users.read"));
}
