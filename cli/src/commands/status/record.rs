//! The status for people: what is wrong, and then the figures.

use birdcall_domain::{
    clock::Timestamp,
    overview::{Severity, Trouble, Vendor, headline, is_wrong},
    reply::delivery_error,
    spend,
    text::TextState,
    tone::Tone,
    wording::{age, counted, dollars, length, number},
};
use birdcall_ledger::overview::{Overview, Percentiles};

use super::seen::Seen;
use crate::output::Record;

pub(super) fn of(seen: &Seen, now: Timestamp) -> Record {
    let (overview, found) = (&seen.overview, &seen.found[..]);
    let mut record = Record::default();
    if !is_wrong(found) {
        record.toned(&headline(found), Tone::Good);
    }
    for trouble in found.iter().filter(|one| one.severity != Severity::Note) {
        tell(&mut record, trouble);
    }
    let mut notes = found.iter().filter(|one| one.severity == Severity::Note);
    if let Some(first) = notes.next() {
        record.gap();
        record.line("Good to know:");
        tell(&mut record, first);
        notes.for_each(|note| tell(&mut record, note));
    }
    record.gap();
    processes(&mut record, overview, now);
    waiting(&mut record, overview, now);
    texts(&mut record, seen);
    record.gap();
    for queue in &overview.queues {
        let oldest = queue.oldest.filter(|at| *at <= now);
        let oldest = oldest.map(|at| format!(", the oldest for {}", length(now.since(at))));
        let count = |count: i64| number(u64::try_from(count).unwrap_or(0));
        let (ready, delayed, held) = (count(queue.ready), count(queue.delayed), count(queue.held));
        record.field(
            &format!("Queue {}", queue.queue),
            format!(
                "{ready} ready{}, {delayed} later, {held} held",
                oldest.unwrap_or_default()
            ),
        );
    }
    record
}

fn tell(record: &mut Record, trouble: &Trouble) {
    let tone = match trouble.severity {
        Severity::Note => Tone::Plain,
        _ => Tone::Bad,
    };
    record.toned(&trouble.sentence, tone);
    record.block(&format!("-> {}", trouble.todo), 3);
}

fn processes(record: &mut Record, overview: &Overview, now: Timestamp) {
    let facts = &overview.facts;
    let alive = u64::try_from(facts.alive().count()).unwrap_or(u64::MAX);
    let holds: usize = facts.alive().map(|worker| worker.holds.len()).sum();
    record.field(
        "Workers",
        format!(
            "{} alive, in hand: {}",
            number(alive),
            counted(
                u64::try_from(holds).unwrap_or(0),
                "text or reply",
                "texts and replies"
            )
        ),
    );
    for vendor in Vendor::ALL {
        let seen = facts.seen_of(*vendor);
        let told = match (seen.ok_at, seen.fails()) {
            (None, false) => "not called yet".to_owned(),
            (Some(at), false) => format!("works: last call {}", age(at, now)),
            (ok_at, true) => format!(
                "fails ({}): last call that worked {}",
                seen.failure.as_deref().unwrap_or("unknown"),
                ok_at.map_or_else(|| "unknown".to_owned(), |at| age(at, now))
            ),
        };
        record.field(vendor.name(), told);
    }
}

/// What is paused, what waits for what, and what did not arrive.
fn waiting(record: &mut Record, overview: &Overview, now: Timestamp) {
    let facts = &overview.facts;
    for pause in &facts.pauses {
        let since = age(pause.since, now);
        let told = format!("{} ({}), since {since}", pause.queue, pause.reason);
        record.field("Paused", told);
    }
    for waiting in &facts.waiting {
        let reason = waiting.reason.map(|reason| format!(" ({reason})"));
        let told = format!(
            "{} {}{}, the oldest {}",
            number(waiting.count),
            waiting.state,
            reason.unwrap_or_default(),
            age(waiting.oldest, now)
        );
        record.field("Texts that wait", told);
    }
    for cause in &facts.undelivered {
        let code = cause.error_code.map(|code| {
            let words = delivery_error(code);
            format!("Twilio's error {code}, {words}")
        });
        let told = format!(
            "{}: {}, last {}",
            number(cause.count),
            code.as_deref().unwrap_or("no error was given"),
            age(cause.last_at, now)
        );
        record.field("Not delivered, 24h", told);
    }
}

fn texts(record: &mut Record, seen: &Seen) {
    let (overview, hour) = (&seen.overview, &seen.last_hour);
    let states = TextState::ALL.iter();
    let states = states.map(|state| (state, hour.in_state(*state)));
    let states: Vec<String> = states
        .filter(|(_, count)| *count > 0)
        .map(|(state, count)| format!("{} {state}", number(count)))
        .collect();
    let received = counted(hour.total(), "text", "texts");
    let told = match states.is_empty() {
        true => received,
        false => format!("{received}: {}", states.join(", ")),
    };
    record.field("Last hour", told);
    let speed = |percentiles: Option<Percentiles>| {
        percentiles.map(|of| {
            let compared = number(u64::try_from(of.of).unwrap_or(u64::MAX));
            format!(
                "half within {}, 95% within {} (newest {compared})",
                length(of.p50),
                length(of.p95)
            )
        })
    };
    record.field("Text to post", speed(overview.speed.to_post));
    record.field(
        "Text to confirmation",
        speed(overview.speed.to_confirmation),
    );
    let causes = overview.causes.iter().map(|cause| {
        let reason = cause.reason.map_or("no reason", |reason| reason.as_str());
        format!("{} {} ({reason})", number(cause.count), cause.state)
    });
    let causes: Vec<String> = causes.collect();
    let causes = (!causes.is_empty()).then(|| causes.join(", "));
    record.field("Not posted, 24h", causes);
    for (name, posts) in [
        ("Posts today", overview.posts_today),
        ("Posts this month", overview.posts_this_month),
    ] {
        let (low, high) = spend::estimate(posts);
        record.field(
            name,
            format!(
                "{} (estimate: {} without links, {} if all have one)",
                number(posts),
                dollars(low),
                dollars(high)
            ),
        );
    }
}
