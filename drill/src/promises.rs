//! The promises that a drill checks, and whether the verdict keeps them.

use std::time::Duration;

use crate::{recovery::Recovered, verdict::Verdict};

/// Other workers must resume the texts of a killed worker within this time (R7).
const RECOVERY_MAX: Duration = Duration::from_secs(60);
/// How many of the slowest recoveries are listed, so that somebody can look for the cause.
const SLOWEST_SHOWN: usize = 3;

/// One promise, and what the drill found.
pub(crate) struct Promise {
    pub(crate) name: String,
    pub(crate) found: String,
    pub(crate) kept: bool,
    /// Lines that help to find the cause.
    pub(crate) details: Vec<String>,
}

impl Promise {
    pub(crate) fn new(name: impl Into<String>, found: impl ToString, kept: bool) -> Self {
        Self {
            name: name.into(),
            found: found.to_string(),
            kept,
            details: Vec::new(),
        }
    }

    /// A promise that something never happens.
    pub(crate) fn none(name: &str, count: usize) -> Self {
        Self::new(name, count, count == 0)
    }

    /// A promise that something happens at most once for each text.
    pub(crate) fn at_most_once(name: &str, count: usize) -> Self {
        Self::new(name, count, count <= 1)
    }

    pub(crate) fn with_details(self, details: Vec<String>) -> Self {
        Self { details, ..self }
    }
}

/// Every promise, in the order of the report.
pub(crate) fn promises(verdict: &Verdict) -> Vec<Promise> {
    vec![
        Promise::none("lost", verdict.lost),
        Promise::at_most_once("posts per text, at most", verdict.posts_per_text_max),
        Promise::none("on X and said not to be", verdict.on_x_and_denied),
        Promise::at_most_once(
            "confirmations per text, at most",
            verdict.confirmations_per_text_max,
        ),
        Promise::none("published and not confirmed", verdict.unconfirmed),
        Promise::none("refused or failed and not told", verdict.untold),
        Promise::none("out of order", verdict.out_of_order.len()).with_details(reversed(verdict)),
        Promise::none("undone by mistake", verdict.undone_by_mistake.len())
            .with_details(verdict.undone_by_mistake.clone()),
        Promise::none("not forgotten after STOP", verdict.not_forgotten),
        Promise::none(
            "left and not told that it was done",
            verdict.not_told_to_have_left,
        ),
        Promise::new(
            "refresh tokens used again at a risk",
            verdict.reused_refresh_tokens,
            verdict.reused_refresh_tokens == 0,
        ),
        Promise::none(
            "asked to sign in although X had not ended the grant",
            verdict.asked_without_reason,
        ),
        Promise::none("rows left behind", verdict.left_behind),
        Promise::new(
            "not final",
            verdict.not_final,
            verdict.not_final == 0 && verdict.calm,
        ),
        Promise::none(
            "texts of killed workers not recovered",
            verdict.never_recovered,
        ),
        Promise::none(
            "refused by X and not posted by a replay",
            verdict.still_refused,
        ),
        Promise::new(
            "replays begun by pressing once",
            format!("{} of {}", verdict.runs_in_console, verdict.runs_pressed),
            verdict.runs_in_console == verdict.runs_pressed,
        ),
        recovery(&verdict.recovered).with_details(slowest(&verdict.recovered)),
        Promise::none(
            "bodies, numbers and secrets in logs",
            verdict.secrets_in_logs,
        ),
    ]
}

fn reversed(verdict: &Verdict) -> Vec<String> {
    let mut lines = Vec::new();
    for pair in &verdict.out_of_order {
        lines.push(format!("{} came before {}", pair.later, pair.earlier));
        lines.extend(pair.log.iter().map(|line| format!("  {line}")));
    }
    lines
}

/// Texts of killed workers are resumed in time. `recovered` begins with the slowest.
pub(crate) fn recovery(recovered: &[Recovered]) -> Promise {
    let slowest = recovered.first();
    let longest = slowest.map_or(Duration::ZERO, |slowest| slowest.after);
    Promise::new(
        format!("slowest of {} recovered texts", recovered.len()),
        format!("{:.1} s", longest.as_secs_f64()),
        longest < RECOVERY_MAX,
    )
}

/// The slowest recoveries, so that somebody can look for the cause.
pub(crate) fn slowest(recovered: &[Recovered]) -> Vec<String> {
    let slowest = recovered.iter().take(SLOWEST_SHOWN);
    slowest
        .map(|slow| format!("{} {:.1} s", slow.sid, slow.after.as_secs_f64()))
        .collect()
}
