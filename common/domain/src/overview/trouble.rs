//! A trouble: how bad it is, what is wrong in one plain sentence, and what to do about it.

use std::time::Duration;

use crate::{health::WorkLimits, queue::Queue, text::TextState, words::words};

words! {
    /// How bad a trouble is.
    pub enum Severity {
        /// Nothing is posted, or nothing is answered.
        Stopped = "stopped",
        /// Something fails, and some people notice.
        Failing = "failing",
        /// Nothing fails. It is good to know, and it does not count as wrong.
        Note = "note",
    }
}

impl Severity {
    pub(super) fn rank(self) -> u8 {
        match self {
            Self::Stopped => 0,
            Self::Failing => 1,
            Self::Note => 2,
        }
    }
}

/// Where a trouble is seen or ended. The console has a page for each, and the command a counterpart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Where {
    /// The workers.
    Workers,
    /// All queues.
    Queues,
    /// One queue: its jobs, and what pauses it.
    Queue(Queue),
    /// The texts in a state.
    Texts(TextState),
    /// The replies that did not arrive within the last day: all, or those with this error of Twilio's.
    Replies(Option<u32>),
    /// The linked numbers.
    Accounts,
    /// What is seen of X, of Twilio, and of its webhooks.
    Services,
}

impl Where {
    /// The command that shows it.
    #[must_use]
    pub fn command(self) -> String {
        match self {
            Self::Workers => "birdcall workers list".to_owned(),
            Self::Queues => "birdcall queue stats".to_owned(),
            Self::Queue(queue) => format!("birdcall jobs list --queue {queue}"),
            Self::Texts(state) => format!("birdcall texts list --state {state}"),
            Self::Replies(Some(code)) => {
                format!("birdcall replies list --since 24h --error {code}")
            }
            Self::Replies(None) => "birdcall replies list --since 24h --state failed".to_owned(),
            Self::Accounts => "birdcall accounts list".to_owned(),
            Self::Services => "birdcall doctor".to_owned(),
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trouble {
    /// How bad it is.
    pub severity: Severity,
    /// One word for scripts, such as `no_worker`. It never changes.
    pub kind: &'static str,
    /// What is wrong.
    pub sentence: String,
    /// What to do about it: often the command of [`Trouble::at`].
    pub todo: String,
    /// Where it is seen or ended.
    pub at: Where,
}

/// What is still taken for healthy.
#[derive(Clone, Copy, Debug)]
pub struct Limits {
    /// The age of probes and of texts that are due.
    pub work: WorkLimits,
    /// A vendor that failed last counts as failing only if that was within this time.
    pub vendor_failure_age_max: Duration,
    /// Refused signatures count only if the last one came within this time.
    pub refused_age_max: Duration,
}

impl Limits {
    /// The limits of an installation, whose settings say how old work may be.
    #[must_use]
    pub fn new(work: WorkLimits) -> Self {
        Self {
            work,
            vendor_failure_age_max: Duration::from_secs(15 * 60),
            refused_age_max: Duration::from_secs(3600),
        }
    }
}

/// Whether something is wrong. A note does not count.
#[must_use]
pub fn is_wrong(troubles: &[Trouble]) -> bool {
    troubles
        .iter()
        .any(|trouble| trouble.severity != Severity::Note)
}

/// The one sentence at the top: the worst trouble, and how many more there are.
#[must_use]
pub fn headline(troubles: &[Trouble]) -> String {
    let wrong: Vec<&Trouble> = troubles
        .iter()
        .filter(|trouble| trouble.severity != Severity::Note)
        .collect();
    match wrong.as_slice() {
        [] => "Nothing is wrong.".to_owned(),
        [only] => only.sentence.clone(),
        [worst, rest @ ..] => {
            let more = u64::try_from(rest.len()).unwrap_or(u64::MAX);
            format!("{} ({} more)", worst.sentence, more)
        }
    }
}

pub(super) fn trouble(
    severity: Severity,
    kind: &'static str,
    sentence: impl Into<String>,
    todo: impl Into<String>,
    at: Where,
) -> Trouble {
    Trouble {
        severity,
        kind,
        sentence: sentence.into(),
        todo: todo.into(),
        at,
    }
}

/// A trouble that one looks at first, before anything can be done about it.
pub(super) fn look(
    severity: Severity,
    kind: &'static str,
    sentence: impl Into<String>,
    at: Where,
) -> Trouble {
    trouble(severity, kind, sentence, at.command(), at)
}
