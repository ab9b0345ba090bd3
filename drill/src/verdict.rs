//! The promises, counted.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    time::Duration,
};

use birdcall_domain::text::TextState;
use birdcall_ledger::texts::Text;
use birdcall_sim::{DeliveryKind, Direction, Sim};

use crate::{Trouble, fleet::Fleet, people::Sent, recovery::Recovered};

/// What was counted.
pub(crate) struct Verdict {
    pub(crate) sent: usize,
    pub(crate) acknowledged: usize,
    pub(crate) lost: usize,
    pub(crate) swept_in: usize,
    pub(crate) states: BTreeMap<String, usize>,
    pub(crate) posts_per_text_max: usize,
    pub(crate) confirmations_per_text_max: usize,
    pub(crate) unconfirmed: usize,
    /// Refused or given up, and nobody was told.
    pub(crate) untold: usize,
    pub(crate) out_of_order: Vec<Reversed>,
    pub(crate) reused_refresh_tokens: u64,
    pub(crate) stranded: usize,
    pub(crate) not_final: usize,
    /// Slowest first.
    pub(crate) recovered: Vec<Recovered>,
    pub(crate) never_recovered: usize,
    pub(crate) secrets_in_logs: usize,
}

/// Two texts of one phone that stand on X the wrong way round.
pub(crate) struct Reversed {
    pub(crate) earlier: String,
    pub(crate) later: String,
    /// What was logged of both.
    pub(crate) log: Vec<String>,
}

/// A killed worker's texts must have gone on by then (R7).
pub(crate) const RECOVERY_MAX: Duration = Duration::from_secs(60);

pub(crate) async fn judge(sim: &Sim, fleet: &Fleet, sent: &[Sent]) -> Result<Verdict, Trouble> {
    let texts = fleet.texts().await?;
    let by_sid: HashMap<&str, &Text> = texts.iter().map(|text| (text.sid.as_str(), text)).collect();
    let acknowledged: HashSet<String> = sim
        .deliveries()
        .into_iter()
        .filter(|delivery| delivery.kind == DeliveryKind::Inbound && delivery.answered == Some(200))
        .map(|delivery| delivery.message_sid)
        .collect();
    let mut states = BTreeMap::new();
    for sent in sent {
        let state = by_sid
            .get(sent.sid.as_str())
            .map_or("not in the ledger", |text| text.progress.state.as_str());
        *states.entry(state.to_owned()).or_insert(0) += 1;
    }
    let posts = sim.all_posts();
    let mut post_counts: HashMap<&str, usize> = HashMap::new();
    for post in &posts {
        *post_counts.entry(post.text.as_str()).or_insert(0) += 1;
    }
    let mut confirmation_counts: HashMap<String, usize> = HashMap::new();
    for message in sim
        .messages()
        .into_iter()
        .filter(|message| message.direction == Direction::OutboundApi)
    {
        let quoted = message
            .body
            .strip_prefix('\'')
            .and_then(|rest| rest.split_once("' has been successfully tweeted"));
        if let Some((quote, _)) = quoted {
            *confirmation_counts.entry(quote.to_owned()).or_insert(0) += 1;
        }
    }
    let told: Vec<String> = sim
        .messages()
        .into_iter()
        .filter(|message| message.direction == Direction::OutboundApi)
        .map(|message| message.body)
        .collect();
    let published = |sent: &&Sent| {
        by_sid
            .get(sent.sid.as_str())
            .is_some_and(|text| text.progress.state == TextState::Published)
    };
    let (recovered, never_recovered) = fleet.recovery.end();
    let log = fleet.log();
    Ok(Verdict {
        sent: sent.len(),
        acknowledged: sent
            .iter()
            .filter(|sent| acknowledged.contains(&sent.sid))
            .count(),
        lost: sent
            .iter()
            .filter(|s| !by_sid.contains_key(s.sid.as_str()))
            .count(),
        swept_in: sent
            .iter()
            .filter(|s| !acknowledged.contains(&s.sid) && by_sid.contains_key(s.sid.as_str()))
            .count(),
        untold: sent
            .iter()
            .filter(|s| {
                let text = by_sid.get(s.sid.as_str());
                text.is_some_and(|text| {
                    matches!(text.progress.state, TextState::Refused | TextState::Failed)
                }) && !told.iter().any(|body| body.contains(&s.body))
            })
            .count(),
        posts_per_text_max: sent
            .iter()
            .map(|s| post_counts.get(s.body.as_str()).copied().unwrap_or(0))
            .max()
            .unwrap_or(0),
        confirmations_per_text_max: confirmation_counts.values().copied().max().unwrap_or(0),
        unconfirmed: sent
            .iter()
            .filter(published)
            .filter(|s| !confirmation_counts.contains_key(&s.body))
            .count(),
        out_of_order: out_of_order(
            &texts,
            &posts
                .iter()
                .map(|post| post.text.as_str())
                .collect::<Vec<_>>(),
            &log,
        ),
        reused_refresh_tokens: sim.counters().reused_refresh_tokens,
        stranded: texts
            .iter()
            .filter(|text| text.progress.next_attempt_at.is_some() || text.lease_owner.is_some())
            .count(),
        not_final: states
            .iter()
            .filter(|(state, _)| !is_final(state))
            .map(|(_, count)| count)
            .sum(),
        recovered,
        never_recovered,
        secrets_in_logs: secrets(sent)
            .iter()
            .filter(|secret| log.contains(*secret))
            .count(),
        states,
    })
}

