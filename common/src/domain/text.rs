//! A text's way from arrival to its final state: every legal transition is in [`settle`].

use std::{fmt, str::FromStr, time::Duration};

use thiserror::Error;

use super::{
    account::TokenTrouble,
    backoff::Backoff,
    call::{CallError, LimitScope, Trouble, XRejection},
    post::Unpostable,
    reply::Sentence,
};
use crate::clock::Timestamp;

/// Twilio's name for an inbound message: `SM` or `MM` and 32 hexadecimal digits.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MessageSid(String);

/// What is wrong with something that should be a message sid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("a message sid is SM or MM followed by 32 hexadecimal digits")]
pub struct InvalidMessageSid;

impl MessageSid {
    /// The sid as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for MessageSid {
    type Err = InvalidMessageSid;

    fn from_str(value: &str) -> Result<Self, InvalidMessageSid> {
        let digits = value
            .strip_prefix("SM")
            .or_else(|| value.strip_prefix("MM"));
        match digits {
            Some(digits) if digits.len() == 32 && digits.bytes().all(|b| b.is_ascii_hexdigit()) => {
                Ok(Self(value.to_owned()))
            }
            _ => Err(InvalidMessageSid),
        }
    }
}

impl fmt::Display for MessageSid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Where a text stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TextState {
    /// Will be posted (or done, if it is a command).
    Received,
    /// Waits, with a [`Reason`].
    Waiting,
    /// A call that posts it is armed or under way.
    Publishing,
    /// It is on X.
    Published,
    /// X or we said no for good.
    Refused,
    /// Given up.
    Failed,
    /// Sent, outcome unknown: being resolved, or at rest when it can't be.
    InDoubt,
    /// A command that was done.
    Command,
    /// Recorded only.
    Ignored,
}

impl TextState {
    /// Every state, in the order of a text's life.
    pub const ALL: [Self; 9] = [
        Self::Received,
        Self::Waiting,
        Self::Publishing,
        Self::Published,
        Self::Refused,
        Self::Failed,
        Self::InDoubt,
        Self::Command,
        Self::Ignored,
    ];

    /// The word that is stored and listed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Received => "received",
            Self::Waiting => "waiting",
            Self::Publishing => "publishing",
            Self::Published => "published",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::InDoubt => "in_doubt",
            Self::Command => "command",
            Self::Ignored => "ignored",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }

    /// Whether nothing more happens by itself. A text in doubt is final when nothing is due.
    #[must_use]
    pub fn is_final(self) -> bool {
        matches!(
            self,
            Self::Published | Self::Refused | Self::Failed | Self::Command | Self::Ignored
        )
    }
}

/// Why a text waits or ended as it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Its owner must sign in.
    SignIn,
    /// X's limit for this user or the app.
    RateLimit,
    /// The operator's credit at X is used up.
    Money,
    /// X or a token can't be had just now.
    Outage,
    /// The operator paused the queue.
    Paused,
    /// An earlier text of the same phone comes first.
    Order,
    /// The answer to a new number's first text is the link.
    NotLinked,
    /// X refused it.
    Rejected,
    /// It can't be a post.
    Unpostable,
    /// Pictures are not posted yet.
    Media,
    /// Its horizon passed.
    Horizon,
    /// Every worker that took it died.
    Poison,
    /// X says that it is posted already; being looked for.
    Duplicate,
    /// Its owner took it back before it was posted.
    Undone,
    /// Too many texts of the same phone were waiting when it came.
    TooMany,
}

impl Reason {
    /// Every reason.
    pub const ALL: [Self; 15] = [
        Self::SignIn,
        Self::RateLimit,
        Self::Money,
        Self::Outage,
        Self::Paused,
        Self::Order,
        Self::NotLinked,
        Self::Rejected,
        Self::Unpostable,
        Self::Media,
        Self::Horizon,
        Self::Poison,
        Self::Duplicate,
        Self::Undone,
        Self::TooMany,
    ];

