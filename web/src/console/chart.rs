//! A chart of what became of texts: stacked bars, a legend in words, and what it shows as a sentence.
//!
//! The bars are drawn in an SVG of 100 units of height that is stretched to the width of the page. The words are
//! outside of it, so that they stay legible on a phone.

use birdcall_domain::{clock::Timestamp, text::TextState, wording};
use birdcall_ledger::overview::{Bucket, Outcomes};

/// The width of a bar with the gap beside it.
const STEP: f64 = 10.0;
/// The gap between two bars.
const GAP: f64 = 2.0;
const HEIGHT: f64 = 100.0;

/// What a text became, as the chart tells it. The first is drawn at the bottom.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Series {
    Posted,
    OnTheWay,
    Refused,
    Failed,
    Other,
}

impl Series {
    const ALL: [Self; 5] = [
        Self::Posted,
        Self::OnTheWay,
        Self::Refused,
        Self::Failed,
        Self::Other,
    ];

    fn of(state: TextState) -> Self {
        match state {
            TextState::Published => Self::Posted,
            TextState::Received | TextState::Waiting | TextState::Publishing => Self::OnTheWay,
            TextState::Refused => Self::Refused,
            TextState::Failed | TextState::InDoubt => Self::Failed,
            TextState::Command | TextState::Ignored => Self::Other,
        }
    }

    /// Its class in the style sheet.
    fn class(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::OnTheWay => "on-the-way",
            Self::Refused => "refused",
            Self::Failed => "failed",
            Self::Other => "other",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::Posted => "posted",
            Self::OnTheWay => "on the way",
            Self::Refused => "refused",
            Self::Failed => "failed or in doubt",
            Self::Other => "commands and ignored",
        }
    }

    fn count(self, bucket: &Bucket) -> u64 {
        let counts = bucket.counts.iter();
        let counts = counts.filter(|(state, _)| Self::of(*state) == self);
        counts.map(|(_, count)| count).sum()
    }
}

/// A span that can be chosen.
pub(super) struct SpanLink {
    pub(super) href: String,
    pub(super) words: &'static str,
    pub(super) is_here: bool,
}

