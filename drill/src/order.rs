//! Finds posts that appear on X in another order than their texts arrived in.

use std::collections::HashMap;

use birdcall_ledger::texts::Text;

/// Two texts from one phone whose posts are in the wrong order.
pub(crate) struct Reversed {
    /// The sid of the text that arrived first.
    pub(crate) earlier: String,
    /// The sid of the text that arrived second.
    pub(crate) later: String,
    /// The lines of the log that name one of them.
    pub(crate) log: Vec<String>,
}

/// A text that is older than this when its row is written came late. Twilio's list gives whole seconds.
const LATE_MILLIS: i64 = 1000;

/// Whether the row was written when the text came. A row that the sweep wrote has the time of Twilio's
/// list, and its text is posted after what is on X already.
fn came_in_time(text: &Text) -> bool {
    text.progress.received_at.as_millis() - text.arrival / 1000 < LATE_MILLIS
}

/// Compares neighbours from one phone, as far as they came in time and no operator ran them again: a text that was
/// refused and is run again is posted after those that followed it. The order of arrival in the ledger counts, not the order of
/// sending, because the simulator shuffles webhooks. `posts` are bodies, oldest first.
pub(crate) fn out_of_order(texts: &[Text], posts: &[String], log: &str) -> Vec<Reversed> {
    let places: HashMap<&str, usize> = posts
        .iter()
        .enumerate()
        .map(|(place, body)| (body.as_str(), place))
        .collect();
    let mut by_phone: HashMap<&str, Vec<(usize, &Text)>> = HashMap::new();
    for text in texts
        .iter()
        .filter(|text| came_in_time(text) && text.replays == 0)
    {
        if let Some(place) = places.get(text.body.as_str()) {
            let of_phone = by_phone.entry(text.from.as_str()).or_default();
            of_phone.push((*place, text));
        }
    }
    let mut reversed = Vec::new();
    for mut of_phone in by_phone.into_values() {
        of_phone.sort_by_key(|(_, text)| text.arrival);
        for pair in of_phone.windows(2) {
            let [(first_place, first), (second_place, second)] = pair else {
                continue;
            };
            if first_place > second_place {
                let names_one = |line: &&str| {
                    line.contains(first.sid.as_str()) || line.contains(second.sid.as_str())
                };
                reversed.push(Reversed {
                    earlier: first.sid.to_string(),
                    later: second.sid.to_string(),
                    log: log.lines().filter(names_one).map(str::to_owned).collect(),
                });
            }
        }
    }
    reversed
}
