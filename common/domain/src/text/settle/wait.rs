//! What becomes of a text that has to wait for its owner or for the end of a pause.

use super::Settling;
use crate::{
    reply::Sentence,
    text::{Kind, Paused, Reason, Settlement, TextState},
};

impl Settling<'_> {
    pub(super) fn sign_in_needed(&self) -> Settlement {
        let in_doubt = self.text.state == TextState::InDoubt;
        if self.text.reason == Some(Reason::SignIn) {
            // It was due because its time is over, or because somebody looked too early.
            return match self.now >= self.text.deadline_at {
                true if in_doubt => self.rest(),
                true => self.give_up(),
                false => self.again(self.text.deadline_at),
            };
        }
        let deadline_at = self
            .text
            .deadline_at
            .max(self.now + self.policy.sign_in_wait_max);
        Settlement {
            // What is in doubt is looked for after the sign-in, not posted again.
            state: if in_doubt {
                TextState::InDoubt
            } else {
                TextState::Waiting
            },
            reason: Some(Reason::SignIn),
            next_attempt_at: Some(deadline_at),
            deadline_at,
            tell: Some(match self.text.kind {
                Kind::Command => Sentence::SignInForCommand,
                _ => Sentence::SignInAgain,
            }),
            failures: 0,
            unauthorized: None,
            ..self.keep()
        }
    }

    /// An operator has unlinked the number since it texted this, and nobody is told. A command may also
    /// have been texted after that: then it is answered.
    pub(super) fn unlinked(&self) -> Settlement {
        if self.text.kind == Kind::Command {
            return self.sign_in_needed();
        }
        if self.text.state == TextState::InDoubt {
            return Settlement {
                reason: None,
                tell: None,
                ..self.rest()
            };
        }
        self.end(TextState::Refused, Some(Reason::NotLinked), None)
    }

    pub(super) fn paused(&self, paused: Paused) -> Settlement {
        let Paused {
            until,
            reason,
            promised,
        } = paused;
        if self.text.state == TextState::InDoubt {
            // What is in doubt is read, not posted: it keeps its state.
            return self.again(until);
        }
        if self.now >= self.text.deadline_at && reason != Reason::Paused {
            return self.give_up();
        }
        let at = match reason {
            // Texts outlive their deadlines in the operator's pause.
            Reason::Paused => until,
            // At the deadline its sender is told, paused or not.
            _ => until.min(
                self.text
                    .deadline_at
                    .max(self.now + self.policy.backoff.min),
            ),
        };
        Settlement {
            state: TextState::Waiting,
            reason: Some(reason),
            next_attempt_at: Some(at),
            tell: self.notice(reason, promised),
            ..self.keep()
        }
    }
}
