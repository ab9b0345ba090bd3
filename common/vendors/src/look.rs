//! A look at a vendor's list, for finding out whether something was made.

use birdcall_domain::call::CallError;

/// What a look at a vendor's list saw.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Look<T, R> {
    /// What the vendor listed, newest first. It proves what exists, even if the look is not complete.
    pub seen: Vec<T>,
    /// Why the look is not complete. `None` means that it is: only then does something that was not
    /// seen not exist.
    pub trouble: Option<CallError<R>>,
}

impl<T, R> Look<T, R> {
    pub(crate) fn new() -> Self {
        Self {
            seen: Vec::new(),
            trouble: None,
        }
    }

    /// Ends the look here, although the list may go on.
    pub(crate) fn broken(mut self, trouble: CallError<R>) -> Self {
        self.trouble = Some(trouble);
        self
    }
}
