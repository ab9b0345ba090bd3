//! The figures at the top of the overview.

use birdcall_domain::{spend, text::TextState, wording};
use birdcall_ledger::overview::{Outcomes, Overview, POSTS_COUNTED_MAX, Percentiles};

use super::charted::Span;
use crate::{
    console::{blocks::Figure, cells, tone::Tone},
    state::App,
};

pub(super) fn figures(
    app: &App,
    overview: &Overview,
    outcomes: &Outcomes,
    span: Span,
) -> Vec<Figure> {
    let (span, told) = (span.as_str(), span.told().span);
    let in_state = |name: &str, state: TextState| {
        let count = outcomes.in_state(state);
        Figure {
            name: format!("{name}, {told}"),
            value: wording::number(count),
            // None of a kind is neither good nor bad.
            tone: match count {
                0 => Tone::Plain,
                _ => cells::tone_of(state),
            },
            href: Some(app.console(&format!("/texts?state={state}&since={span}"))),
        }
    };
    let plain = |name: &str, value: String| Figure {
        name: name.to_owned(),
        value,
        tone: Tone::Plain,
        href: None,
    };
    let by_number = |name: &str, posts: u64, since: &str| Figure {
        href: Some(app.console(&format!("/spend?since={since}"))),
        ..plain(name, spent(posts))
    };
    let took = |percentiles: Option<Percentiles>| {
        percentiles.map_or_else(
            || "–".to_owned(),
            |took| {
                format!(
                    "{} / {}",
                    wording::length(took.p50),
                    wording::length(took.p95)
                )
            },
        )
    };
    vec![
        plain(&format!("Texts, {told}"), wording::number(outcomes.total())),
        in_state("Published", TextState::Published),
        in_state("Refused", TextState::Refused),
        in_state("Failed", TextState::Failed),
        plain("Text to post, p50 / p95", took(overview.speed.to_post)),
        plain(
            "Text to confirmation, p50 / p95",
            took(overview.speed.to_confirmation),
        ),
        plain("Posts today", posts(overview.posts_today)),
        by_number("Spent today, estimate", overview.posts_today, "1d"),
        plain("Posts this month", posts(overview.posts_this_month)),
        by_number(
            "Spent this month, estimate",
            overview.posts_this_month,
            "30d",
        ),
    ]
}

fn posts(count: u64) -> String {
    let at_least = if count < POSTS_COUNTED_MAX {
        ""
    } else {
        "at least "
    };
    format!("{at_least}{}", wording::number(count))
}

/// What X charges if no post has a link, and if every post has one.
fn spent(count: u64) -> String {
    let (low, high) = spend::estimate(count);
    let and_more = if count < POSTS_COUNTED_MAX {
        ""
    } else {
        " or more"
    };
    match low == high {
        true => wording::dollars(low),
        false => format!(
            "{} to {}{and_more}",
            wording::dollars(low),
            wording::dollars(high)
        ),
    }
}
