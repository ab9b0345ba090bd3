//! The order of one phone's texts: which earlier text a later one has to wait for.

use super::{Kind, Reason, TextState};
use crate::{
    clock::Timestamp,
    command::{Command, Intent, intent},
};

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
    /// Whether a worker holds it: a call may be under way.
    pub held: bool,
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

/// What a text may overtake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Waiter {
    /// A post, or a text that is answered with the link: it overtakes nothing that blocks.
    Post,
    /// A command that changes something: `\UNDO`, `\RETRY`. It waits for what is under way. It
    /// overtakes a post that waits (for money, a limit, an outage), and the posts queued behind that
    /// one: a person who texts `\UNDO` means also what is not posted yet.
    Command,
    /// A command that only answers. It also overtakes commands that wait.
    Answer,
    /// `\STOP`. It waits for what is under way or about to begin, and for nothing else: a person who
    /// leaves must not be held up by what waits for somebody else.
    Stop,
}

impl Waiter {
    /// What a text of this kind with this body may overtake.
    #[must_use]
    pub fn of(kind: Kind, body: &str) -> Self {
        match (kind, intent(body, None)) {
            (Kind::Command, Intent::Command(Command::Stop)) => Self::Stop,
            (Kind::Command, Intent::Command(Command::Undo | Command::Retry)) => Self::Command,
            (Kind::Command, _) => Self::Answer,
            _ => Self::Post,
        }
    }

    fn waits_for(self, earlier: Earlier, behind_a_wait: bool) -> bool {
        let Earlier { state, reason, .. } = earlier;
        let is_post = earlier.kind == Kind::Post;
        let may_be_overtaken = match self {
            Self::Post => false,
            Self::Command => is_post && can_wait(earlier, behind_a_wait),
            Self::Answer if is_post => can_wait(earlier, behind_a_wait),
            Self::Answer => state == TextState::Waiting,
            Self::Stop => match state {
                TextState::Waiting => !earlier.held,
                state => state == TextState::InDoubt,
            },
        };
        !may_be_overtaken && blocks(state, reason, Some(earlier.due_at))
    }
}

/// Whether a post waits, or is queued behind one that does.
fn can_wait(post: Earlier, behind_a_wait: bool) -> bool {
    let queued = matches!(post.state, TextState::Waiting | TextState::Received);
    waits(post) || (behind_a_wait && queued)
}

fn waits(post: Earlier) -> bool {
    match post.state {
        TextState::Waiting => post.reason != Some(Reason::Order),
        state => state == TextState::InDoubt,
    }
}

/// When the first text that `waiter` has to wait for is due; `None` when it may begin. `open` holds
/// the earlier texts of its phone that are still open, oldest first.
#[must_use]
pub fn first_to_wait_for(waiter: Waiter, open: &[Earlier]) -> Option<Timestamp> {
    let mut behind_a_wait = false;
    for earlier in open {
        behind_a_wait |= earlier.kind == Kind::Post && waits(*earlier);
        if waiter.waits_for(*earlier, behind_a_wait) {
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
    fn what_a_text_may_overtake_is_read_from_what_it_says() {
        for (kind, body, expected) in [
            (Kind::Post, "hello", Waiter::Post),
            (Kind::SignIn, r"\undo", Waiter::Post),
            (Kind::Command, r"\undo", Waiter::Command),
            (Kind::Command, r"\retry", Waiter::Command),
            (Kind::Command, r"\status", Waiter::Answer),
            (Kind::Command, r"\udno", Waiter::Answer),
            (Kind::Command, r"\Stop now", Waiter::Stop),
            // An earlier \STOP emptied its body.
            (Kind::Command, "", Waiter::Answer),
        ] {
            assert_eq!(Waiter::of(kind, body), expected, "{kind} {body:?}");
        }
    }

    /// An earlier text in a test: its kind, its state, its reason, and whether a worker holds it.
    type Row = (Kind, TextState, Option<Reason>, bool);

    #[test]
    fn who_may_begin_behind_what() {
        use Kind::{Command, Post};
        use TextState::{InDoubt, Publishing, Received, Waiting};
        let money = Some(Reason::Money);
        let order = Some(Reason::Order);
        let sign_in = Some(Reason::SignIn);
        let rows: [(&[Row], &str); 18] = [
            (&[], "post command answer stop"),
            (&[(Post, Waiting, money, false)], "command answer stop"),
            (&[(Post, InDoubt, None, false)], "command answer stop"),
            (&[(Post, InDoubt, None, true)], "command answer stop"),
            (
                &[(Post, Waiting, sign_in, false)],
                "post command answer stop",
            ),
            (&[(Post, Received, None, false)], ""),
            (&[(Post, Received, None, true)], ""),
            (&[(Post, Publishing, None, true)], ""),
            (&[(Post, Waiting, order, false)], "stop"),
            (
                &[(Post, Waiting, money, false), (Post, Waiting, order, false)],
                "command answer stop",
            ),
            (
                &[(Post, Waiting, money, false), (Post, Received, None, false)],
                "command answer",
            ),
            (
                &[
                    (Post, Waiting, money, false),
                    (Post, Publishing, None, true),
                ],
                "",
            ),
            // A worker holds it, and may be about to call.
            (&[(Post, Waiting, money, true)], "command answer"),
            (&[(Command, Received, None, false)], ""),
            (&[(Command, Waiting, money, false)], "answer stop"),
            (&[(Command, Waiting, money, true)], "answer"),
            (
                &[
                    (Command, Waiting, money, false),
                    (Command, Waiting, order, false),
                ],
                "answer stop",
            ),
            (
                &[
                    (Command, Waiting, money, false),
                    (Command, Received, None, true),
                ],
                "",
            ),
        ];
        for (open, expected) in rows {
            let earlier: Vec<Earlier> = open
                .iter()
                .map(|&(kind, state, reason, held)| Earlier {
                    kind,
                    state,
                    reason,
                    due_at: NOW,
                    held,
                })
                .collect();
            let begin: Vec<&str> = [
                ("post", Waiter::Post),
                ("command", Waiter::Command),
                ("answer", Waiter::Answer),
                ("stop", Waiter::Stop),
            ]
            .into_iter()
            .filter(|(_, waiter)| first_to_wait_for(*waiter, &earlier).is_none())
            .map(|(name, _)| name)
            .collect();
            assert_eq!(begin.join(" "), expected, "behind {open:?}");
        }
    }
}
