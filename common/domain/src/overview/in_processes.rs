//! What is wrong with workers, queues and vendors.

use super::{
    facts::{Facts, PausedFor, Vendor},
    trouble::{Limits, Severity, Trouble, Where, look, trouble},
};
use crate::{
    clock::Timestamp,
    health::{WorkLimits, WorkProblem, work_problems},
    queue::Queue,
    text::Reason,
    wording::{counted, length},
};

pub(super) fn no_worker(facts: &Facts, found: &mut Vec<Trouble>, now: Timestamp) {
    if facts.alive().next().is_some() {
        return;
    }
    let last = facts.workers.iter().map(|worker| worker.seen_at).max();
    let last = match last {
        Some(at) => format!("the last one was seen {} ago", length(now.since(at))),
        None => "none was seen within a day".to_owned(),
    };
    found.push(trouble(
        Severity::Stopped,
        "no_worker",
        format!("No worker is running: {last}, so nothing is posted."),
        "Start birdcall-worker.",
        Where::Workers,
    ));
}

pub(super) fn paused(pause: &PausedFor, now: Timestamp) -> Trouble {
    let since = length(now.since(pause.since));
    let until = match pause.until > now {
        true => format!("in {}", length(pause.until.since(now))),
        false => "now".to_owned(),
    };
    let queue = pause.queue;
    let what = match queue {
        Queue::Tweet => "Posting".to_owned(),
        Queue::Reply => "Replying".to_owned(),
        queue => format!("The queue {queue}"),
    };
    let (kind, why) = match pause.reason {
        Reason::Paused => {
            let sentence = format!(
                "{what} has been paused by an operator for {since}: it waits to be resumed."
            );
            let todo = format!("birdcall queue resume {queue}");
            let at = Where::Queue(queue);
            return trouble(Severity::Stopped, "paused_by_operator", sentence, todo, at);
        }
        Reason::Money => ("no_credit", "the credit at X is used up".to_owned()),
        Reason::RateLimit => (
            "app_rate_limit",
            "a limit of the X app is reached".to_owned(),
        ),
        Reason::Operator if queue == Queue::Reply => (
            "account_trouble",
            "Twilio does not let the account send".to_owned(),
        ),
        Reason::Operator => ("app_trouble", "X does not let the app post".to_owned()),
        reason => ("paused", format!("of {reason}")),
    };
    let todo = match pause.reason {
        Reason::Money => format!("Buy credit at X, then: birdcall queue resume {queue}"),
        Reason::RateLimit => "Wait: it resumes by itself.".to_owned(),
        _ => "birdcall doctor".to_owned(),
    };
    let sentence =
        format!("{what} has been paused for {since} because {why}; the next try is {until}.");
    let at = Where::Queue(queue);
    trouble(Severity::Stopped, kind, sentence, todo, at)
}

pub(super) fn work(facts: &Facts, limits: WorkLimits, found: &mut Vec<Trouble>, now: Timestamp) {
    // A new installation, or a worker that has just started, has no probes yet.
    let newest_start = facts.alive().map(|worker| worker.started_at).max();
    let just_started =
        newest_start.is_some_and(|started| now.since(started) < limits.probe_age_max);
    for problem in work_problems(&facts.work, limits, now) {
        let told = match &problem {
            WorkProblem::NeverProbed(_) if just_started => continue,
            WorkProblem::NeverProbed(queue) => look(
                Severity::Failing,
                "queue_stuck",
                format!("No worker takes jobs from the queue {queue}."),
                Where::Queue(*queue),
            ),
            WorkProblem::ProbeIsOld(queue, age) => look(
                Severity::Failing,
                "queue_stuck",
                format!(
                    "No worker has taken a job from the queue {queue} for {}.",
                    length(*age)
                ),
                Where::Queue(*queue),
            ),
            WorkProblem::TextIsOverdue(age) => look(
                Severity::Failing,
                "text_overdue",
                format!(
                    "The oldest text that is due has been due for {}.",
                    length(*age)
                ),
                Where::Queues,
            ),
        };
        found.push(told);
    }
}

/// The class of a failed call, in words that follow the name of the vendor and a colon.
#[must_use]
pub fn failure_words(class: &str) -> &str {
    match class {
        "no_connection" => "no connection is made",
        "timeout" => "no answer comes in time",
        "broken" => "connections break",
        "server_error" => "it answers with an error of its own",
        "unauthorized" => "it does not accept the credentials",
        _ => "its answers cannot be understood",
    }
}

pub(super) fn vendor_fails(
    facts: &Facts,
    vendor: Vendor,
    limits: Limits,
    now: Timestamp,
) -> Option<Trouble> {
    let seen = facts.seen_of(vendor);
    let failed_at = seen.failed_at?;
    let is_old = now.since(failed_at) > limits.vendor_failure_age_max;
    if !seen.fails() || is_old {
        return None;
    }
    let name = vendor.name();
    let class = failure_words(seen.failure.as_deref().unwrap_or_default());
    let since = match seen.ok_at {
        Some(at) => format!(
            "the last call that worked was {} ago",
            length(now.since(at))
        ),
        None => "no call has worked yet".to_owned(),
    };
    let kind = match vendor {
        Vendor::X => "x_fails",
        Vendor::Twilio => "twilio_fails",
    };
    Some(look(
        Severity::Failing,
        kind,
        format!("Calls to {name} fail: {class}; {since}."),
        Where::Services,
    ))
}

pub(super) fn other_version(facts: &Facts, version: &str) -> Option<Trouble> {
    let others: Vec<&str> = facts
        .alive()
        .map(|worker| worker.version.as_str())
        .filter(|other| *other != version)
        .collect();
    let first = others.first()?;
    let count = counted(
        u64::try_from(others.len()).unwrap_or(u64::MAX),
        "worker runs",
        "workers run",
    );
    let named = match *first {
        "" => "an older version".to_owned(),
        other => format!("version {other}"),
    };
    Some(trouble(
        Severity::Note,
        "other_version",
        format!("{count} {named}, and this is version {version}."),
        "Restart the workers with the new version.",
        Where::Workers,
    ))
}
