//! `birdcall replies`: list replies, and show one.

use birdcall_domain::{
    clock::Timestamp,
    reply::{Purpose, ReplyState},
    sms::Encoding,
    tone::Tone,
    wording::{age, moment},
};
use birdcall_ledger::{
    Ledger,
    replies::{Reply, ReplyFilter},
};

use serde::Serialize;

use crate::{
    args::{RepliesCommand, RepliesFilter},
    environment::{now, open_ledger},
    failure::{Done, Failure},
    find::find_text,
    output::{self, Cell, Record},
    shortened::shortened,
};

/// A reply as JSON.
#[derive(Serialize)]
pub(super) struct ListedReply {
    id: String,
    message_sid: Option<String>,
    phone: String,
    state: ReplyState,
    purpose: Purpose,
    twilio_sid: Option<String>,
    delivery: Option<String>,
    body: String,
    segments: u32,
    encoding: Encoding,
    error: Option<String>,
    error_code: Option<u32>,
    created_at: String,
    next_attempt_at: Option<String>,
    sent_at: Option<String>,
    resends: u32,
}

impl From<Reply> for ListedReply {
    fn from(reply: Reply) -> Self {
        let next = reply.next_attempt_at;
        Self {
            id: reply.id,
            message_sid: reply.text_sid.map(|sid| sid.to_string()),
            phone: reply
                .to
                .map(|to| to.as_str().to_owned())
                .unwrap_or_default(),
            state: reply.progress.state,
            purpose: reply.purpose,
            twilio_sid: reply.twilio_sid,
            delivery: reply.delivery,
            body: reply.body,
            segments: reply.segments,
            encoding: reply.encoding,
            error: reply.error,
            error_code: reply.error_code,
            created_at: reply.created_at.to_rfc3339(),
            next_attempt_at: next
                .filter(|at| *at != Timestamp::UNTIL_RESUMED)
                .map(Timestamp::to_rfc3339),
            sent_at: reply.sent_at.map(Timestamp::to_rfc3339),
            resends: reply.resends,
        }
    }
}

pub(crate) async fn run(command: RepliesCommand, json: bool) -> Done {
    let ledger = open_ledger().await?;
    match command {
        RepliesCommand::List(filter) => list(&ledger, filter, json).await,
        RepliesCommand::Show { id } => {
            let Some(reply) = find(&ledger, &id).await? else {
                return Err(Failure::Refused(format!("there is no reply {id}")));
            };
            if json {
                output::object(&ListedReply::from(reply));
            } else {
                output::record(record(&reply, now()));
            }
            Ok(())
        }
    }
}

async fn list(ledger: &Ledger, filter: RepliesFilter, json: bool) -> Done {
    let all = ReplyFilter::default();
    let filter = ReplyFilter {
        phone: filter.phone,
        state: filter.state,
        error_code: filter.error,
        since: filter.since.map_or(all.since, |since| since.at(now())),
        until: filter.until.map_or(all.until, |until| until.at(now())),
        limit: filter.limit,
        ..all
    };
    let replies = ledger.replies(&filter).await?;
    let shown = replies.len();
    if json {
        let views: Vec<ListedReply> = replies.into_iter().map(ListedReply::from).collect();
        output::object(&views);
    } else {
        let now = now();
        let columns = ["written", "to", "state", "error", "id", "body"];
        output::table(&replies, &columns, |reply| {
            vec![
                age(reply.created_at, now).into(),
                to(reply).to_owned().into(),
                Cell::toned(state(reply), tone(reply)),
                reply
                    .error_code
                    .map(|code| code.to_string())
                    .unwrap_or_default()
                    .into(),
                short(&reply.id).into(),
                reply.body.clone().into(),
            ]
        });
    }
    let total = ledger.reply_total(&filter).await?;
    output::shown(shown, total, "replies", json);
    Ok(())
}

fn to(reply: &Reply) -> &str {
    reply
        .to
        .as_ref()
        .map_or("forgotten", |phone| phone.as_str())
}

/// The id as a list shows it on a terminal: what it is for stays, and the sid before it is shortened.
fn short(id: &str) -> String {
    match id.split_once(':') {
        Some((sid, what)) => format!("{}:{what}", shortened(sid)),
        None => id.to_owned(),
    }
}

/// The reply with this id, or with a shortened one.
async fn find(ledger: &Ledger, id: &str) -> Result<Option<Reply>, Failure> {
    let found = ledger.reply(id).await?;
    if let (None, Some((sid, what))) = (&found, id.split_once(':'))
        && let Some(text) = find_text(ledger, sid).await?
    {
        return Ok(ledger.reply(&format!("{}:{what}", text.sid)).await?);
    }
    Ok(found)
}

/// The state, with what Twilio says of the message.
fn state(reply: &Reply) -> String {
    match &reply.delivery {
        Some(delivery) => format!("{}, {delivery}", reply.progress.state),
        None => reply.progress.state.to_string(),
    }
}

/// A reply that Twilio accepted may still not have arrived.
fn tone(reply: &Reply) -> Tone {
    match reply.delivery.as_deref() {
        Some("undelivered" | "failed" | "canceled") => Tone::Bad,
        _ => Tone::of_reply(reply.progress.state),
    }
}

fn record(reply: &Reply, now: Timestamp) -> Record {
    let state = reply.progress.state;
    let mut record = Record::default();
    record.toned(&format!("{state}: {}", state.meaning()), tone(reply));
    if let Some(delivery) = &reply.delivery {
        record.line(&format!("Twilio says: {delivery}"));
    }
    if let Some(error) = &reply.error {
        let code = reply
            .error_code
            .map(|code| format!(" (Twilio's error {code})"));
        record.line(&format!("Error: {error}{}", code.unwrap_or_default()));
    }
    let waits = matches!(state, ReplyState::Queued | ReplyState::InDoubt);
    if let Some(at) = reply.next_attempt_at.filter(|_| waits) {
        let when = match at {
            Timestamp::UNTIL_RESUMED => "when the queue is resumed".to_owned(),
            at => moment(at, now),
        };
        record.line(&format!("Next try: {when}"));
    }
    record.gap();
    record.block(&reply.body, 2);
    record.gap();
    record.field("Reply", reply.id.clone());
    record.field("To", to(reply).to_owned());
    let text = reply.text_sid.as_ref().map(ToString::to_string);
    record.field("Answers the text", text);
    let purpose = reply.purpose;
    record.field("Purpose", format!("{purpose}: {}", purpose.meaning()));
    record.field("Written", moment(reply.created_at, now));
    record.field("Last call", reply.sent_at.map(|at| moment(at, now)));
    record.field("Twilio's sid", reply.twilio_sid.clone());
    record.field(
        "Segments",
        format!("{} ({})", reply.segments, reply.encoding),
    );
    let resends = Some(reply.resends).filter(|count| *count > 0);
    record.field("Sent again", resends.map(|count| format!("{count} times")));
    record
}