fn is_final(state: &str) -> bool {
    matches!(state, "published" | "refused" | "failed")
}

/// Neighbours of one phone, by their arrival in the ledger, that stand on X the other way round.
/// (Webhooks are shuffled, so the order of sending says nothing.)
fn out_of_order(texts: &[Text], posts: &[&str], log: &str) -> Vec<Reversed> {
    let place: HashMap<&str, usize> = posts
        .iter()
        .enumerate()
        .map(|(place, text)| (*text, place))
        .collect();
    let mut by_phone: HashMap<&str, Vec<(usize, &Text)>> = HashMap::new();
    for text in texts {
        if let Some(place) = place.get(text.body.as_str()) {
            let of_phone = by_phone.entry(text.from.as_str()).or_default();
            of_phone.push((*place, text));
        }
    }
    let mut reversed = Vec::new();
    for mut of_phone in by_phone.into_values() {
        of_phone.sort_by_key(|(_, text)| text.arrival);
        for pair in of_phone.windows(2) {
            let [(earlier, first), (later, second)] = pair else {
                continue;
            };
            if earlier > later {
                let of_both = |line: &&str| {
                    line.contains(first.sid.as_str()) || line.contains(second.sid.as_str())
                };
                reversed.push(Reversed {
                    earlier: first.sid.to_string(),
                    later: second.sid.to_string(),
                    log: log.lines().filter(of_both).map(str::to_owned).collect(),
                });
            }
        }
    }
    reversed
}

/// What must not stand in any log: bodies and whole numbers.
fn secrets(sent: &[Sent]) -> Vec<String> {
    let mut secrets: Vec<String> = sent.iter().map(|sent| sent.phone.clone()).collect();
    secrets.push("simulated-auth-token".to_owned());
    secrets.push("simulated-client-secret".to_owned());
    secrets.extend(sent.first().map(|sent| sent.body.clone()));
    secrets.sort();
    secrets.dedup();
    secrets
}

impl Verdict {
    pub(crate) fn kept(&self) -> bool {
        self.lost == 0
            && self.posts_per_text_max <= 1
            && self.confirmations_per_text_max <= 1
            && self.unconfirmed == 0
            && self.untold == 0
            && self.out_of_order.is_empty()
            && self.reused_refresh_tokens == 0
            && self.stranded == 0
            && self.not_final == 0
            && self.never_recovered == 0
            && self.recovery_max() < RECOVERY_MAX
            && self.secrets_in_logs == 0
    }

    pub(crate) fn recovery_max(&self) -> Duration {
        self.recovered
            .first()
            .map_or(Duration::ZERO, |slowest| slowest.after)
    }
}
