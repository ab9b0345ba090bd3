//! Counts how the texts of a drill ended, from the simulator, the ledger and the log.

use std::collections::{BTreeMap, HashMap, HashSet};

use birdcall_domain::{
    phone::Party,
    replay_run::{ReplayCounts, ReplayRun},
    text::{Reason, TextState},
};
use birdcall_ledger::texts::Text;
use birdcall_sim::{DeliveryKind, Direction, Sim};

use crate::{
    console::OPERATOR,
    error::DrillResult,
    fleet::Fleet,
    order::{Reversed, out_of_order},
    people::People,
    recovery::Recovered,
    replays::{Begun, RUNS_MAX},
    texting::{Sent, SentKind},
    undone::undone_by_mistake,
};

/// What was counted. Each count is a number of texts, unless its name says otherwise.
pub(crate) struct Verdict {
    /// Whether every text and reply was finished when the counting began.
    pub(crate) calm: bool,
    pub(crate) sent: usize,
    /// Web answered the webhook with 200.
    pub(crate) acknowledged: usize,
    /// Not in the ledger.
    pub(crate) lost: usize,
    /// Not acknowledged, but in the ledger: a worker took them in from Twilio's list.
    pub(crate) swept_in: usize,
    pub(crate) states: BTreeMap<String, usize>,
    /// What the replays made of the texts that they reached, all together.
    pub(crate) replayed: Vec<(String, u64)>,
    /// Refused by X, and not posted by the last replay of everything.
    pub(crate) still_refused: usize,
    /// The number of replays that were begun in the console, as the ledger lists them.
    pub(crate) runs_in_console: usize,
    /// The number of replays that the console said it had begun.
    pub(crate) runs_pressed: usize,
    pub(crate) posts_per_text_max: usize,
    /// On X, but the ledger says that they were refused or failed, and so do their replies.
    pub(crate) on_x_and_denied: usize,
    pub(crate) confirmations_per_text_max: usize,
    /// Published, but their senders got no confirmation.
    pub(crate) unconfirmed: usize,
    /// Refused or failed, but their senders were not told.
    pub(crate) untold: usize,
    pub(crate) out_of_order: Vec<Reversed>,
    /// The sids of texts that an `\UNDO` took back although it was not about them.
    pub(crate) undone_by_mistake: Vec<String>,
    /// Texts before a `\STOP` whose number or body is still in the ledger.
    pub(crate) not_forgotten: usize,
    /// Phones that texted `\STOP` and were not told that it was done.
    pub(crate) not_told_to_have_left: usize,
    /// The number of times that X was offered a refresh token a second time while there was something
    /// to lose.
    pub(crate) reused_refresh_tokens: u64,
    /// The number of phones that were asked to sign in again, and whose refresh tokens X had never
    /// refused.
    pub(crate) asked_without_reason: usize,
    /// Still due, or still claimed by a worker.
    pub(crate) left_behind: usize,
    pub(crate) not_final: usize,
    /// Texts of killed workers that were claimed again, slowest first.
    pub(crate) recovered: Vec<Recovered>,
    /// Texts of killed workers that nobody claimed again.
    pub(crate) never_recovered: usize,
    /// The number of secrets that appear in the log.
    pub(crate) secrets_in_logs: usize,
}

