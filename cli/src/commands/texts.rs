//! `birdcall texts`: list texts, and show one with everything that belongs to it.

use birdcall_domain::clock::Timestamp;
use birdcall_ledger::{
    Ledger,
    texts::{Text, TextFilter},
};

use crate::{
    args::{TextsCommand, TextsFilter},
    environment::{now, open_ledger},
    failure::{Done, Failure},
    output::{self, short},
    parse::{duration, phone, text_state},
    views::{TextView, handle_of, whole_text},
};

pub(crate) async fn run(command: TextsCommand, json: bool) -> Done {
    let ledger = open_ledger().await?;
    match command {
        TextsCommand::List(filter) => list(&ledger, filter, json).await,
        TextsCommand::Show { sid } => {
            let Some(text) = text_with(&ledger, &sid).await? else {
                return Err(Failure::Refused(format!("there is no text {sid}")));
            };
            output::show(&whole_text(&ledger, text).await?, json);
            Ok(())
        }
    }
}

/// The text with this sid. A malformed sid names no text, so it is answered like an unknown one.
async fn text_with(ledger: &Ledger, sid: &str) -> Result<Option<Text>, Failure> {
    match sid.parse() {
        Ok(sid) => Ok(ledger.text(&sid).await?),
        Err(_) => Ok(None),
    }
}

async fn list(ledger: &Ledger, filter: TextsFilter, json: bool) -> Done {
    let mut views = Vec::new();
    for text in ledger.texts(&text_filter(filter)?).await? {
        let handle = handle_of(ledger, text.from.phone()).await?;
        views.push(TextView::new(text, &handle));
    }
    let columns = [
        "message_sid",
        "received_at",
        "phone",
        "state",
        "reason",
        "body",
    ];
    output::list(&views, json, &columns, |text| {
        vec![
            text.message_sid.clone(),
            text.received_at.clone(),
            text.phone.clone(),
            text.state.to_string(),
            text.reason
                .map(|reason| reason.to_string())
                .unwrap_or_default(),
            short(&text.body),
        ]
    });
    Ok(())
}

fn text_filter(filter: TextsFilter) -> Result<TextFilter, Failure> {
    Ok(TextFilter {
        phone: filter.phone.as_deref().map(phone).transpose()?,
        state: filter.state.as_deref().map(text_state).transpose()?,
        since: filter
            .since
            .as_deref()
            .map(duration)
            .transpose()?
            .map_or(Timestamp(0), |since| now() - since),
        contains: filter.contains,
        limit: filter.limit,
    })
}
