//! The spans of the overview's chart, and what became of their texts.

use std::time::Duration;

use birdcall_domain::clock::Timestamp;
use birdcall_ledger::{LedgerResult, overview::Outcomes};

use crate::{console::chart::Told, counted, state::App};

/// A span of the chart.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Span {
    Hour,
    Day,
    Week,
}

impl Span {
    pub(super) const ALL: [Self; 3] = [Self::Hour, Self::Day, Self::Week];

    /// As the address says it; also the word by which lists narrow their texts.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Hour => "1h",
            Self::Day => "24h",
            Self::Week => "7d",
        }
    }

    pub(super) fn read(word: &str) -> Self {
        let found = Self::ALL.into_iter().find(|span| span.as_str() == word);
        found.unwrap_or(Self::Hour)
    }

    pub(super) fn told(self) -> Told {
        match self {
            Self::Hour => Told {
                span: "the last hour",
                bar: "minute",
                ticks: 4,
                in_days: false,
                note: "",
            },
            Self::Day => Told {
                span: "the last 24 hours",
                bar: "15 minutes",
                ticks: 4,
                in_days: false,
                note: PAST,
            },
            Self::Week => Told {
                span: "the last 7 days",
                bar: "2 hours",
                ticks: 7,
                in_days: true,
                note: PAST,
            },
        }
    }
}

/// How current the counts of [`counted`] are.
const PAST: &str =
    "What became of texts that are older than an hour is counted again every few minutes.";

const MINUTE: Duration = Duration::from_secs(60);

pub(super) async fn outcomes(app: &App, span: Span, now: Timestamp) -> LedgerResult<Outcomes> {
    match span {
        Span::Hour => {
            let this_minute = now.0.div_euclid(60_000) * 60_000;
            let from = Timestamp(this_minute) - MINUTE * 59;
            app.ledger.outcomes(from, MINUTE, now).await
        }
        Span::Day => {
            let week = app.counted.week(&app.ledger, now).await?;
            Ok(counted::newest(&week, 1, 96))
        }
        Span::Week => {
            let week = app.counted.week(&app.ledger, now).await?;
            Ok(counted::newest(&week, 8, 84))
        }
    }
}
