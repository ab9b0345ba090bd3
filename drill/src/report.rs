//! What the drill prints: its progress, what was counted, and one line for each promise.

use birdcall_domain::wording::number;
use tokio::time::Instant;

use crate::{args::Args, promises::Promise, verdict::Verdict};

/// A count with a comma after every three digits.
pub(crate) fn number_of(count: usize) -> String {
    number(u64::try_from(count).unwrap_or(u64::MAX))
}

/// Prints to standard output, with the time since the drill began.
pub(crate) struct Report {
    began: Instant,
}

impl Report {
    pub(crate) fn begin() -> Self {
        Self {
            began: Instant::now(),
        }
    }

    pub(crate) fn header(&self, args: &Args) {
        let texts = match args.replay_texts {
            0 => format!("{} texts", args.texts),
            texts => format!("{} texts that are replayed", number_of(texts)),
        };
        println!(
            "drill: {texts}, {} phones, {} webs, {} workers, {} kills, {:?}, seed {}",
            args.phones, args.webs, args.workers, args.kills, args.engine, args.seed
        );
    }

    pub(crate) fn step(&self, what: &str) {
        println!("{:>6.1} s  {what}", self.began.elapsed().as_secs_f64());
    }

    pub(crate) fn calm(&self, calm: bool) {
        self.step(match calm {
            true => "nothing is due",
            false => "SOMETHING IS STILL DUE",
        });
    }

    /// What became of the texts that were sent.
    pub(crate) fn counts(&self, verdict: &Verdict) {
        println!();
        row("sent", verdict.sent, true);
        row("acknowledged (200)", verdict.acknowledged, true);
        row("  taken in from Twilio's list", verdict.swept_in, true);
        for (state, count) in &verdict.states {
            row(&format!("  {state}"), count, true);
        }
        for (name, count) in &verdict.replayed {
            row(name, count, true);
        }
    }

    /// Each promise, and whether all were kept.
    pub(crate) fn promises(&self, promises: &[Promise]) {
        println!();
        for promise in promises {
            row(&promise.name, &promise.found, promise.kept);
            for line in &promise.details {
                println!("    {line}");
            }
        }
        println!();
        println!(
            "{}",
            if promises.iter().all(|promise| promise.kept) {
                "every promise was kept"
            } else {
                "A PROMISE WAS BROKEN"
            }
        );
    }
}

fn row(name: &str, found: impl ToString, kept: bool) {
    let found = found.to_string();
    let verdict = if kept { "ok" } else { "BROKEN" };
    println!("  {name:<42} {found:>12}  {verdict}");
}