pub(crate) async fn count(
    sim: &Sim,
    fleet: &Fleet,
    people: &People,
    sent: &[Sent],
    begun: &Begun,
    calm: bool,
) -> DrillResult<Verdict> {
    let texts = fleet.texts().await?;
    let by_sid: HashMap<&str, &Text> = texts.iter().map(|text| (text.sid.as_str(), text)).collect();
    let state = |sent: &Sent| {
        by_sid
            .get(sent.sid.as_str())
            .map(|text| text.progress.state)
    };
    let sent_with =
        |wanted: &dyn Fn(&Sent) -> bool| sent.iter().filter(|sent| wanted(sent)).count();

    let leaving: HashMap<&str, &Sent> = sent
        .iter()
        .filter(|sent| sent.kind == SentKind::Stop)
        // A \STOP that comes late, after a sign-in that is newer, is answered and not carried out.
        .filter(|stop| {
            !sim.replies_to(&stop.phone)
                .iter()
                .any(|reply| is_too_late(reply))
        })
        .map(|stop| (stop.phone.as_str(), stop))
        .collect();
    let stays = |sent: &Sent| !leaving.contains_key(sent.phone.as_str());
    let undos = sent.iter().filter(|sent| sent.kind == SentKind::Undo);
    let undos: HashSet<&str> = undos.map(|sent| sent.sid.as_str()).collect();
    let acknowledged = acknowledged(sim);
    let posts: Vec<String> = sim.all_posts().into_iter().map(|post| post.text).collect();
    let standing = sim.posts();
    let standing: HashSet<&str> = standing.iter().map(|post| post.text.as_str()).collect();
    let post_counts = counts(posts.iter().map(String::as_str));
    let replies = replies(sim);
    let confirmations = counts(replies.iter().filter_map(|reply| confirmed_quote(reply)));
    let mut states = BTreeMap::new();
    for sent in sent {
        let state = state(sent).map_or("not in the ledger", |state| state.as_str());
        *states.entry(state.to_owned()).or_insert(0) += 1;
    }
    let (recovered, never_recovered) = fleet.recovery.end();
    let log = fleet.log();
    let runs = fleet.ledger.replay_runs(RUNS_MAX).await?;
    Ok(Verdict {
        calm,
        sent: sent.len(),
        acknowledged: sent_with(&|sent| acknowledged.contains(&sent.sid)),
        lost: sent_with(&|sent| state(sent).is_none()),
        swept_in: sent_with(&|sent| !acknowledged.contains(&sent.sid) && state(sent).is_some()),
        posts_per_text_max: sent
            .iter()
            .filter_map(|sent| post_counts.get(sent.body.as_str()).copied())
            .max()
            .unwrap_or(0),
        on_x_and_denied: sent_with(&|sent| {
            matches!(state(sent), Some(TextState::Refused | TextState::Failed))
                && stays(sent)
                && standing.contains(sent.body.as_str())
        }),
        confirmations_per_text_max: confirmations.values().copied().max().unwrap_or(0),
        unconfirmed: sent_with(&|sent| {
            state(sent) == Some(TextState::Published)
                && stays(sent)
                && !confirmations.contains_key(sent.body.as_str())
        }),
        untold: sent_with(&|sent| {
            matches!(state(sent), Some(TextState::Refused | TextState::Failed))
                && stays(sent)
                && !replies.iter().any(|reply| reply.contains(&sent.body))
        }),
        out_of_order: out_of_order(&texts, &posts, &log),
        undone_by_mistake: undone_by_mistake(&texts, &undos),
        not_forgotten: sent_with(&|sent| {
            let stop = leaving.get(sent.phone.as_str());
            let stop = stop.and_then(|stop| by_sid.get(stop.sid.as_str()));
            let text = by_sid.get(sent.sid.as_str());
            stop.zip(text).is_some_and(|(stop, text)| {
                let known = !text.body.is_empty() || !text.from.as_str().is_empty();
                text.arrival <= stop.arrival && known
            })
        }),
        not_told_to_have_left: leaving
            .keys()
            .filter(|phone| {
                let told = sim.replies_to(phone);
                !told.iter().any(|reply| reply.starts_with("Done. "))
            })
            .count(),
        reused_refresh_tokens: sim.counters().reused_refresh_tokens,
        asked_without_reason: asked_without_reason(sim, people),
        left_behind: texts
            .iter()
            .filter(|text| text.progress.next_attempt_at.is_some() || text.lease_owner.is_some())
            .count(),
        not_final: sent_with(&|sent| {
            let forgotten = !stays(sent) && state(sent) == Some(TextState::Ignored);
            !forgotten && !state(sent).is_some_and(|state| is_end_of(sent.kind, state))
        }),
        recovered,
        never_recovered,
        secrets_in_logs: secrets(sent)
            .iter()
            .filter(|secret| log.contains(*secret))
            .count(),
        states,
        replayed: replayed(&runs),
        still_refused: sent_with(&|sent| {
            // The words of a text are gone when its sender has left: no replay can post it.
            let is_refused = by_sid.get(sent.sid.as_str()).is_some_and(|text| {
                text.progress.reason == Some(Reason::Rejected) && text.from != Party::Forgotten
            });
            begun.by_command > 0 && is_refused
        }),
        runs_in_console: runs.iter().filter(|run| run.who == OPERATOR).count(),
        runs_pressed: begun.in_console,
    })
}

