//! Lists of texts.

use birdcall_domain::{clock::Timestamp, phone::Party, tone::Tone, wording::age};
use birdcall_ledger::{
    Ledger,
    texts::{Text, TextFilter},
};

use crate::{
    args::TextsFilter,
    environment::now,
    failure::Done,
    output::{self, Cell},
    shortened::shortened,
    views::text_views,
};

pub(super) async fn run(ledger: &Ledger, filter: TextsFilter, json: bool) -> Done {
    let all = TextFilter::default();
    let filter = TextFilter {
        phone: filter.phone,
        state: filter.state,
        reason: filter.reason,
        error: filter.error,
        since: filter.since.map_or(all.since, |since| since.at(now())),
        until: filter.until.map_or(all.until, |until| until.at(now())),
        contains: filter.contains,
        limit: filter.limit,
        look_at: filter.look_at,
        ..all
    };
    let texts = ledger.texts(&filter).await?;
    let shown = texts.len();
    if json {
        output::object(&text_views(ledger, texts).await?);
    } else {
        table(&texts);
    }
    extent(ledger, &filter, shown, json).await
}

/// Says how much a list leaves out, and how far back it looked.
pub(in crate::commands) async fn extent(
    ledger: &Ledger,
    filter: &TextFilter,
    shown: usize,
    json: bool,
) -> Done {
    let extent = ledger.text_extent(filter, shown).await?;
    output::shown(shown, extent.total, "texts", json);
    if let Some(back_to) = extent.looked_back_to.filter(|_| filter.is_sifted()) {
        note_look_back(filter.look_at, back_to, json);
    }
    Ok(())
}

/// Says that older texts may meet the filter as well.
fn note_look_back(looked_at: i64, back_to: Timestamp, json: bool) {
    let message = format!(
        "Looked at the newest {looked_at} of these texts only, back to {back_to}. \
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

/// The table of texts.
pub(in crate::commands) fn table(texts: &[Text]) {
    let now = now();
    let columns = ["message_sid", "received", "phone", "state", "body"];
    output::table(texts, &columns, |text| {
        let progress = &text.progress;
        let state = match progress.reason {
            Some(reason) => format!("{} ({reason})", progress.state),
            None => progress.state.to_string(),
        };
        vec![
            shortened(text.sid.as_str()).into(),
            age(progress.received_at, now).into(),
            match &text.from {
                Party::Forgotten => "forgotten".to_owned().into(),
                from => from.as_str().to_owned().into(),
            },
            Cell::toned(state, Tone::of_text(progress.state, progress.reason)),
            text.body.clone().into(),
        ]
    });
}
