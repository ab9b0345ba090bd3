//! What a claim decides before anything is called.

use super::{Event, Progress, TextState};

/// The event that a claimed text already is, if it is one: too many workers died with it, or the
/// worker before this one died during a call. `None`: go on.
#[must_use]
pub fn verdict(text: &Progress, claims_max: u32) -> Option<Event> {
    let died = text.state == TextState::Publishing;
    let may_be_posted = died || text.state == TextState::InDoubt;
    if text.claims >= claims_max || (text.deaths >= claims_max && !may_be_posted) {
        Some(Event::Poison)
    } else {
        died.then_some(Event::Died)
    }
}

#[cfg(test)]
mod tests {
    use super::{super::settle::tests::fresh, *};

    #[test]
    fn a_text_that_kills_its_workers_is_given_up() {
        use TextState::{InDoubt, Publishing, Received};
        for (state, claims, deaths, expected) in [
            (Received, 0, 0, "go on"),
            (Received, 4, 4, "go on"),
            (Received, 5, 0, "poison"),
            (Received, 0, 5, "poison"),
            (Publishing, 1, 0, "died"),
            // Its last worker died during a call: whether it was posted is found out first.
            (Publishing, 1, 5, "died"),
            (Publishing, 5, 0, "poison"),
            (InDoubt, 1, 5, "go on"),
            (InDoubt, 5, 0, "poison"),
        ] {
            let text = Progress {
                state,
                claims,
                deaths,
                ..fresh()
            };
            let found = match verdict(&text, 5) {
                None => "go on",
                Some(Event::Poison) => "poison",
                Some(Event::Died) => "died",
                Some(other) => panic!("{other:?}"),
            };
            assert_eq!(found, expected, "{state:?} {claims} {deaths}");
        }
    }
}