    /// The word that is stored and listed.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign_in",
            Self::RateLimit => "rate_limit",
            Self::Money => "money",
            Self::Outage => "outage",
            Self::Paused => "paused",
            Self::Order => "order",
            Self::NotLinked => "not_linked",
            Self::Rejected => "rejected",
            Self::Unpostable => "unpostable",
            Self::Media => "media",
            Self::Horizon => "horizon",
            Self::Poison => "poison",
            Self::Duplicate => "duplicate",
            Self::Undone => "undone",
            Self::TooMany => "too_many",
        }
    }

    /// Reads the stored word.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == word)
    }
}

/// The limits that decide how long and how often.
#[derive(Clone, Debug)]
pub struct Policy {
    /// `RETRY_DELAY_MIN`, `RETRY_DELAY_MAX`.
    pub backoff: Backoff,
    /// `RESOLVE_DELAYS`: the timeline is read after each of these, counted from the last event.
    pub resolve_delays: Vec<Duration>,
    /// `LATE_AFTER`: a text that is this old and not posted gets one notice.
    pub late_after: Duration,
    /// `SIGN_IN_WAIT_MAX`: how long a text waits for its owner to sign in.
    pub sign_in_wait_max: Duration,
}

/// What settling needs to know of a text; all of it is on the row.
#[derive(Clone, Copy, Debug)]
pub struct Progress {
    /// Whether it is a command, not a post.
    pub is_command: bool,
    /// Where it stands (as the claim found it).
    pub state: TextState,
    /// And why.
    pub reason: Option<Reason>,
    /// When it arrived.
    pub received_at: Timestamp,
    /// After this it is given up.
    pub deadline_at: Timestamp,
    /// Transient failures in a row.
    pub failures: u32,
    /// Workers that died with an armed call for it.
    pub deaths: u32,
    /// Timeline reads since the last unknown outcome.
    pub checks: u32,
    /// Whether some attempt's outcome was unknown.
    pub doubted: bool,
    /// The version of the access token that X answered 401 to, once in a row.
    pub unauthorized_version: Option<i64>,
}

/// What happened to a text that a worker holds.
#[derive(Clone, Debug)]
pub enum Event {
    /// X answered 201 with an id, or the timeline shows the post.
    Published {
        /// X's id.
        post_id: String,
    },
    /// Creating the post failed.
    CallFailed {
        /// How.
        error: CallError<XRejection>,
        /// The version of the token that was used.
        token_version: i64,
    },
    /// The account's timeline does not show it.
    NotFound,
    /// The account's timeline can't be read.
    Unreadable {
        /// Why.
        error: CallError<XRejection>,
        /// The version of the token that was used.
        token_version: i64,
    },
    /// The worker before us died with an armed attempt.
    Died,
    /// No access token.
    NoToken(TokenTrouble),
    /// The queue is paused until then.
    Paused {
        /// When to look again.
        until: Timestamp,
        /// Why it is paused.
        reason: Reason,
    },
    /// It can't be a post.
    Unpostable(Unpostable),
    /// It has media.
    HasMedia,
    /// It came from a number that is not linked.
    NotLinked,
    /// It was claimed too often without being settled.
    Poison,
    /// It is a command and was done.
    Done(Sentence),
    /// It is a command that X could not carry out just now.
    CommandFailed {
        /// Why.
        error: CallError<XRejection>,
        /// The version of the token that was used; 0 when none was.
        token_version: i64,
    },
}

/// Everything that posting waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pause {
    /// Why.
    pub reason: Reason,
    /// Until then, if X said so.
    pub until: Option<Timestamp>,
}

