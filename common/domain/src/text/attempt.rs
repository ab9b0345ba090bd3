//! How a call to X ended, as the attempt's record keeps it.

use crate::words::words;

words! {
    /// How a call that could post a text ended, and what was decided then.
    pub enum AttemptOutcome {
        /// X made the post.
        Published = "published",
        /// X refused the text for good, or the app: the error says which.
        Rejected = "rejected",
        /// X did not accept the access token and did nothing: another token is asked for.
        Unauthorized = "unauthorized",
        /// The credit at X is used up and X did nothing: posting waits.
        PaymentRequired = "payment_required",
        /// A limit at X is reached and X did nothing: the text waits.
        RateLimited = "rate_limited",
        /// X did nothing: the text is tried again.
        NotSent = "not_sent",
        /// X may have carried it out: the account's timeline is read before anything is posted again.
        InDoubt = "in_doubt",
        /// It ended without a call.
        Done = "done",
    }
}
