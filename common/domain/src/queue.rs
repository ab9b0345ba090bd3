//! The names of the queues and of a job's states: what operators see of the job queue.

use crate::words::words;

words! {
    /// A queue. The names are given by hand and never change; apalis would take Rust's type paths.
    pub enum Queue {
        /// Work on a text: post it, find out whether it was posted, carry out a command.
        Tweet = "tweet",
        /// Answer a text with the sign-in link.
        Reauth = "reauth",
        /// Send a reply, or find out whether it was sent.
        Reply = "reply",
        /// Refresh an account's tokens before they expire.
        Refresh = "refresh",
        /// Have X revoke a pair of tokens that nobody uses any more.
        Revoke = "revoke",
    }
}

words! {
    /// The state of a job, in apalis's words. A job says only which row to look at, so `Done` means
    /// that a worker looked; the row says what came of it.
    pub enum JobState {
        /// It waits for its time or for a worker.
        Pending = "Pending",
        /// A worker fetched it.
        Queued = "Queued",
        /// A worker runs it.
        Running = "Running",
        /// A worker ran it.
        Done = "Done",
        /// It failed; Birdcall's jobs never do.
        Failed = "Failed",
        /// It was stopped; Birdcall's jobs never are.
        Killed = "Killed",
    }
}
