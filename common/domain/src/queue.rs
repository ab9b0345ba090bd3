//! The names of the queues and of a job's states: what operators see of the job queue.

use crate::words::words;

words! {
    /// A queue. The names are given by hand and never change; apalis would take Rust's type paths.
    pub enum Queue {
        /// Post a text, or find out whether it was posted.
        Tweet = "tweet",
        /// Carry out a command. It has a queue of its own, so it never waits behind posts.
        Command = "command",
        /// Answer a text with the sign-in link.
        Reauth = "reauth",
        /// Send a reply, or find out whether it was sent.
        Reply = "reply",
        /// Refresh an account's tokens before they expire.
        Refresh = "refresh",
        /// Have X revoke a pair of tokens that nobody uses any more.
        Revoke = "revoke",
        /// Run the next texts of a replay of many.
        Replay = "replay",
    }
}

/// Every other queue has this part of the slots that posting has.
const SHARE_OF_OTHERS: usize = 4;
/// Every queue has at least this many slots, so that one call that hangs holds nobody up.
const SLOTS_MIN: usize = 2;

impl Queue {
    /// The queues that an operator may pause. A pause of the others would help nobody.
    pub const PAUSABLE: &[Self] = &[Self::Tweet, Self::Reply];

    /// How many jobs of this queue one worker process carries out at the same time. `posts` is
    /// `WORKER_CONCURRENCY`. Every queue has slots of its own: calls that hang in one queue take none
    /// from another.
    #[must_use]
    pub fn slots(self, posts: usize) -> usize {
        match self {
            Self::Tweet => posts,
            _ => (posts / SHARE_OF_OTHERS).max(SLOTS_MIN),
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_queue_has_slots_of_its_own() {
        for (posts, others) in [(1, 2), (8, 2), (16, 4), (64, 16)] {
            for queue in Queue::ALL {
                let expected = match queue {
                    Queue::Tweet => posts,
                    _ => others,
                };
                assert_eq!(queue.slots(posts), expected, "{queue} {posts}");
            }
        }
    }
}
