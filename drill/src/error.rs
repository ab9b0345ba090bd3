//! What goes wrong with the drill itself.

/// An error of the drill. A broken promise is not an error: the verdict reports it.
pub(crate) type DrillError = Box<dyn std::error::Error + Send + Sync>;

/// The result of a step of the drill.
pub(crate) type DrillResult<T> = Result<T, DrillError>;
