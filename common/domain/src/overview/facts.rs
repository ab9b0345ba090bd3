//! What is known of the whole service at one moment.

use crate::{
    clock::Timestamp,
    health::Work,
    queue::Queue,
    text::{Reason, TextState},
    words::words,
};

words! {
    /// A service that Birdcall calls.
    pub enum Vendor {
        /// X, where texts are posted.
        X = "x",
        /// Twilio, which carries texts and replies.
        Twilio = "twilio",
    }
}

impl Vendor {
    /// Its name in a sentence.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::X => "X",
            Self::Twilio => "Twilio",
        }
    }

    /// Whether a call that ended in this class of the metrics shows that the vendor works. Credit and
    /// limits have pauses of their own, and X's 401 is about one account.
    #[must_use]
    pub fn works(self, class: &str) -> bool {
        match class {
            "ok" | "refused" | "payment_required" | "rate_limited" => true,
            "unauthorized" => self == Self::X,
            _ => false,
        }
    }
}

words! {
    /// Something that is counted by the hour because no row of a text tells of it.
    pub enum Happening {
        /// A webhook was refused because its signature was wrong.
        SignatureRefused = "signature_refused",
        /// A text that no webhook brought was found in Twilio's list and taken in.
        MissedTakenIn = "missed_taken_in",
    }
}

/// What a worker last saw of a vendor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct VendorSeen {
    /// When it last answered as it should.
    pub ok_at: Option<Timestamp>,
    /// When a call last failed.
    pub failed_at: Option<Timestamp>,
    /// How that call failed: the class that the metrics use, such as `server_error`.
    pub failure: Option<String>,
}

impl VendorSeen {
    /// What two workers saw together: of each kind, the latest.
    #[must_use]
    pub fn and(self, other: &Self) -> Self {
        let later = other.failed_at > self.failed_at;
        Self {
            ok_at: self.ok_at.max(other.ok_at),
            failure: match later {
                true => other.failure.clone(),
                false => self.failure,
            },
            failed_at: self.failed_at.max(other.failed_at),
        }
    }

    /// Whether the last call failed.
    #[must_use]
    pub fn fails(&self) -> bool {
        self.failed_at.is_some() && self.failed_at > self.ok_at
    }
}

/// A worker process, as its last heartbeat left it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WorkerSeen {
    /// The unique name of the process.
    pub name: String,
    /// The version of Birdcall that it runs; empty if it is older than this was recorded.
    pub version: String,
    /// When it started.
    pub started_at: Timestamp,
    /// When it was last seen.
    pub seen_at: Timestamp,
    /// Whether it was seen lately enough to count.
    pub is_alive: bool,
    /// How many jobs it takes at the same time, of all queues; 0 if it is older than this was recorded.
    pub slots: u32,
    /// What it last saw of X.
    pub x: VendorSeen,
    /// What it last saw of Twilio.
    pub twilio: VendorSeen,
    /// What it holds: sids of texts and ids of replies.
    pub holds: Vec<String>,
}

/// A queue that is paused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PausedFor {
    /// The queue.
    pub queue: Queue,
    /// X's credit or limit, trouble with the app, or the operator.
    pub reason: Reason,
    /// Since when.
    pub since: Timestamp,
    /// When one text tries. It means nothing for the operator's pause.
    pub until: Timestamp,
}

/// Texts in one state, for one reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waiting {
    /// The state.
    pub state: TextState,
    /// What they wait for, if the state does not say it.
    pub reason: Option<Reason>,
    /// How many.
    pub count: u64,
    /// When the oldest of them was received.
    pub oldest: Timestamp,
}

/// Replies that did not arrive, by cause.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undelivered {
    /// Twilio's error, if there is one.
    pub error_code: Option<u32>,
    /// How many.
    pub count: u64,
    /// When the last of them was reported.
    pub last_at: Timestamp,
}

/// How often something happened within the span that is looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Happenings {
    /// What.
    pub what: Happening,
    /// How often.
    pub count: u64,
    /// When it last did.
    pub last_at: Timestamp,
}

/// Everything by which it is judged whether something is wrong.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Every worker process that was seen within a day, the latest first.
    pub workers: Vec<WorkerSeen>,
    /// Every queue that is paused.
    pub pauses: Vec<PausedFor>,
    /// Texts that wait, by what they wait for, and texts in doubt that nothing is due for.
    pub waiting: Vec<Waiting>,
    /// Linked numbers whose owners have to sign in again.
    pub sign_ins_needed: u64,
    /// Replies that did not arrive within the last day.
    pub undelivered: Vec<Undelivered>,
    /// What happened within the last day.
    pub happenings: Vec<Happenings>,
    /// The probes, and since when the oldest text that is due has been due.
    pub work: Work,
}

impl Facts {
    /// The workers that are alive.
    pub fn alive(&self) -> impl Iterator<Item = &WorkerSeen> {
        self.workers.iter().filter(|worker| worker.is_alive)
    }

    /// What the living workers last saw of a vendor, together.
    #[must_use]
    pub fn seen_of(&self, vendor: Vendor) -> VendorSeen {
        let seen = |worker: &WorkerSeen| match vendor {
            Vendor::X => worker.x.clone(),
            Vendor::Twilio => worker.twilio.clone(),
        };
        self.alive()
            .fold(VendorSeen::default(), |all, worker| all.and(&seen(worker)))
    }

    /// How often something happened within the last day, and when last.
    #[must_use]
    pub fn happened(&self, what: Happening) -> Option<&Happenings> {
        self.happenings
            .iter()
            .find(|happened| happened.what == what)
    }
}
