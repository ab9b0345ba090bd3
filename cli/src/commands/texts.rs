//! `birdcall texts`.

use birdcall_domain::{clock::Timestamp, text::TextState};
use birdcall_ledger::{
    Ledger,
    texts::{Text, TextFilter},
};

use super::{duration, now, open_ledger, phone};
use crate::{
    Done,
    args::{TextsCommand, TextsFilter},
    output::{self, Failure, short},
    views::{TextView, handle_of, whole_text},
};

pub(crate) async fn run(command: TextsCommand, json: bool) -> Done {
    let ledger = open_ledger().await?;
    match command {
        TextsCommand::List(filter) => list(&ledger, filter, json).await,
        TextsCommand::Show { sid } => {
            let Some(row) = text_with(&ledger, &sid).await? else {
                return Err(Failure::Refused(format!("there is no text {sid}")));
            };
            output::show(&whole_text(&ledger, row).await?, json);
            Ok(())
        }
    }
}

/// The text with this sid; what is not a sid names none.
async fn text_with(ledger: &Ledger, sid: &str) -> Result<Option<Text>, Failure> {
    match sid.parse() {
        Ok(sid) => Ok(ledger.text(&sid).await?),
        Err(_) => Ok(None),
    }
}

async fn list(ledger: &Ledger, filter: TextsFilter, json: bool) -> Done {
    let mut views = Vec::new();
    for row in ledger.texts(&parse(filter)?).await? {
        let handle = handle_of(ledger, row.from.phone()).await?;
        views.push(TextView::new(row, &handle));
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

fn parse(filter: TextsFilter) -> Result<TextFilter, Failure> {
    Ok(TextFilter {
        phone: filter.phone.as_deref().map(phone).transpose()?,
        state: filter.state.as_deref().map(state).transpose()?,
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

pub(crate) fn state(word: &str) -> Result<TextState, Failure> {
    TextState::parse(word).ok_or_else(|| Failure::unknown("a state", word, TextState::ALL))
}
