//! Whose account a text may be on: after an unknown outcome, the owner may sign in with another X
//! account. What may be on the first one is neither looked for nor posted on the second.

use crate::clock::Timestamp;

/// A call that may have posted a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DoubtfulCall {
    /// When it was announced.
    pub started_at: Timestamp,
    /// X's id of the account, if X had said it.
    pub x_user_id: Option<String>,
}

/// The X account that a number is linked to now.
#[derive(Clone, Copy, Debug)]
pub struct LinkedTo<'a> {
    /// X's id of the account; empty while X has not said it.
    pub x_user_id: &'a str,
    /// Since when.
    pub linked_at: Timestamp,
}

/// Whose account a text may be on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whose {
    /// The one that the number is linked to.
    Same,
    /// Another one, or one that nobody can tell.
    Other,
    /// X has not said yet which account the number is linked to.
    NotSaidYet,
}

/// Decides whose account a text may be on after these calls.
#[must_use]
pub fn whose(calls: &[DoubtfulCall], linked: LinkedTo<'_>) -> Whose {
    let of = |call: &DoubtfulCall| {
        let before = call.started_at < linked.linked_at;
        match &call.x_user_id {
            Some(id) if !linked.x_user_id.is_empty() => match id == linked.x_user_id {
                true => Whose::Same,
                false => Whose::Other,
            },
            Some(_) if before => Whose::NotSaidYet,
            None if before => Whose::Other,
            _ => Whose::Same,
        }
    };
    let found: Vec<Whose> = calls.iter().map(of).collect();
    let worst = [Whose::Other, Whose::NotSaidYet];
    let worst = worst.into_iter().find(|whose| found.contains(whose));
    worst.unwrap_or(Whose::Same)
}

#[cfg(test)]
mod tests {
    use super::{Whose::*, *};

    #[test]
    fn a_text_is_on_the_account_that_made_the_call() {
        let call = |x_user_id: &str, at| DoubtfulCall {
            started_at: Timestamp(at),
            x_user_id: (!x_user_id.is_empty()).then(|| x_user_id.to_owned()),
        };
        // The number was linked at 100.
        for (calls, now, expected) in [
            (vec![], "1", Same),
            (vec![call("1", 50)], "1", Same),
            (vec![call("1", 150)], "1", Same),
            (vec![call("1", 50)], "2", Other),
            // The owner signed in while the worker made the call with the token before.
            (vec![call("1", 150)], "2", Other),
            (vec![call("1", 50)], "", NotSaidYet),
            (vec![call("1", 150)], "", Same),
            (vec![call("", 50)], "1", Other),
            (vec![call("", 50)], "", Other),
            (vec![call("", 150)], "1", Same),
            (vec![call("1", 50), call("2", 150)], "2", Other),
            (vec![call("2", 50), call("2", 150)], "2", Same),
        ] {
            let linked = LinkedTo {
                x_user_id: now,
                linked_at: Timestamp(100),
            };
            assert_eq!(whose(&calls, linked), expected, "{calls:?} {now}");
        }
    }
}
