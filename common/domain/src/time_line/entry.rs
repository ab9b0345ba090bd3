//! What a time line is made of, and what it is made from.

use crate::{
    call::Heard,
    clock::Timestamp,
    queue::{JobState, Queue},
    reply::{Purpose, ReplyState},
    text::Progress,
    tone::Tone,
    words::words,
};

words! {
    /// What an entry of a time line is about.
    pub enum What {
        /// The text came in.
        Received = "received",
        /// A call to X that could post the text.
        Attempt = "attempt",
        /// The text is on X.
        Posted = "posted",
        /// Its owner deleted it from X.
        Deleted = "deleted",
        /// One of our replies was written or sent.
        Reply = "reply",
        /// Twilio reported what became of a reply.
        Delivery = "delivery",
        /// A job for the text or for one of its replies.
        Job = "job",
        /// An operator did something.
        Deed = "deed",
        /// It has not happened yet.
        Next = "next",
    }
}

/// An entry of a time line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// When; `None` if it waits for somebody and not for a time.
    pub at: Option<Timestamp>,
    /// What it is about.
    pub what: What,
    /// How good or bad it is.
    pub tone: Tone,
    /// What happened, or will.
    pub words: String,
    /// More of it; may be empty. It holds nobody's words and no whole number.
    pub detail: String,
    /// What was texted; may be empty. The console masks it.
    pub quote: String,
}

/// All that is known of a text.
#[derive(Clone, Debug)]
pub struct History<'a> {
    /// The text.
    pub text: TextFacts,
    /// The calls to X.
    pub attempts: Vec<AttemptFacts<'a>>,
    /// Our replies.
    pub replies: Vec<ReplyFacts<'a>>,
    /// The jobs of the text and of its replies.
    pub jobs: Vec<JobFacts<'a>>,
    /// What operators did with it.
    pub deeds: Vec<DeedFacts<'a>>,
}

/// What is known of the text itself.
#[derive(Clone, Copy, Debug)]
pub struct TextFacts {
    /// How far it has come.
    pub progress: Progress,
    /// The end of the claim of the worker that holds it.
    pub held_until: Option<Timestamp>,
    /// When it was posted.
    pub published_at: Option<Timestamp>,
    /// When its owner deleted it from X.
    pub undone_at: Option<Timestamp>,
}

/// What is known of a call to X.
#[derive(Clone, Copy, Debug)]
pub struct AttemptFacts<'a> {
    /// 1 is the first.
    pub number: u32,
    /// When it was announced.
    pub started_at: Timestamp,
    /// When its outcome was written.
    pub ended_at: Option<Timestamp>,
    /// The outcome in one word.
    pub outcome: Option<&'a str>,
    /// The reason for a failure, in words.
    pub error: Option<&'a str>,
    /// What X answered.
    pub heard: &'a Heard,
}

/// What is known of a reply.
#[derive(Clone, Copy, Debug)]
pub struct ReplyFacts<'a> {
    /// What it is for.
    pub purpose: Purpose,
    /// Its state.
    pub state: ReplyState,
    /// When it was written.
    pub created_at: Timestamp,
    /// When the last call that sends it was announced.
    pub sent_at: Option<Timestamp>,
    /// When it is due.
    pub next_attempt_at: Option<Timestamp>,
    /// Twilio's sid.
    pub twilio_sid: Option<&'a str>,
    /// Twilio's delivery state.
    pub delivery: Option<&'a str>,
    /// When Twilio reported it.
    pub delivery_at: Option<Timestamp>,
    /// Twilio's error code.
    pub error_code: Option<u32>,
    /// The reason for a failure, in words.
    pub error: Option<&'a str>,
    /// What it says.
    pub body: &'a str,
}

/// What is known of a job.
#[derive(Clone, Copy, Debug)]
pub struct JobFacts<'a> {
    /// Its id.
    pub id: &'a str,
    /// Its queue.
    pub queue: Queue,
    /// Its state.
    pub state: JobState,
    /// It does not start before this.
    pub run_at: Timestamp,
    /// When it was finished.
    pub done_at: Option<Timestamp>,
    /// The worker that holds or held it.
    pub worker: Option<&'a str>,
}

/// What is known of an operator's deed.
#[derive(Clone, Copy, Debug)]
pub struct DeedFacts<'a> {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub actor: &'a str,
    /// What was done.
    pub action: &'a str,
    /// How.
    pub detail: &'a str,
    /// Why.
    pub reason: &'a str,
}