/// What these replays made of the texts that they reached.
fn replayed(runs: &[ReplayRun]) -> Vec<(String, u64)> {
    let mut counts = ReplayCounts::default();
    for (outcome, texts) in runs.iter().flat_map(|run| run.counts.each()) {
        counts.add(outcome, texts);
    }
    let each = counts.each();
    each.map(|(outcome, texts)| (format!("replayed: {}", outcome.key()), texts))
        .collect()
}

/// The sids of the texts whose webhook was answered 200.
fn acknowledged(sim: &Sim) -> HashSet<String> {
    let deliveries = sim.deliveries().into_iter();
    deliveries
        .filter(|delivery| delivery.kind == DeliveryKind::Inbound && delivery.answered == Some(200))
        .map(|delivery| delivery.message_sid)
        .collect()
}

/// The phones that were asked to sign in again without a reason.
fn asked_without_reason(sim: &Sim, people: &People) -> usize {
    let asked: HashSet<String> = sim
        .messages()
        .into_iter()
        .filter(|message| {
            message.direction == Direction::OutboundApi
                && message.body.contains("/auth/?")
                && !message.body.starts_with("Birdcall posts")
        })
        .map(|message| message.to)
        .collect();
    let refused = |phone: &str| sim.refused_refreshes(&people.username_of(phone)) > 0;
    asked.iter().filter(|phone| !refused(phone)).count()
}

/// The bodies of all our texts to the phones.
pub(crate) fn replies(sim: &Sim) -> Vec<String> {
    let messages = sim.messages().into_iter();
    messages
        .filter(|message| message.direction == Direction::OutboundApi)
        .map(|message| message.body)
        .collect()
}

/// The text that a confirmation quotes, or `None` if the reply is not a confirmation.
pub(crate) fn confirmed_quote(reply: &str) -> Option<&str> {
    let (quote, _) = reply
        .strip_prefix('\'')?
        .split_once("' has been successfully tweeted")?;
    Some(quote)
}

/// How often each of these occurs.
pub(crate) fn counts<'a>(words: impl Iterator<Item = &'a str>) -> HashMap<&'a str, usize> {
    let mut counts = HashMap::new();
    for word in words {
        *counts.entry(word).or_insert(0) += 1;
    }
    counts
}

fn is_too_late(reply: &str) -> bool {
    reply.starts_with(r"'\STOP' came too late")
}

/// Whether a text may end in this state. A text that comes after its phone's `\STOP` is the first text
/// of a new number, and is refused. One that comes late, from before it, is forgotten and ignored.
fn is_end_of(kind: SentKind, state: TextState) -> bool {
    match kind {
        SentKind::Post => matches!(
            state,
            TextState::Published | TextState::Refused | TextState::Failed
        ),
        SentKind::Undo => matches!(state, TextState::Command | TextState::Refused),
        SentKind::Stop => state == TextState::Command,
    }
}

/// What the log must not contain: phone numbers, bodies and credentials. The bodies are alike, so
/// one of them is enough.
pub(crate) fn secrets(sent: &[Sent]) -> Vec<String> {
    let mut secrets: Vec<String> = sent.iter().map(|sent| sent.phone.clone()).collect();
    secrets.push("simulated-auth-token".to_owned());
    secrets.push("simulated-client-secret".to_owned());
    secrets.extend(sent.first().map(|sent| sent.body.clone()));
    secrets.sort();
    secrets.dedup();
    secrets
}
