//! Named points at which a test makes the process die, to see what the next process does about it.

use std::str::FromStr;

/// Every point, grouped by the work that passes it.
pub const POINTS: [&str; 19] = [
    "inbox.written",
    "inbox.committed",
    "text.claimed",
    "text.armed",
    "text.called",
    "text.settled",
    "refresh.leased",
    "refresh.called",
    "refresh.stored",
    "reply.armed",
    "reply.called",
    "reply.settled",
    "stop.revoked",
    "undo.called",
    "command.effect",
    "revoke.called",
    "replay.claimed",
    "replay.text_run",
    "replay.rested",
];

/// The point at which this process dies (`FAIL_POINT`; it is unset outside tests).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FailPoint(Option<&'static str>);

impl FailPoint {
    /// Aborts the process, without any cleaning up, if this is the point.
    pub fn reached(self, point: &'static str) {
        debug_assert!(POINTS.contains(&point), "{point} is not in POINTS");
        if self.0 == Some(point) {
            std::process::abort();
        }
    }
}

impl FromStr for FailPoint {
    type Err = ();

    fn from_str(name: &str) -> Result<Self, ()> {
        if name.is_empty() {
            return Ok(Self(None));
        }
        POINTS
            .into_iter()
            .find(|point| *point == name)
            .map(|point| Self(Some(point)))
            .ok_or(())
    }
}
