//! What a connection is doing.

/// What a connection is doing. Only one that works on a request is never closed to make room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The head of a request has begun, or the connection is new.
    Head,
    /// Nothing of the next request has come.
    Idle,
    /// The body of a request is on its way. The limit of the whole request applies to it.
    Body,
    /// A whole request has come, and it is being answered.
    Working,
}
