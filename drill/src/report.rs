//! What the drill prints: its progress, what was counted, and one line for each promise.

use tokio::time::Instant;

use crate::{args::Args, promises::Promise, verdict::Verdict};

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
        println!(
            "drill: {} texts, {} phones, {} webs, {} workers, {} kills, {:?}, seed {}",
            args.texts, args.phones, args.webs, args.workers, args.kills, args.engine, args.seed
        );
    }

    pub(crate) fn step(&self, what: &str) {
        println!("{:>6.1} s  {what}", self.began.elapsed().as_secs_f64());
    }

    pub(crate) fn print(&self, verdict: &Verdict, promises: &[Promise]) {
        println!();
        row("sent", verdict.sent, true);
        row("acknowledged (200)", verdict.acknowledged, true);
        row("  taken in from Twilio's list", verdict.swept_in, true);
        for (state, count) in &verdict.states {
            row(&format!("  {state}"), count, true);
        }
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