/// A part of a bar, in the units of the SVG.
#[derive(Debug, PartialEq)]
pub(super) struct Segment {
    pub(super) class: &'static str,
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

/// One part of the span.
pub(super) struct Bar {
    /// What a pointer reads.
    pub(super) words: String,
    pub(super) segments: Vec<Segment>,
}

/// An entry of the legend.
pub(super) struct Legend {
    pub(super) class: &'static str,
    pub(super) words: &'static str,
    pub(super) count: String,
}

/// A chart.
pub(super) struct Chart {
    pub(super) title: String,
    pub(super) description: String,
    pub(super) spans: Vec<SpanLink>,
    /// The width of the SVG in its own units.
    pub(super) width: f64,
    pub(super) bars: Vec<Bar>,
    pub(super) legend: Vec<Legend>,
    /// The words at the top, in the middle and at the bottom of the scale.
    pub(super) scale: [String; 3],
    /// The words below, first to last, at equal distances.
    pub(super) times: Vec<String>,
    pub(super) note: &'static str,
}

/// How a span is told.
pub(super) struct Told {
    /// In a sentence, as in `the last hour`.
    pub(super) span: &'static str,
    /// What a bar is, as in `minute`.
    pub(super) bar: &'static str,
    /// The number of equal distances between the times below the bars.
    pub(super) ticks: u32,
    /// Whether days are told, and not hours.
    pub(super) in_days: bool,
    pub(super) note: &'static str,
}

impl Chart {
    pub(super) fn new(outcomes: &Outcomes, told: &Told, spans: Vec<SpanLink>) -> Self {
        let buckets = &outcomes.buckets;
        let most = buckets.iter().map(Bucket::total).max().unwrap_or(0);
        let top = round_top(most);
        let bars = buckets.iter().enumerate();
        let legend = Series::ALL.map(|series| Legend {
            class: series.class(),
            words: series.words(),
            count: wording::number(sum(buckets, series)),
        });
        Self {
            title: format!("Texts per {}, {}", told.bar, told.span),
            description: describe(outcomes, told),
            spans,
            width: STEP * f64::from(u32::try_from(buckets.len()).unwrap_or(u32::MAX)),
            bars: bars
                .filter(|(_, bucket)| bucket.total() > 0)
                .map(|(at, bucket)| bar(at, bucket, top))
                .collect(),
            legend: legend.into(),
            scale: [top, top / 2, 0].map(wording::number),
            times: times(outcomes, told),
            note: told.note,
        }
    }
}

fn sum(buckets: &[Bucket], series: Series) -> u64 {
    buckets.iter().map(|bucket| series.count(bucket)).sum()
}

/// The end of the scale: a round number that no bar exceeds and that has a half.
fn round_top(most: u64) -> u64 {
    let mut power = 1_u64;
    loop {
        for digit in [2, 4, 6, 10] {
            let top = power.saturating_mul(digit);
            if top >= most {
                return top;
            }
        }
        power = power.saturating_mul(10);
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "counts of texts are far below 2^52"
)]
fn bar(at: usize, bucket: &Bucket, top: u64) -> Bar {
    let x = STEP * at as f64 + GAP / 2.0;
    let mut y = HEIGHT;
    let mut segments = Vec::new();
    for series in Series::ALL {
        let count = series.count(bucket);
        if count == 0 {
            continue;
        }
        let height = HEIGHT * count as f64 / top as f64;
        y -= height;
        segments.push(Segment {
            class: series.class(),
            x,
            y,
            width: STEP - GAP,
            height,
        });
    }
    let counts = Series::ALL.iter().filter_map(|series| {
        let count = series.count(bucket);
        (count > 0).then(|| format!("{} {}", wording::number(count), series.words()))
    });
    let counts: Vec<String> = counts.collect();
    Bar {
        words: format!("{}: {}", wording::at(bucket.from), counts.join(", ")),
        segments,
    }
}

/// What the bars show, in a sentence or two.
fn describe(outcomes: &Outcomes, told: &Told) -> String {
    let buckets = &outcomes.buckets;
    let total = outcomes.total();
    if total == 0 {
        return format!("No text was received in {}.", told.span);
    }
    let parts = Series::ALL.iter().filter_map(|series| {
        let count = sum(buckets, *series);
        (count > 0).then(|| format!("{} {}", wording::number(count), series.words()))
    });
    let parts: Vec<String> = parts.collect();
    let busiest = buckets.iter().max_by_key(|bucket| bucket.total());
    let most = busiest.map_or(0, Bucket::total);
    let from = busiest.map_or(Timestamp(0), |bucket| bucket.from);
    format!(
        "{} in {}: {}. Most per {}: {}, from {} on.",
        wording::counted(total, "text", "texts"),
        told.span,
        parts.join(", "),
        told.bar,
        wording::number(most),
        wording::at(from),
    )
}

/// The times below the bars, at equal distances, and then the word for the end.
fn times(outcomes: &Outcomes, told: &Told) -> Vec<String> {
    let parts = u32::try_from(outcomes.buckets.len()).unwrap_or(0);
    let from = outcomes
        .buckets
        .first()
        .map_or(Timestamp(0), |bucket| bucket.from);
    let step = outcomes.width * parts / told.ticks.max(1);
    let times = (0..told.ticks).map(|tick| {
        let at = from + step * tick;
        match told.in_days {
            true => at.utc_day().get(5..).unwrap_or_default().to_owned(),
            false => at.utc_hour_minute(),
        }
    });
    times.chain(["now".to_owned()]).collect()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const TOLD: Told = Told {
        span: "the last hour",
        bar: "minute",
        ticks: 2,
        in_days: false,
        note: "",
    };

    fn outcomes(counts: &[&[(TextState, u64)]]) -> Outcomes {
        let width = Duration::from_secs(60);
        let from = Timestamp(1_795_366_800_000);
        let parts = (0..).zip(counts);
        Outcomes {
            width,
            buckets: parts
                .map(|(part, counts)| Bucket {
                    from: from + width * part,
                    counts: counts.to_vec(),
                })
                .collect(),
        }
    }

    #[test]
    fn the_scale_ends_at_a_round_number_that_no_bar_exceeds() {
        for (most, top) in [
            (0, 2),
            (1, 2),
            (2, 2),
            (3, 4),
            (7, 10),
            (11, 20),
            (41, 60),
            (100, 100),
            (5213, 6000),
        ] {
            assert_eq!(round_top(most), top, "{most}");
        }
    }

    #[test]
    fn what_a_bar_is_made_of_lies_on_each_other_and_reaches_no_higher_than_the_chart() {
        let outcomes = outcomes(&[
            &[],
            &[
                (TextState::Failed, 1),
                (TextState::Published, 3),
                (TextState::InDoubt, 4),
            ],
        ]);
        let chart = Chart::new(&outcomes, &TOLD, Vec::new());
        assert_eq!(chart.width, 20.0);
        assert_eq!(chart.scale, ["10", "5", "0"]);
        let [bar] = &chart.bars[..] else {
            panic!("a part without a text has no bar");
        };
        let found: Vec<_> = bar
            .segments
            .iter()
            .map(|part| (part.class, part.y, part.height))
            .collect();
        assert_eq!(found, [("posted", 70.0, 30.0), ("failed", 20.0, 50.0)]);
        assert!(
            bar.segments
                .iter()
                .all(|part| part.x == 11.0 && part.width == 8.0)
        );
        assert_eq!(
            bar.words,
            "2026-11-22 17:01:00 UTC: 3 posted, 5 failed or in doubt"
        );
    }

    #[test]
    fn the_words_say_what_the_bars_show() {
        let chart = Chart::new(
            &outcomes(&[&[(TextState::Waiting, 1)], &[(TextState::Published, 3)]]),
            &TOLD,
            Vec::new(),
        );
        assert_eq!(chart.title, "Texts per minute, the last hour");
        assert_eq!(
            chart.description,
            "4 texts in the last hour: 3 posted, 1 on the way. Most per minute: 3, from 2026-11-22 17:01:00 UTC on."
        );
        assert_eq!(chart.times, ["17:00", "17:01", "now"]);
        let nothing = Chart::new(&outcomes(&[&[]]), &TOLD, Vec::new());
        assert_eq!(
            nothing.description,
            "No text was received in the last hour."
        );
    }
}
