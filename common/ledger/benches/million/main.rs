//! Measures what lists, gauges, looks for jobs and the removal of old rows cost in a large ledger.
//!
//!     cargo bench -p birdcall-ledger --bench million -- sqlite:///tmp/million.db
//!     cargo bench -p birdcall-ledger --bench million -- postgres://USER@HOST/DATABASE
//!
//! It fills an empty database with a million texts, replies and jobs, 100,000 of them delayed, and prints the
//! median and the maximum of several runs. A second argument is another number of rows.

mod fill;

use std::{error::Error, time::Duration};

use birdcall_domain::{
    clock::{Clock as _, Stopwatch, SystemClock, Timestamp},
    text::TextState,
};
use birdcall_ledger::{
    Ledger,
    audit::By,
    database::DatabaseUrl,
    queue::{JobFilter, JobState, Queue},
    retention::{LOOKED_AT_ONCE, Old, REMOVED_AT_ONCE, Walk},
    statements::READY_JOB,
    texts::TextFilter,
};
use tokio::sync::Mutex;

type Done<T = ()> = Result<T, Box<dyn Error>>;

const RUNS: usize = 21;

#[tokio::main]
async fn main() -> Done {
    // `cargo bench` adds an option of its own.
    let mut words = std::env::args().skip(1).filter(|word| word != "--bench");
    let url: DatabaseUrl = words.next().ok_or("name a database")?.parse()?;
    let rows: u64 = words.next().map_or(Ok(1_000_000), |rows| rows.parse())?;
    let ledger = Ledger::open(&url.into()).await?;
    ledger.migrate().await?;
    fill::fill(&ledger, rows).await?;

    let now = SystemClock.now();
    let filter = TextFilter::default;
    let phone = || Some("+15550000001".parse().expect("a phone"));
    let since = now - Duration::from_secs(3600);
    for (name, filter) in [
        ("texts", filter()),
        (
            "texts --phone",
            TextFilter {
                phone: phone(),
                ..filter()
            },
        ),
        (
            "texts --state failed",
            TextFilter {
                state: Some(TextState::Failed),
                ..filter()
            },
        ),
        (
            "texts --state published",
            TextFilter {
                state: Some(TextState::Published),
                ..filter()
            },
        ),
        (
            "texts --state in_doubt, none",
            TextFilter {
                state: Some(TextState::InDoubt),
                ..filter()
            },
        ),
        ("texts --since 1h", TextFilter { since, ..filter() }),
        (
            "texts --phone --state",
            TextFilter {
                phone: phone(),
                state: Some(TextState::Failed),
                ..filter()
            },
        ),
        (
            "texts --contains, found",
            TextFilter {
                contains: Some("morning".to_owned()),
                ..filter()
            },
        ),
        (
            "texts --contains, not found",
            TextFilter {
                contains: Some("zebra".to_owned()),
                ..filter()
            },
        ),
        (
            "texts --phone --contains",
            TextFilter {
                phone: phone(),
                contains: Some("zebra".to_owned()),
                ..filter()
            },
        ),
    ] {
        // What the command asks for, with the totals that it shows below the list.
        time(name, async || {
            let shown = ledger.texts(&filter).await?.len();
            ledger.text_extent(&filter, shown).await?;
            Ok(shown)
        })
        .await?;
    }
    for (name, filter) in [
        (
            "jobs",
            JobFilter {
                limit: 100,
                ..JobFilter::default()
            },
        ),
        (
            "jobs --queue",
            JobFilter {
                queue: Some(Queue::Refresh),
                limit: 100,
                ..JobFilter::default()
            },
        ),
        (
            "jobs --state",
            JobFilter {
                state: Some(JobState::Failed),
                limit: 100,
                ..JobFilter::default()
            },
        ),
        (
            "jobs of one row",
            JobFilter {
                subject: Some("77777".to_owned()),
                limit: 10,
                ..JobFilter::default()
            },
        ),
    ] {
        time(name, async || {
            ledger.job_total(&filter).await?;
            Ok(ledger.jobs(&filter).await?.len())
        })
        .await?;
    }
    time("gauges: texts", async || {
        Ok(ledger.text_counts().await?.len())
    })
    .await?;
    time("gauges: replies", async || {
        Ok(ledger.reply_counts().await?.len())
    })
    .await?;
    time("gauges: queues", async || {
        Ok(ledger.queue_levels(now).await?.len())
    })
    .await?;
    time("the end of a pause that nobody is in", async || {
        let by = By {
            actor: "bench",
            reason: "",
            audit_id: "none: nothing changes",
        };
        let change = ledger.resume_queue(Queue::Tweet, by, now).await?;
        Ok(usize::from(change.changed))
    })
    .await?;
    time("the watch's look at every queue", async || {
        look(&ledger).await
    })
    .await?;
    time(
        "health: probes and the oldest row that is due",
        async || {
            ledger.oldest_due(now).await?;
            Ok(ledger.probes().await?.len())
        },
    )
    .await?;
    remove(&ledger, now).await
}

/// What removes old rows while webhooks come: one look, and one transaction.
async fn remove(ledger: &Ledger, now: Timestamp) -> Done {
    ledger.note_removal(now).await?;
    for old in [Old::TextBodies, Old::Texts] {
        let walk = Mutex::new(Walk::default());
        let ripe = Mutex::new(Vec::new());
        time(
            &format!("retention: a look for {}", old.as_str()),
            async || {
                let mut walk = walk.lock().await;
                let looked = ledger.look_for_old(old, &mut walk, now, now).await?;
                ripe.lock().await.extend(looked.ripe);
                Ok(LOOKED_AT_ONCE)
            },
        )
        .await?;
        time(
            &format!("retention: a removal of {}", old.as_str()),
            async || {
                let mut ripe = ripe.lock().await;
                let some = ripe.len().min(REMOVED_AT_ONCE);
                let rows: Vec<_> = ripe.drain(..some).collect();
                Ok(usize::try_from(ledger.remove_old(old, &rows, now).await?)?)
            },
        )
        .await?;
    }
    Ok(())
}

/// The look of `common/ledger/src/queue/watch.rs` on SQLite. On PostgreSQL, nobody looks: it notifies.
async fn look(ledger: &Ledger) -> Done<usize> {
    let Ledger::Sqlite { reader, .. } = ledger else {
        return Ok(0);
    };
    let mut ready = 0;
    for queue in Queue::ALL {
        ready += sqlx::query(READY_JOB)
            .bind(queue.as_str())
            .fetch_optional(reader)
            .await?
            .map_or(0, |_| 1);
    }
    Ok(ready)
}

async fn time(name: &str, work: impl AsyncFn() -> Done<usize>) -> Done {
    let (mut times, mut rows) = (Vec::with_capacity(RUNS), 0);
    for _ in 0..RUNS {
        let watch = Stopwatch::start();
        rows = work().await?;
        times.push(watch.elapsed());
    }
    times.sort();
    let millis = |time: Duration| time.as_secs_f64() * 1000.0;
    println!(
        "{name:<40} {rows:>4} rows {:>9.3} ms, at most {:>9.3} ms",
        millis(times[RUNS / 2]),
        millis(times[RUNS - 1])
    );
    Ok(())
}
