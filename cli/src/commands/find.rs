//! `birdcall find`: the one box that finds.

use birdcall_domain::{clock::Timestamp, search::Sought};
use birdcall_ledger::{queue::ListedJob, replies::Reply, search::Found, texts::TextFilter};
use serde::Serialize;

use super::{jobs::JobView, replies::ListedReply, texts::list};
use crate::{
    args::FindOptions,
    environment::{now, open_ledger},
    failure::{Done, Failure},
    output,
    views::{TextView, text_views},
};

/// What was found, as JSON.
#[derive(Serialize)]
struct FoundView<'a> {
    found: Sought,
    texts: Vec<TextView>,
    reply: Option<ListedReply>,
    job: Option<JobView<'a>>,
}

pub(crate) async fn run(options: FindOptions, json: bool) -> Done {
    let ledger = open_ledger().await?;
    let all = TextFilter::default();
    let now = now();
    let filter = TextFilter {
        state: options.state,
        reason: options.reason,
        error: options.error,
        since: options.since.map_or(all.since, |since| since.at(now)),
        until: options.until.map_or(all.until, |until| until.at(now)),
        limit: options.limit,
        look_at: options.look_at,
        ..all
    };
    let found = ledger.find(&options.query, &filter).await?;
    if found.texts.is_empty() && found.reply.is_none() && found.job.is_none() {
        return nothing(&options.query, found.sought, json);
    }
    let Found {
        sought,
        texts,
        reply,
        job,
        list,
    } = found;
    let shown = texts.len();
    if json {
        output::object(&FoundView {
            found: sought,
            texts: text_views(&ledger, texts).await?,
            reply: reply.map(ListedReply::from),
            job: job.as_ref().map(JobView::from),
        });
    } else {
        let one = (list.is_none() && shown == 1).then(|| texts[0].sid.to_string());
        said(sought, job.as_ref(), reply.as_ref(), now);
        if !texts.is_empty() {
            output::line("");
            list::table(&texts);
        }
        if let Some(sid) = one {
            output::line("");
            output::line(format!("All about it: birdcall texts show {sid}"));
        }
    }
    match list {
        Some(list) => list::extent(&ledger, &list, shown, json).await,
        None => Ok(()),
    }
}

/// Says what the query was found to be.
fn said(sought: Sought, job: Option<&ListedJob>, reply: Option<&Reply>, now: Timestamp) {
    output::line(format!("Found by: {}", sought.meaning()));
    if let Some(job) = job {
        output::line(format!(
            "Job {} in the queue {}: {}",
            job.id, job.queue, job.state
        ));
    }
    if let Some(reply) = reply {
        let delivery = reply.delivery.as_ref();
        let delivery = delivery.map(|said| format!(", Twilio says {said}"));
        output::line(format!(
            "Reply {}: {}{}, written {}",
            reply.id,
            reply.progress.state,
            delivery.unwrap_or_default(),
            birdcall_domain::wording::moment(reply.created_at, now)
        ));
        if reply.text_sid.is_none() {
            output::line("It answers no text.");
        }
    }
}

/// Nothing was found: an error for what names one thing, and an empty list otherwise.
fn nothing(query: &str, sought: Sought, json: bool) -> Done {
    match sought {
        Sought::All | Sought::Phone | Sought::Words => {
            if json {
                output::object(&FoundView {
                    found: sought,
                    texts: Vec::new(),
                    reply: None,
                    job: None,
                });
            } else {
                output::note("There are none.");
            }
            Ok(())
        }
        _ => Err(Failure::Refused(format!("there is nothing with {query}"))),
    }
}
