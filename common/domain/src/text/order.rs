//! The order of one phone's texts: which earlier text a later one has to wait for.

use super::{Kind, Reason, TextState};
use crate::clock::Timestamp;

/// An earlier text of the same phone that is still open.
#[derive(Clone, Copy, Debug)]
pub struct Earlier {
    /// What is done with it.
    pub kind: Kind,
    /// Its state.
    pub state: TextState,
    /// The reason for its state.
    pub reason: Option<Reason>,
    /// When it is due.
    pub due_at: Timestamp,
}

/// Whether an earlier text in this state has to end before a later one begins. A text that waits
/// for its owner to sign in holds nobody up, nor does one in doubt that nothing is due for.
#[must_use]
pub fn blocks(state: TextState, reason: Option<Reason>, due_at: Option<Timestamp>) -> bool {
    match state {
        TextState::Received | TextState::Publishing => true,
        TextState::Waiting => reason != Some(Reason::SignIn),
        TextState::InDoubt => due_at.is_some() && reason != Some(Reason::SignIn),
        _ => false,
    }
}

/// When the first text that a text of this `kind` has to wait for is due; `None` when it may begin.
/// `open` holds the earlier texts of its phone that are still open, oldest first.
///
/// A command waits for what is under way. It overtakes a post that waits (for money, a limit, an
/// outage), and the posts queued behind that one: a person who texts `\STOP` or `\UNDO` means also
/// what is not posted yet.
#[must_use]
pub fn first_to_wait_for(kind: Kind, open: &[Earlier]) -> Option<Timestamp> {
    let mut behind_a_wait = false;
    for earlier in open {
        if kind == Kind::Command && earlier.kind == Kind::Post {
            let waits = match earlier.state {
                TextState::Waiting => earlier.reason != Some(Reason::Order),
                TextState::InDoubt => true,
                _ => false,
            };
            let queued = matches!(earlier.state, TextState::Waiting | TextState::Received);
            behind_a_wait |= waits;
            if waits || (behind_a_wait && queued) {
                continue;
            }
        }
        if blocks(earlier.state, earlier.reason, Some(earlier.due_at)) {
            return Some(earlier.due_at);
        }
    }
    None
}

#[cfg(test)]
mod tests {
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
    fn a_command_overtakes_what_waits_and_nothing_else() {
        use Kind::{Command, Post};
        use TextState::{InDoubt, Publishing, Received, Waiting};
        let money = Some(Reason::Money);
        let order = Some(Reason::Order);
        type Open<'a> = &'a [(Kind, TextState, Option<Reason>)];
        let rows: [(Kind, Open<'_>, bool); 10] = [
            (Post, &[], true),
            (Post, &[(Post, Waiting, money)], false),
            (Command, &[(Post, Waiting, money)], true),
            (Command, &[(Post, InDoubt, None)], true),
            (Command, &[(Post, Received, None)], false),
            (Command, &[(Post, Publishing, None)], false),
            (Command, &[(Post, Waiting, order)], false),
            (
                Command,
                &[(Post, Waiting, money), (Post, Waiting, order)],
                true,
            ),
            (
                Command,
                &[(Post, Waiting, money), (Post, Publishing, None)],
                false,
            ),
            (Command, &[(Command, Waiting, money)], false),
        ];
        for (kind, open, may_begin) in rows {
            let earlier: Vec<Earlier> = open
                .iter()
                .map(|&(kind, state, reason)| Earlier {
                    kind,
                    state,
                    reason,
                    due_at: NOW,
                })
                .collect();
            let found = first_to_wait_for(kind, &earlier).is_none();
            assert_eq!(found, may_begin, "{kind:?} behind {open:?}");
        }
    }
}
