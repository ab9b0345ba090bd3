//! `birdcall texts`: list texts, show one with everything that belongs to it, end one, and answer one.

mod end;
mod record;
mod reply;

use birdcall_domain::{clock::Timestamp, phone::Party};
use birdcall_ledger::{
    Ledger,
    texts::{Text, TextFilter},
};

use crate::{
    args::{TextsCommand, TextsFilter},
    environment::{now, open_ledger},
    failure::{Done, Failure},
    find::find_text,
    operator::Who,
    output,
    shortened::shortened,
    views::{text_views, whole_text},
};
use birdcall_domain::wording::age;
use end::How;

pub(crate) async fn run(command: TextsCommand, who: &Who, json: bool) -> Done {
    let ledger = open_ledger().await?;
    match command {
        TextsCommand::List(filter) => list(&ledger, filter, json).await,
        TextsCommand::Show { sid } => {
            let Some(text) = find_text(&ledger, &sid).await? else {
                return Err(Failure::Refused(format!("there is no text {sid}")));
            };
            if json {
                output::object(&whole_text(&ledger, text).await?);
            } else {
                output::record(record::of(&ledger, &text, now()).await?);
            }
            Ok(())
        }
        TextsCommand::Cancel { sid } => end::run(&ledger, &sid, How::Cancel, who, json).await,
        TextsCommand::GiveUp { sid } => end::run(&ledger, &sid, How::GiveUp, who, json).await,
        TextsCommand::Reply { sid, words } => reply::run(&ledger, &sid, &words, who, json).await,
    }
}

async fn list(ledger: &Ledger, filter: TextsFilter, json: bool) -> Done {
    let filter = TextFilter {
        phone: filter.phone,
        state: filter.state,
        since: filter.since.map_or(Timestamp(0), |since| since.at(now())),
        contains: filter.contains,
        limit: filter.limit,
        look_at: filter.look_at,
    };
    let texts = ledger.texts(&filter).await?;
    let shown = texts.len();
    if json {
        print_json(ledger, texts).await?;
    } else {
        print_table(&texts);
    }
    let extent = ledger.text_extent(&filter, shown).await?;
    output::shown(shown, extent.total, "texts", json);
    if let (Some(back_to), Some(_)) = (extent.looked_back_to, &filter.contains) {
        note_look_back(filter.look_at, back_to, json);
    }
    Ok(())
}

/// Says that older texts may have the words as well.
fn note_look_back(looked_at: i64, back_to: Timestamp, json: bool) {
    let message = format!(
        "Looked for the words in the newest {looked_at} of these texts only, back to {back_to}. \
         To look further, pass --look-at N, or narrow the list with other options."
    );
    if json {
        let notice = serde_json::json!({"notice": {
            "message": message, "looked_at": looked_at, "looked_back_to": back_to.to_rfc3339(),
        }});
        return output::note(output::ascii(&notice.to_string()));
    }
    output::note(message);
}

async fn print_json(ledger: &Ledger, texts: Vec<Text>) -> Result<(), Failure> {
    output::object(&text_views(ledger, texts).await?);
    Ok(())
}

fn print_table(texts: &[Text]) {
    let now = now();
    let columns = ["message_sid", "received", "phone", "state", "body"];
    output::table(texts, &columns, |text| {
        let progress = &text.progress;
        let state = match progress.reason {
            Some(reason) => format!("{} ({reason})", progress.state),
            None => progress.state.to_string(),
        };
        vec![
            shortened(text.sid.as_str()),
            age(progress.received_at, now),
            match &text.from {
                Party::Forgotten => "forgotten".to_owned(),
                from => from.as_str().to_owned(),
            },
            state,
            text.body.clone(),
        ]
    });
}
