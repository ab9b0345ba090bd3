//! The questions before texts are run again.

use std::io::Write as _;

use super::plan::Plan;
use crate::{args::ReplayOptions, failure::Failure, output::note, terminal};
use birdcall_domain::wording::{counted, number};

/// This many posts are made without a question. A mistake in `--state` or `--since` names more.
const UNASKED_MAX: u64 = 10;

/// Whether the operator wants what is planned. `--force` asks twice, because a text may appear on X
/// a second time. `--state` asks once if it would post many texts.
pub(super) fn allowed(plan: &Plan, options: &ReplayOptions) -> Result<bool, Failure> {
    if options.force {
        return forced(plan);
    }
    if options.state.is_none() || options.yes || plan.posts <= UNASKED_MAX {
        return Ok(true);
    }
    let posts = counted(plan.posts, "text", "texts");
    let cost = plan.cost().unwrap_or_default();
    let question = if plan.posts == plan.total {
        format!("{posts} would be posted. {cost}")
    } else {
        let total = counted(plan.total, "text", "texts");
        format!("{} of {total} would be posted. {cost}", number(plan.posts))
    };
    match answer(&format!("{question}\nPost {posts}? [y/N]"))? {
        Some(given) => Ok(matches!(given.to_lowercase().as_str(), "y" | "yes")),
        None => Err(Failure::Refused(format!(
            "{question} Nobody is there to confirm this: run the command in a terminal, or add --yes"
        ))),
    }
}

fn forced(plan: &Plan) -> Result<bool, Failure> {
    if let Some(cost) = plan.cost() {
        note(cost);
    }
    let total = number(plan.total);
    let first = format!("Post {total} text(s) even if they were already posted? Type yes:");
    let second = "They may appear on X twice. Type the number of texts to continue:";
    Ok(answer(&first)?.is_some_and(|given| given == "yes")
        && answer(second)?.is_some_and(|given| given.replace(',', "") == plan.total.to_string()))
}

/// Asks on standard error, and reads one line. `None`: standard input has ended.
fn answer(question: &str) -> Result<Option<String>, Failure> {
    if terminal::can_answer() {
        eprint!("{question} ");
        std::io::stderr().flush()?;
    }
    let mut given = String::new();
    let read = std::io::stdin().read_line(&mut given)?;
    Ok((read > 0).then(|| given.trim().to_owned()))
}
