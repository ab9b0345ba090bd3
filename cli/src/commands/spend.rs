//! `birdcall spend`: list the numbers that spend most.

use birdcall_domain::{
    spend::{self, Spender},
    wording::{moment, number},
};
use birdcall_ledger::totals::Total;
use serde_json::{Value, json};

use crate::{
    args::SpendOptions,
    environment::{now, open_ledger},
    failure::Done,
    output,
};

/// A number as JSON.
fn view(spender: &Spender) -> Value {
    let (low, high) = spend::estimate(spender.posts);
    json!({
        "phone": spender.from.as_str(),
        "posts": spender.posts,
        "reply_segments": spender.segments,
        "estimate_min_usd_thousandths": low,
        "estimate_max_usd_thousandths": high,
    })
}

pub(crate) async fn run(options: SpendOptions, json: bool) -> Done {
    let ledger = open_ledger().await?;
    let now = now();
    let since = options.since.at(now);
    let limit = usize::try_from(options.limit).unwrap_or(usize::MAX);
    let spenders = ledger.spenders(since, limit).await?;
    if json {
        let views: Vec<Value> = spenders.rows.iter().map(view).collect();
        output::object(&views);
    } else {
        let columns = ["phone", "posts", "reply segments", "estimate"];
        output::table(&spenders.rows, &columns, |spender: &Spender| {
            vec![
                spender.from.as_str().to_owned(),
                number(spender.posts),
                number(spender.segments),
                spender.estimate(),
            ]
        });
    }
    let total = Total {
        count: spenders.total,
        all: true,
    };
    output::shown(spenders.rows.len(), total, "numbers", json);
    if spenders.since > since {
        output::note(spend::counted_since(&moment(spenders.since, now)));
    }
    Ok(())
}
