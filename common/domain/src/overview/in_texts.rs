//! What is wrong with texts, replies and webhooks.

use super::{
    facts::{Facts, Happening, Undelivered, Waiting},
    trouble::{Limits, Severity, Trouble, Where, look},
};
use crate::{
    clock::Timestamp,
    text::{Reason, TextState},
    wording::{counted, length},
};

pub(super) fn refused(facts: &Facts, limits: Limits, now: Timestamp) -> Option<Trouble> {
    let refused = facts.happened(Happening::SignatureRefused)?;
    if now.since(refused.last_at) > limits.refused_age_max {
        return None;
    }
    let requests = counted(refused.count, "webhook", "webhooks");
    let were = if refused.count == 1 { "was" } else { "were" };
    Some(look(
        Severity::Failing,
        "webhooks_refused",
        format!(
            "{requests} {were} refused within a day for a wrong signature, the last one {} ago.",
            length(now.since(refused.last_at))
        ),
        Where::Services,
    ))
}

fn texts(count: u64) -> String {
    counted(count, "text", "texts")
}

pub(super) fn waits(rows: &Waiting, facts: &Facts, now: Timestamp) -> Option<Trouble> {
    let (count, oldest) = (texts(rows.count), length(now.since(rows.oldest)));
    let (verb, are, them, owners) = match rows.count {
        1 => ("waits", "is", "it", "its owner has"),
        _ => ("wait", "are", "them", "their owners have"),
    };
    if rows.state == TextState::InDoubt {
        let sentence = format!(
            "{count} {are} in doubt: it is unknown whether X posted {them}, and {owners} to decide; the oldest arrived {oldest} ago."
        );
        let at = Where::Texts(rows.state);
        return Some(look(Severity::Failing, "in_doubt", sentence, at));
    }
    // The pause of the queue says the same and more.
    let is_told = |reason| facts.pauses.iter().any(|pause| pause.reason == reason);
    let reason = rows.reason.filter(|reason| !is_told(*reason))?;
    let (severity, what) = match reason {
        Reason::Outage => (
            Severity::Failing,
            "because X cannot be reached or a token cannot be refreshed",
        ),
        Reason::Money => (Severity::Failing, "for credit at X"),
        Reason::Operator => (Severity::Failing, "until the X app may post"),
        Reason::RateLimit => (Severity::Note, "for a limit of X to reset"),
        Reason::SignIn => (Severity::Note, "for a sign-in"),
        // They wait behind texts that are counted themselves.
        _ => return None,
    };
    let sentence = format!("{count} {verb} {what}; the oldest arrived {oldest} ago.");
    let at = Where::Texts(rows.state);
    Some(look(severity, "texts_wait", sentence, at))
}

pub(super) fn undelivered(rows: &[Undelivered], now: Timestamp) -> Option<Trouble> {
    let total: u64 = rows.iter().map(|row| row.count).sum();
    let last = rows.iter().map(|row| row.last_at).max()?;
    let codes: Vec<String> = rows
        .iter()
        .filter_map(|row| Some((row.error_code?, row.count)))
        .map(|(code, count)| format!("Twilio's error {code}: {count}"))
        .collect();
    let codes = match codes.is_empty() {
        true => String::new(),
        false => format!(" ({})", codes.join(", ")),
    };
    let worst = rows.iter().filter(|row| row.error_code.is_some());
    let worst = worst.max_by_key(|row| row.count);
    let at = Where::Replies(worst.and_then(|row| row.error_code));
    let did = counted(total, "reply", "replies");
    Some(look(
        Severity::Failing,
        "replies_undelivered",
        format!(
            "{did} did not arrive within a day{codes}; the last one {} ago.",
            length(now.since(last))
        ),
        at,
    ))
}

pub(super) fn sign_ins(facts: &Facts) -> Option<Trouble> {
    let count = facts.sign_ins_needed;
    let numbers = counted(count, "number needs", "numbers need");
    (count > 0).then(|| {
        look(
            Severity::Note,
            "sign_in_needed",
            format!("{numbers} a new sign-in; each has been texted a link if a text waits for it."),
            Where::Accounts,
        )
    })
}

pub(super) fn missed(facts: &Facts, now: Timestamp) -> Option<Trouble> {
    let missed = facts.happened(Happening::MissedTakenIn)?;
    let came = counted(missed.count, "text", "texts");
    Some(look(
        Severity::Note,
        "missed_taken_in",
        format!(
            "{came} that no webhook brought came from Twilio's list within a day, the last one {} ago: Twilio could not reach web.",
            length(now.since(missed.last_at))
        ),
        Where::Services,
    ))
}
