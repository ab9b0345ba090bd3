//! A text from a phone: it is stored, keywords such as STOP take effect, and its webhook is queued.

use super::{
    model::{Direction, Media, Message, Status},
    segments::segments,
    webhooks::model::Queued,
};
use crate::sim::Sim;

const STOP: [&str; 8] = [
    "STOP",
    "STOPALL",
    "UNSUBSCRIBE",
    "END",
    "QUIT",
    "CANCEL",
    "REVOKE",
    "OPTOUT",
];
const START: [&str; 3] = ["START", "YES", "UNSTOP"];
const HELP: [&str; 2] = ["HELP", "INFO"];

const STOP_ANSWER: &str = "You have successfully been unsubscribed. You will not receive any more \
                           messages from this number. Reply START to resubscribe.";
const START_ANSWER: &str = "You have successfully been re-subscribed to messages from this number. \
                            Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May \
                            Apply.";
const HELP_ANSWER: &str = "Reply STOP to unsubscribe. Msg&Data Rates May Apply.";

/// Takes a text from a phone and returns its SID.
pub(crate) fn receive(sim: &Sim, from: &str, body: &str, media: Vec<(String, Vec<u8>)>) -> String {
    let now = sim.now();
    let media: Vec<Media> = media
        .into_iter()
        .map(|(content_type, bytes)| Media {
            sid: format!("ME{}", sim.hex(16)),
            content_type,
            bytes: bytes.into(),
        })
        .collect();
    let sid = format!(
        "{}{}",
        if media.is_empty() { "SM" } else { "MM" },
        sim.hex(16)
    );
    let number = sim.config().twilio_number.clone();
    let message = Message {
        sid: sid.clone(),
        direction: Direction::Inbound,
        from: from.to_owned(),
        to: number.clone(),
        body: body.to_owned(),
        status: Status::Received,
        error_code: None,
        num_segments: segments(body),
        created_at: now,
        updated_at: now,
        status_callback: None,
        messaging_service_sid: None,
        validity_period: None,
        media,
        deleted: false,
    };
    let word = body.trim().to_uppercase();
    let answer_sid = format!("SM{}", sim.hex(16));
    sim.with(|state| {
        let mut answer = message.clone();
        state.twilio.add(message);
        state.twilio.queue.push_back(Queued::inbound(&sid, now));
        let opted_out = &mut state.twilio.opted_out;
        let text = if STOP.contains(&word.as_str()) {
            opted_out.insert(from.to_owned()).then_some(STOP_ANSWER)
        } else if START.contains(&word.as_str()) {
            opted_out.remove(from).then_some(START_ANSWER)
        } else if HELP.contains(&word.as_str()) {
            // A number that has opted out does not receive the help text either.
            (!opted_out.contains(from)).then_some(HELP_ANSWER)
        } else {
            None
        };
        if let Some(text) = text {
            answer.sid = answer_sid;
            answer.direction = Direction::OutboundReply;
            answer.from = number;
            answer.to = from.to_owned();
            answer.body = text.to_owned();
            answer.num_segments = segments(text);
            answer.status = Status::Delivered;
            answer.media.clear();
            state.twilio.add(answer);
        }
    });
    sid
}
