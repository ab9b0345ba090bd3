use super::*;

const NOW: Timestamp = Timestamp(1_000_000_000);

#[test]
fn only_what_is_under_way_blocks_later_texts() {
    use TextState::{Failed, InDoubt, Published, Publishing, Received, Refused, Waiting};
    for (state, reason, due, expected) in [
        (Received, None, Some(NOW), true),
        (Publishing, None, Some(NOW), true),
        (Waiting, Some(Reason::Money), Some(NOW), true),
        (Waiting, Some(Reason::SignIn), Some(NOW), false),
        (InDoubt, None, Some(NOW), true),
        (InDoubt, None, None, false),
        (InDoubt, Some(Reason::SignIn), Some(NOW), false),
        (Published, None, None, false),
        (Refused, None, None, false),
        (Failed, None, None, false),
    ] {
        assert_eq!(blocks(state, reason, due), expected, "{state:?} {reason:?}");
    }
}

#[test]
fn sids_are_twilios() {
    let sid = format!("SM{}", "0123456789abcdef".repeat(2));
    assert_eq!(sid.parse::<MessageSid>().unwrap().as_str(), sid);
    for bad in [
        "",
        "SM123",
        &sid.replace("SM", "CA"),
        &sid.replace('f', "g"),
    ] {
        assert_eq!(bad.parse::<MessageSid>(), Err(InvalidMessageSid));
    }
}
