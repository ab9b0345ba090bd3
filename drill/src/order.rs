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

/// Compares neighbours from one phone. The order of arrival in the ledger counts, not the order of
/// sending, because the simulator shuffles webhooks. `posts` are bodies, oldest first.
pub(crate) fn out_of_order(texts: &[Text], posts: &[String], log: &str) -> Vec<Reversed> {
    let places: HashMap<&str, usize> = posts
        .iter()
        .enumerate()
        .map(|(place, body)| (body.as_str(), place))
        .collect();
    let mut by_phone: HashMap<&str, Vec<(usize, &Text)>> = HashMap::new();
    for text in texts {
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
