//! One replay of very many texts, while webs and workers are killed.

use std::time::Duration;

use birdcall_domain::{
    clock::SystemClock,
    command::OptOutWords,
    inbound::{Disposition, InboundText},
    replay_run::ReplayRun,
    reply::ReplyWriter,
    sign_up::{DailyLimits, SignUpRule},
    text::TextState,
};
use birdcall_ledger::{
    fail_point::FailPoint,
    take_in::{InboxPolicy, Receipt},
};

use crate::{
    bulk_verdict, calm,
    console::{Console, Pressed},
    error::DrillResult,
    parts::Parts,
    promises::Promise,
    report::number_of,
    texting::{Sent, SentKind, post},
};

/// The texts that are taken in together.
const BATCH: usize = 500;
/// The time between two looks at the replay.
const LOOK: Duration = Duration::from_millis(500);
/// Texts per minute. It is faster than posts are made, so that both go on at the same time.
const PACE: u32 = 12_000;
/// The plan that the operator opens: all that was refused because too many texts were pending.
const PLAN: &str = "state=refused&reason=too_many&since=24h";

/// Fills the ledger with texts that were refused, begins one replay of all of them in the console, and
/// kills processes until all are posted.
pub(crate) async fn run(parts: &Parts<'_>) -> DrillResult<Vec<Promise>> {
    let report = parts.report;
    parts.sim.configure(|settings| {
        settings.limits.posts_per_user = u32::MAX;
        settings.limits.posts_per_app_day = u32::MAX;
    });
    let texts = fill(parts).await?;
    report.step(&format!(
        "{} texts were refused before",
        number_of(texts.len())
    ));
    let console = Console::sign_in(parts.url).await?;
    let Pressed::Begun(id) = console.begin(PLAN, PACE).await? else {
        return Err("the console says that nothing would be run again".into());
    };
    report.step("one replay of all of them was begun in the console");
    let limit = Duration::from_secs(parts.args.minutes * 60);
    // What is unfinished by then is a broken promise.
    match tokio::time::timeout(limit, kill_meanwhile(parts, &id, texts.len())).await {
        Ok(killed) => killed?,
        Err(_) => report.step("IT TOOK TOO LONG"),
    }
    let calm = calm::wait_for_calm(parts.fleet, &[], limit).await?;
    report.calm(calm);
    bulk_verdict::promises(parts.sim, parts.fleet, &texts, &id, calm).await
}

/// Texts that were refused because too many were pending. Their senders were not told.
async fn fill(parts: &Parts<'_>) -> DrillResult<Vec<Sent>> {
    let policy = InboxPolicy {
        marks: birdcall_ledger::erased::Marks::default(),
        sign_up: SignUpRule::Open,
        open_texts_max: 0,
        opt_out_words: OptOutWords::default(),
        writer: ReplyWriter {
            segments_max: 1,
            horizon: Duration::from_secs(24 * 3600),
            daily: DailyLimits {
                links_max: 1,
                strangers_max: 1,
            },
        },
        fail_point: FailPoint::default(),
    };
    let texts: Vec<Sent> = (0..parts.args.replay_texts)
        .map(|place| {
            let phone = parts.people.phone(place % parts.args.phones);
            Sent {
                sid: format!("SM{place:032x}"),
                body: post(place, phone),
                phone: phone.to_owned(),
                kind: SentKind::Post,
            }
        })
        .collect();
    for batch in texts.chunks(BATCH) {
        let inbound: Vec<InboundText> = batch
            .iter()
            .map(|text| {
                Ok(InboundText {
                    sid: text.sid.parse().map_err(|_| "a sid is malformed")?,
                    from: text.phone.clone(),
                    to: parts.sim_config.twilio_number.clone(),
                    body: text.body.clone(),
                    num_media: 0,
                    opt_out_type: None,
                    missed: None,
                })
            })
            .collect::<DrillResult<_>>()?;
        let inbound: Vec<&InboundText> = inbound.iter().collect();
        let taken = parts.fleet.ledger.take_in(&inbound, &policy, &SystemClock);
        let refused = Receipt::New(Disposition::TooMany);
        if taken.await?.iter().any(|receipt| *receipt != refused) {
            return Err("a text was not refused".into());
        }
    }
    Ok(texts)
}

/// Kills the processes in turn, spread over the whole of the replay and its posts.
async fn kill_meanwhile(parts: &Parts<'_>, id: &str, texts: usize) -> DrillResult<()> {
    let kills = parts.args.kills;
    let mut killed = 0;
    loop {
        tokio::time::sleep(LOOK).await;
        let Some(run) = parts.fleet.ledger.replay_run(id).await? else {
            return Err("the replay is gone".into());
        };
        let posted = posted(parts).await?;
        let reached = usize::try_from(run.counts.total()).unwrap_or(usize::MAX);
        // Of the way, one half is that a text is reached, and the other half that it is posted.
        let gone = reached.saturating_add(posted);
        if killed < kills && gone * (kills + 1) > 2 * texts * (killed + 1) {
            let place = killed % parts.fleet.places();
            parts.fleet.kill_and_restart(place).await?;
            killed += 1;
            parts.report.step(&step(&run, posted, place));
        }
        if run.state.is_over() && killed == kills {
            parts.report.step(&format!(
                "the replay is over, {} are posted, {killed} processes were killed",
                number_of(posted)
            ));
            return Ok(());
        }
        if posted >= texts {
            parts
                .report
                .step(&format!("all are posted, {killed} processes were killed"));
            return Ok(());
        }
    }
}

async fn posted(parts: &Parts<'_>) -> DrillResult<usize> {
    let counts = parts.fleet.ledger.text_counts().await?;
    let posted = counts
        .iter()
        .filter(|(state, _)| *state == TextState::Published);
    let posted: i64 = posted.map(|(_, count)| *count).sum();
    Ok(usize::try_from(posted).unwrap_or(0))
}

fn step(run: &ReplayRun, posted: usize, place: usize) -> String {
    format!(
        "{} reached, {} posted, process {place} killed",
        run.reached(),
        number_of(posted)
    )
}