/// What to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Settlement {
    /// The new state.
    pub state: TextState,
    /// Why.
    pub reason: Option<Reason>,
    /// When it is looked at again; `None` when nothing more happens by itself.
    pub next_attempt_at: Option<Timestamp>,
    /// After this it is given up.
    pub deadline_at: Timestamp,
    /// Transient failures in a row.
    pub failures: u32,
    /// Workers that died with an armed call for it.
    pub deaths: u32,
    /// Timeline reads since the last unknown outcome.
    pub checks: u32,
    /// Whether some attempt's outcome was unknown.
    pub doubted: bool,
    /// The token version that X answered 401 to.
    pub unauthorized_version: Option<i64>,
    /// X's id, when it is posted.
    pub post_id: Option<String>,
    /// What the phone is told.
    pub tell: Option<Sentence>,
    /// Posting stops for everybody.
    pub pause: Option<Pause>,
    /// The account's owner must sign in again.
    pub needs_sign_in: bool,
}

impl Settlement {
    /// What would wait for its owner's sign-in goes on at once, since that has been made: nobody is
    /// asked for it, and the text has the time that it had.
    #[must_use]
    pub fn signed_in(self, deadline_at: Timestamp, now: Timestamp) -> Self {
        let state = match self.state {
            TextState::Waiting => TextState::Received,
            state => state,
        };
        Self {
            state,
            reason: None,
            next_attempt_at: Some(now),
            deadline_at,
            unauthorized_version: None,
            tell: None,
            ..self
        }
    }
}

/// Decides what an event makes of a text. `unit`, in `0.0..1.0`, is the jitter.
#[must_use]
pub fn settle(
    text: &Progress,
    event: &Event,
    now: Timestamp,
    unit: f64,
    policy: &Policy,
) -> Settlement {
    let at = Settling {
        text,
        now,
        unit,
        policy,
    };
    match event {
        Event::Published { post_id } => Settlement {
            post_id: Some(post_id.clone()),
            ..at.end(
                TextState::Published,
                None,
                Some(Sentence::Tweeted {
                    post_id: post_id.clone(),
                }),
            )
        },
        Event::CallFailed {
            error,
            token_version,
        } => at.call_failed(error, *token_version),
        Event::NotFound => at.not_found(),
        Event::Unreadable {
            error,
            token_version,
        } => at.unreadable(error, *token_version),
        Event::Died => Settlement {
            deaths: text.deaths + 1,
            ..at.in_doubt(None)
        },
        Event::NoToken(TokenTrouble::SignInNeeded) => at.sign_in_needed(),
        Event::NoToken(TokenTrouble::Busy) => at.again(now + policy.backoff.min.min(BUSY_DELAY)),
        Event::NoToken(TokenTrouble::Unavailable) if text.state == TextState::InDoubt => {
            at.unreadable(&CallError::NotSent(Trouble::Connect), 0)
        }
        Event::NoToken(TokenTrouble::Unavailable) => at.retry(),
        Event::Paused { until, reason } => at.paused(*until, *reason),
        Event::Unpostable(why) => at.refuse(Reason::Unpostable, Sentence::Unpostable(*why)),
        Event::HasMedia => at.refuse(Reason::Media, Sentence::MediaNotYet),
        Event::NotLinked => at.refuse(Reason::NotLinked, Sentence::SignIn),
        // Whether it was posted is not known: it rests instead of failing.
        Event::Poison if matches!(text.state, TextState::Publishing | TextState::InDoubt) => {
            at.rest()
        }
        Event::Poison => at.end(
            TextState::Failed,
            Some(Reason::Poison),
            Some(Sentence::GaveUp),
        ),
        Event::Done(sentence) => at.end(TextState::Command, None, Some(sentence.clone())),
        Event::CommandFailed {
            error,
            token_version,
        } => at.command_failed(error, *token_version),
    }
}

/// Of so many 401 in a row one refreshes the token.
const FAILURES_PER_REFRESH: u32 = 4;
/// How soon a token that another process is refreshing is asked for again, at most.
const BUSY_DELAY: Duration = Duration::from_secs(1);

struct Settling<'a> {
    text: &'a Progress,
    now: Timestamp,
    unit: f64,
    policy: &'a Policy,
}

