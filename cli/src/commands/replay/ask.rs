//! The questions before texts are run again.

use crate::{answer::answer, args::ReplayOptions, failure::Failure, output::note};
use birdcall_domain::{
    replay_run::ReplayPlan,
    wording::{counted, number},
};

/// This many posts are made without a question. A mistake in `--state` or `--since` names more.
const UNASKED_MAX: u64 = 10;

/// Whether the operator wants what is planned. `--force` asks twice, because a text may appear on X
/// a second time. Texts that match are asked about once if many would be posted.
pub(super) fn allowed(plan: &ReplayPlan, options: &ReplayOptions) -> Result<bool, Failure> {
    let posts = plan.counts.posts();
    if options.force {
        return forced(plan);
    }
    if !options.sids.is_empty() || options.yes || plan.all && posts <= UNASKED_MAX {
        return Ok(true);
    }
    let at_least = if plan.all { "" } else { "at least " };
    let posts = format!("{at_least}{}", counted(posts, "text", "texts"));
    let cost = plan.cost().unwrap_or_default();
    let question = format!("{}. {cost}", plan.sentence());
    match answer(&format!("{question}\nPost {posts}? [y/N]"))? {
        Some(given) => Ok(matches!(given.to_lowercase().as_str(), "y" | "yes")),
        None => Err(Failure::Refused(format!(
            "{question} Nobody is there to confirm this: run the command in a terminal, or add --yes"
        ))),
    }
}

fn forced(plan: &ReplayPlan) -> Result<bool, Failure> {
    if let Some(cost) = plan.cost() {
        note(cost);
    }
    let total = number(plan.counts.total());
    let at_least = if plan.all { "" } else { "at least " };
    let first =
        format!("Post {at_least}{total} text(s) even if they were already posted? Type yes:");
    let second = "They may appear on X twice. Type the number of texts to continue:";
    Ok(answer(&first)?.is_some_and(|given| given == "yes")
        && answer(second)?
            .is_some_and(|given| given.replace(',', "") == plan.counts.total().to_string()))
}
