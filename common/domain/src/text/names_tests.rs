use super::*;

#[test]
fn a_message_sid_has_twilios_form() {
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

#[test]
fn every_word_is_read_as_what_it_was_written_for() {
    for state in TextState::ALL {
        assert_eq!(TextState::parse(state.as_str()), Some(*state));
    }
    for reason in Reason::ALL {
        assert_eq!(Reason::parse(reason.as_str()), Some(*reason));
    }
    for kind in Kind::ALL {
        assert_eq!(Kind::parse(kind.as_str()), Some(*kind));
    }
    assert_eq!(TextState::parse("Published"), None);
}
