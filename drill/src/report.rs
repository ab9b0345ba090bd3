//! Prints what was counted, one promise a line.

use crate::verdict::{RECOVERY_MAX, Reversed, Verdict};

/// The slowest recoveries are shown, this many: that is where to look first.
const SLOWEST_SHOWN: usize = 3;

impl Verdict {
    pub(crate) fn print(&self, calm: bool) {
        let row = |promise: &str, value: String, kept: bool| {
            println!(
                "  {:<42} {:>12}  {}",
                promise,
                value,
                if kept { "ok" } else { "BROKEN" }
            );
        };
        println!();
        row("sent", self.sent.to_string(), true);
        row("acknowledged (200)", self.acknowledged.to_string(), true);
        row(
            "  taken in from Twilio's list",
            self.swept_in.to_string(),
            true,
        );
        for (state, count) in &self.states {
            row(&format!("  {state}"), count.to_string(), true);
        }
        row("lost", self.lost.to_string(), self.lost == 0);
        row(
            "posts per text, at most",
            self.posts_per_text_max.to_string(),
            self.posts_per_text_max <= 1,
        );
        let confirmed = self.confirmations_per_text_max;
        row(
            "confirmations per text, at most",
            confirmed.to_string(),
            confirmed <= 1,
        );
        row(
            "published and not confirmed",
            self.unconfirmed.to_string(),
            self.unconfirmed == 0,
        );
        row(
            "refused or failed and not told",
            self.untold.to_string(),
            self.untold == 0,
        );
        row(
            "out of order",
            self.out_of_order.len().to_string(),
            self.out_of_order.is_empty(),
        );
        for Reversed {
            earlier,
            later,
            log,
        } in &self.out_of_order
        {
            println!("    {later} came before {earlier}");
            for line in log {
                println!("      {line}");
            }
        }
        row(
            "refresh tokens used again",
            self.reused_refresh_tokens.to_string(),
            self.reused_refresh_tokens == 0,
        );
        row(
            "stranded rows",
            self.stranded.to_string(),
            self.stranded == 0,
        );
        row(
            "not final",
            self.not_final.to_string(),
            self.not_final == 0 && calm,
        );
        row(
            "dead workers' texts, left lying",
            self.never_recovered.to_string(),
            self.never_recovered == 0,
        );
        row(
            &format!(
                "dead workers' {} texts, taken up within",
                self.recovered.len()
            ),
            format!("{:.1} s", self.recovery_max().as_secs_f64()),
            self.recovery_max() < RECOVERY_MAX,
        );
        for slow in self.recovered.iter().take(SLOWEST_SHOWN) {
            println!("    {} {:.1} s", slow.sid, slow.after.as_secs_f64());
        }
        row(
            "bodies, numbers, secrets in logs",
            self.secrets_in_logs.to_string(),
            self.secrets_in_logs == 0,
        );
        println!();
        println!(
            "{}",
            if self.kept() && calm {
                "every promise was kept"
            } else {
                "A PROMISE WAS BROKEN"
            }
        );
    }
}
