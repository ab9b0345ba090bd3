//! The promises, counted.

use std::collections::{BTreeMap, HashMap, HashSet};

use birdcall_common::{clock::Timestamp, store::texts::TextRow};
use birdcall_sim::{DeliveryKind, Direction, Sim};

use crate::{
    Trouble,
    fleet::{Fleet, Kill},
    people::Sent,
};

/// What was counted.
pub(crate) struct Verdict {
    sent: usize,
    acknowledged: usize,
    lost: usize,
    states: BTreeMap<String, usize>,
    posts_per_text_max: usize,
    confirmations_per_text_max: usize,
    unconfirmed: usize,
    out_of_order: usize,
    reused_refresh_tokens: u64,
    stranded: usize,
    not_final: usize,
    recovery_seconds_max: f64,
    recovered: usize,
    secrets_in_logs: usize,
}

/// A killed worker's texts must have gone on by then (R7).
const RECOVERY_SECONDS_MAX: f64 = 60.0;

pub(crate) async fn judge(
    sim: &Sim,
    fleet: &Fleet,
    sent: &[Sent],
    kills: &[Kill],
) -> Result<Verdict, Trouble> {
    let texts = fleet.texts().await?;
    let by_sid: HashMap<&str, &TextRow> =
        texts.iter().map(|text| (text.sid.as_str(), text)).collect();
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
            .map_or("not in the ledger", |text| text.state.as_str());
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
    let published = |sent: &&Sent| {
        by_sid
            .get(sent.sid.as_str())
            .is_some_and(|text| text.state == "published")
    };
    let mut recovery = Vec::new();
    for kill in kills {
        recovery.extend(recoveries(fleet, kill, &by_sid).await?);
    }
    let log = fleet.log();
    Ok(Verdict {
        sent: sent.len(),
        acknowledged: sent
            .iter()
            .filter(|sent| acknowledged.contains(&sent.sid))
            .count(),
        lost: sent
            .iter()
            .filter(|s| acknowledged.contains(&s.sid) && !by_sid.contains_key(s.sid.as_str()))
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
        ),
        reused_refresh_tokens: sim.counters().reused_refresh_tokens,
        stranded: texts
            .iter()
            .filter(|text| text.next_attempt_at.is_some() || text.lease_owner.is_some())
            .count(),
        not_final: states
            .iter()
            .filter(|(state, _)| !is_final(state))
            .map(|(_, count)| count)
            .sum(),
        recovery_seconds_max: recovery.iter().copied().fold(0.0, f64::max),
        recovered: recovery.len(),
        secrets_in_logs: secrets(sent)
            .iter()
            .filter(|secret| log.contains(*secret))
            .count(),
        states,
    })
}

fn is_final(state: &str) -> bool {
    // A text that was never acknowledged is Twilio's to tell of; `sweep-inbound` finds it.
    matches!(
        state,
        "published" | "refused" | "failed" | "not in the ledger"
    )
}

/// How long after the kill each text that the victim held went on: its attempt was closed or
/// begun anew by another worker, or it was found on X.
async fn recoveries(
    fleet: &Fleet,
    kill: &Kill,
    texts: &HashMap<&str, &TextRow>,
) -> Result<Vec<f64>, Trouble> {
    let mut seconds = Vec::new();
    for sid in &kill.in_hand {
        let attempts = fleet.store.attempts(sid).await?;
        let moments = attempts
            .iter()
            .flat_map(|attempt| [Some(attempt.started_at), attempt.ended_at]);
        let published = texts.get(sid.as_str()).and_then(|text| text.published_at);
        let went_on = moments
            .chain([published])
            .flatten()
            .filter(|at| *at > kill.at.as_millis())
            .min();
        seconds.extend(went_on.map(|at| Timestamp(at).since(kill.at).as_secs_f64()));
    }
    Ok(seconds)
}

/// Neighbours of one phone, by their arrival in the ledger, that stand on X the other way round.
/// (Webhooks are shuffled, so the order of sending says nothing.)
fn out_of_order(texts: &[TextRow], posts: &[&str]) -> usize {
    let place: HashMap<&str, usize> = posts
        .iter()
        .enumerate()
        .map(|(place, text)| (*text, place))
        .collect();
    let mut by_phone: HashMap<&str, Vec<&TextRow>> = HashMap::new();
    for text in texts {
        by_phone.entry(&text.phone).or_default().push(text);
    }
    by_phone
        .into_values()
        .map(|mut texts| {
            texts.sort_by_key(|text| text.arrival);
            let places: Vec<usize> = texts
                .iter()
                .filter_map(|text| place.get(text.body.as_str()).copied())
                .collect();
            places.windows(2).filter(|pair| pair[0] > pair[1]).count()
        })
        .sum()
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
            && self.out_of_order == 0
            && self.reused_refresh_tokens == 0
            && self.stranded == 0
            && self.not_final == 0
            && self.recovery_seconds_max < RECOVERY_SECONDS_MAX
            && self.secrets_in_logs == 0
    }

    pub(crate) fn print(&self, calm: bool) {
        let row = |promise: &str, value: String, kept: bool| {
            println!(
                "  {:<42} {:>12}  {}",
                promise,
                value,
                if kept { "ok" } else { "BROKEN" }
            );
        };
        println!();
        row("sent", self.sent.to_string(), true);
        row("acknowledged (200)", self.acknowledged.to_string(), true);
        for (state, count) in &self.states {
            row(&format!("  {state}"), count.to_string(), true);
        }
        row(
            "acknowledged and lost",
            self.lost.to_string(),
            self.lost == 0,
        );
        row(
            "posts per text, at most",
            self.posts_per_text_max.to_string(),
            self.posts_per_text_max <= 1,
        );
        let confirmed = self.confirmations_per_text_max;
        row(
            "confirmations per text, at most",
            confirmed.to_string(),
            confirmed <= 1,
        );
        row(
            "published and not confirmed",
            self.unconfirmed.to_string(),
            self.unconfirmed == 0,
        );
        row(
            "out of order",
            self.out_of_order.to_string(),
            self.out_of_order == 0,
        );
        row(
            "refresh tokens used again",
            self.reused_refresh_tokens.to_string(),
            self.reused_refresh_tokens == 0,
        );
        row(
            "stranded rows",
            self.stranded.to_string(),
            self.stranded == 0,
        );
        row(
            "not final",
            self.not_final.to_string(),
            self.not_final == 0 && calm,
        );
        row(
            &format!("recovery after a kill, {} texts, at most", self.recovered),
            format!("{:.1} s", self.recovery_seconds_max),
            self.recovery_seconds_max < RECOVERY_SECONDS_MAX,
        );
        row(
            "bodies, numbers, secrets in logs",
            self.secrets_in_logs.to_string(),
            self.secrets_in_logs == 0,
        );
        println!();
        println!(
            "{}",
            if self.kept() && calm {
                "every promise was kept"
            } else {
                "A PROMISE WAS BROKEN"
            }
        );
    }
}