impl Settling<'_> {
    /// Nothing has changed but the claim.
    fn keep(&self) -> Settlement {
        let text = self.text;
        Settlement {
            state: text.state,
            reason: text.reason,
            next_attempt_at: None,
            deadline_at: text.deadline_at,
            failures: text.failures,
            deaths: text.deaths,
            checks: text.checks,
            doubted: text.doubted,
            unauthorized_version: text.unauthorized_version,
            post_id: None,
            tell: None,
            pause: None,
            needs_sign_in: false,
        }
    }

    fn end(&self, state: TextState, reason: Option<Reason>, tell: Option<Sentence>) -> Settlement {
        Settlement {
            state,
            reason,
            tell,
            failures: 0,
            unauthorized_version: None,
            ..self.keep()
        }
    }

    fn refuse(&self, reason: Reason, tell: Sentence) -> Settlement {
        self.end(TextState::Refused, Some(reason), Some(tell))
    }

    fn give_up(&self) -> Settlement {
        self.end(
            TextState::Failed,
            Some(Reason::Horizon),
            Some(Sentence::GaveUp),
        )
    }

    /// As before, a little later: nothing was learned.
    fn again(&self, at: Timestamp) -> Settlement {
        Settlement {
            next_attempt_at: Some(at),
            ..self.keep()
        }
    }

    fn wait(&self, reason: Reason, at: Timestamp, notice: Option<Sentence>) -> Settlement {
        if at > self.text.deadline_at {
            return self.give_up();
        }
        Settlement {
            state: TextState::Waiting,
            reason: Some(reason),
            next_attempt_at: Some(at),
            tell: notice,
            ..self.keep()
        }
    }

    fn delay(&self, failures: u32) -> Timestamp {
        self.now + self.policy.backoff.delay(failures, self.unit)
    }

    fn late(&self, at: Timestamp) -> bool {
        at.since(self.text.received_at) >= self.policy.late_after
    }

    /// A passing failure without an effect.
    fn retry(&self) -> Settlement {
        let failures = self.text.failures + 1;
        let at = self.delay(failures);
        let notice = self.late(at).then_some(Sentence::StillTrying);
        let state = self.wait(Reason::Outage, at, notice);
        if state.state == TextState::Failed {
            state
        } else {
            Settlement { failures, ..state }
        }
    }

    fn call_failed(&self, error: &CallError<XRejection>, token_version: i64) -> Settlement {
        match error {
            CallError::InDoubt(_) => self.in_doubt(None),
            CallError::NotSent(_) => self.retry(),
            CallError::Unauthorized => self.unauthorized(token_version),
            CallError::PaymentRequired => Settlement {
                pause: Some(Pause {
                    reason: Reason::Money,
                    until: None,
                }),
                ..self.wait(Reason::Money, self.delay(1), Some(Sentence::OutOfCredit))
            },
            CallError::RateLimited { until, scope } => {
                let at = until
                    .unwrap_or_else(|| self.delay(self.text.failures + 1))
                    .max(self.delay(1));
                let waiting = self.wait(
                    Reason::RateLimit,
                    at,
                    Some(Sentence::RateLimited { until: at }),
                );
                let pause = Pause {
                    reason: Reason::RateLimit,
                    until: *until,
                };
                Settlement {
                    pause: (*scope == LimitScope::App).then_some(pause),
                    ..waiting
                }
            }
            CallError::Rejected(XRejection::MissingScope) => Settlement {
                needs_sign_in: true,
                ..self.sign_in_needed()
            },
            // After an unknown outcome a duplicate is evidence that the first try got through:
            // look for it once more before saying no.
            CallError::Rejected(XRejection::Duplicate)
                if self.text.doubted && self.text.reason != Some(Reason::Duplicate) =>
            {
                self.in_doubt(Some(Reason::Duplicate))
            }
            CallError::Rejected(rejection) => {
                self.refuse(Reason::Rejected, Sentence::Rejected(rejection.clone()))
            }
        }
    }

    /// 401: refresh once and try again once. `None`: this is the second one, an outage and not a
    /// dead connection (X answered 401 to everybody for hours on 2026-06-30).
    fn refresh_first(&self, token_version: i64) -> Option<Settlement> {
        let once = self.text.unauthorized_version.is_none();
        once.then(|| Settlement {
            unauthorized_version: Some(token_version),
            ..self.again(self.now)
        })
    }

    /// 401 again and again: now and then the newer token is doubted, too. It may have died in its
    /// turn, and every refresh in an outage is a chance to lose the pair, so not each time.
    fn refresh_now_and_then(&self, token_version: i64, later: Settlement) -> Settlement {
        match later.failures.is_multiple_of(FAILURES_PER_REFRESH) && later.next_attempt_at.is_some()
        {
            true => Settlement {
                unauthorized_version: Some(token_version),
                ..later
            },
            false => later,
        }
    }

    fn unauthorized(&self, token_version: i64) -> Settlement {
        match self.refresh_first(token_version) {
            Some(first) => Settlement {
                state: TextState::Received,
                reason: None,
                ..first
            },
            None => self.refresh_now_and_then(token_version, self.retry()),
        }
    }

    fn in_doubt(&self, reason: Option<Reason>) -> Settlement {
        Settlement {
            state: TextState::InDoubt,
            reason,
            next_attempt_at: Some(self.now + self.resolve_delay(0)),
            checks: 0,
            failures: 0,
            doubted: true,
            unauthorized_version: None,
            ..self.keep()
        }
    }

    fn resolve_delay(&self, check: u32) -> Duration {
        let delays = &self.policy.resolve_delays;
        delays
            .get(check as usize)
            .or(delays.last())
            .copied()
            .unwrap_or(self.policy.backoff.min)
    }

    fn not_found(&self) -> Settlement {
        let checks = self.text.checks + 1;
        if (checks as usize) < self.policy.resolve_delays.len() {
            let at = self.now + self.resolve_delay(checks);
            return Settlement {
                checks,
                failures: 0,
                unauthorized_version: None,
                ..self.again(at)
            };
        }
        if self.text.reason == Some(Reason::Duplicate) {
            return self.refuse(Reason::Duplicate, Sentence::AlreadyPosted);
        }
        if self.now > self.text.deadline_at {
            return self.give_up();
        }
        // Not there after the last look: it was not posted, and may be.
        Settlement {
            state: TextState::Received,
            reason: None,
            next_attempt_at: Some(self.now),
            checks: 0,
            failures: 0,
            unauthorized_version: None,
            ..self.keep()
        }
    }

    fn unreadable(&self, error: &CallError<XRejection>, token_version: i64) -> Settlement {
        if let (CallError::Unauthorized, Some(first)) = (error, self.refresh_first(token_version)) {
            return first;
        }
        let failures = self.text.failures + 1;
        let at = match error {
            CallError::RateLimited {
                until: Some(until), ..
            } => (*until).max(self.delay(1)),
            CallError::PaymentRequired | CallError::Rejected(_) => return self.rest(),
            _ => self.delay(failures),
        };
        if at > self.text.deadline_at {
            return self.rest();
        }
        let notice = self.late(at).then_some(Sentence::StillTrying);
        let later = Settlement {
            failures,
            tell: notice,
            ..self.again(at)
        };
        match error {
            CallError::Unauthorized => self.refresh_now_and_then(token_version, later),
            _ => later,
        }
    }

    /// Nobody can tell whether it was posted: its owner decides.
    fn rest(&self) -> Settlement {
        Settlement {
            state: TextState::InDoubt,
            doubted: true,
            tell: Some(Sentence::Unresolved),
            ..self.keep()
        }
    }

    fn sign_in_needed(&self) -> Settlement {
        let in_doubt = self.text.state == TextState::InDoubt;
        if self.text.reason == Some(Reason::SignIn) {
            // It was due because its time is over, or because somebody looked too early.
            return match self.now >= self.text.deadline_at {
                true if in_doubt => self.rest(),
                true => self.give_up(),
                false => self.again(self.text.deadline_at),
            };
        }
        let deadline_at = self
            .text
            .deadline_at
            .max(self.now + self.policy.sign_in_wait_max);
        Settlement {
            // What is in doubt is looked for after the sign-in, not posted again.
            state: if in_doubt {
                TextState::InDoubt
            } else {
                TextState::Waiting
            },
            reason: Some(Reason::SignIn),
            next_attempt_at: Some(deadline_at),
            deadline_at,
            tell: Some(if self.text.is_command {
                Sentence::SignInForCommand
            } else {
                Sentence::SignInAgain
            }),
            failures: 0,
            unauthorized_version: None,
            ..self.keep()
        }
    }

    fn paused(&self, until: Timestamp, reason: Reason) -> Settlement {
        let notice = match reason {
            Reason::Money => Some(Sentence::OutOfCredit),
            Reason::RateLimit => Some(Sentence::RateLimited { until }),
            _ => None,
        };
        if self.text.state == TextState::InDoubt {
            // What is in doubt is read, not posted: it keeps its state.
            return self.again(until);
        }
        if self.now >= self.text.deadline_at && reason != Reason::Paused {
            return self.give_up();
        }
        Settlement {
            state: TextState::Waiting,
            reason: Some(reason),
            // At the deadline its sender is told, paused or not.
            next_attempt_at: Some(
                until.min(
                    self.text
                        .deadline_at
                        .max(self.now + self.policy.backoff.min),
                ),
            ),
            tell: notice,
            ..self.keep()
        }
    }

    /// A command's effect is repeatable (a second delete or revocation changes nothing), so an
    /// unknown outcome is a passing failure.
    fn command_failed(&self, error: &CallError<XRejection>, token_version: i64) -> Settlement {
        if let (CallError::Unauthorized, Some(first)) = (error, self.refresh_first(token_version)) {
            return first;
        }
        match error {
            CallError::Unauthorized => self.refresh_now_and_then(token_version, self.retry()),
            CallError::InDoubt(_) | CallError::NotSent(_) => self.retry(),
            CallError::PaymentRequired => {
                self.wait(Reason::Money, self.delay(self.text.failures + 1), None)
            }
            CallError::RateLimited { until, .. } => {
                let at = until.unwrap_or_else(|| self.delay(1)).max(self.delay(1));
                self.wait(Reason::RateLimit, at, None)
            }
            CallError::Rejected(rejection) => self.end(
                TextState::Command,
                Some(Reason::Rejected),
                Some(Sentence::CommandRejected(rejection.clone())),
            ),
        }
    }
}

/// Whether an earlier text of the same phone must end before a later one is begun.
#[must_use]
pub fn blocks(earlier: TextState, reason: Option<Reason>, is_due_at: Option<Timestamp>) -> bool {
    match earlier {
        TextState::Received | TextState::Publishing => true,
        // Waits for its owner: R6's exception.
        TextState::Waiting => reason != Some(Reason::SignIn),
        TextState::InDoubt => is_due_at.is_some() && reason != Some(Reason::SignIn),
        _ => false,
    }
}

/// The outcome of a call as the attempt's record keeps it: a word and, on failure, a sentence.
#[must_use]
pub fn attempt_outcome(event: &Event) -> (&'static str, Option<String>) {
    match event {
        Event::Published { .. } => ("published", None),
        Event::CallFailed { error, .. } => (error.class(), Some(error.to_string())),
        Event::Died => (
            "in_doubt",
            Some(CallError::<XRejection>::InDoubt(Trouble::WorkerDied).to_string()),
        ),
        _ => ("done", None),
    }
}

#[cfg(test)]
#[path = "text_tests.rs"]
mod tests;
