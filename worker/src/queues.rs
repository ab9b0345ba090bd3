//! Drains the queues with apalis: one supervised worker for each queue.

use std::{pin::Pin, sync::Arc, task::Poll, time::Duration};

use apalis::prelude::{BackendExt as _, Data, WorkerBuilder, WorkerBuilderExt as _, WorkerContext};
use birdcall_ledger::queue::{
    Job, Looks, PgConfig, PostgresStorage, Queue, QueuePool, SqliteConfig, SqliteQueue, Wake,
};
use futures_util::{Stream, StreamExt as _, stream};
use tokio::sync::{Semaphore, watch};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{context::Context, jobs::handle};

/// The time between two signs of life of a queue's worker.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// A worker that misses this many heartbeats loses the jobs that it fetched.
const MISSED_HEARTBEATS: usize = 6;
/// The number of jobs that are fetched at once.
const BATCH: usize = 64;
/// The rest after a queue's worker ended because of the database.
const REST: Duration = Duration::from_secs(1);

/// Runs the jobs of one queue.
#[derive(Clone)]
struct JobRunner {
    context: Arc<Context>,
    /// How many jobs of its queue are carried out at the same time. It outlives the queue's worker, as
    /// the jobs in hand do.
    slots: usize,
    free: Arc<Semaphore>,
    /// The jobs in hand. They are finished even when the queue's worker ends meanwhile.
    busy: TaskTracker,
}

/// Drains every queue until the shutdown, and then waits for the jobs in hand.
pub(crate) async fn monitor(context: &Arc<Context>, shutdown: &CancellationToken) {
    let limits = &context.config.limits;
    let busy = TaskTracker::new();
    let changes = birdcall_ledger::queue::watch(&context.ledger, limits.queue_poll);
    let supervised: Vec<_> = Queue::ALL
        .iter()
        .map(|queue| {
            let slots = queue.slots(limits.worker_concurrency);
            show_slots(*queue, slots);
            let runner = JobRunner {
                context: Arc::clone(context),
                slots,
                free: Arc::new(Semaphore::new(slots)),
                busy: busy.clone(),
            };
            tokio::spawn(supervise(*queue, runner, changes.clone(), shutdown.clone()))
        })
        .collect();
    drop(changes);
    for queue in supervised {
        // A supervisor ends only with the shutdown. A panic in it was logged where it happened.
        let _ = queue.await;
    }
    busy.close();
    busy.wait().await;
}

/// Keeps one queue's worker running. It ends when the database fails or when a connection was found
/// dead, and is built again each time.
async fn supervise(
    queue: Queue,
    runner: JobRunner,
    changes: watch::Receiver<Looks>,
    shutdown: CancellationToken,
) {
    while !shutdown.is_cancelled() {
        let ended = drain(queue, &runner, changes.clone(), &shutdown).await;
        let error = ended.err().map(|error| error.to_string());
        if !shutdown.is_cancelled() {
            runner.context.ledger.renew_connections().await;
            tracing::warn!(
                queue = queue.as_str(),
                error,
                "the queue rests: the database is in trouble"
            );
        }
        tokio::select! {
            () = shutdown.cancelled() => {}
            () = tokio::time::sleep(REST) => {}
        }
    }
}

/// Builds and runs one queue's worker. The body is the same for both storages, whose types differ.
macro_rules! run {
    ($backend:expr, $queue:expr, $runner:expr, $changes:expr, $shutdown:expr) => {{
        // A name must not be used again within its heartbeat.
        let name = format!(
            "{}-{}-{}",
            $queue.as_str(),
            $runner.context.name,
            $runner.context.random.token(6)
        );
        let worker = WorkerContext::new(&name);
        let running = WorkerBuilder::new(&worker)
            .backend($backend.poll_with_stream(looks($queue, $changes)))
            .data($runner.clone())
            .data($queue)
            .concurrency($runner.slots)
            .build(take)
            .run();
        tokio::pin!(running);
        tokio::select! {
            ended = &mut running => ended,
            () = $runner.context.ledger.connection_lost() => {
                // The worker may be waiting for an answer that never comes. Jobs in hand go on as
                // tasks of their own; jobs that were fetched and not begun are freed after the heartbeats.
                let _ = worker.stop();
                Ok(())
            }
            () = $shutdown.cancelled() => {
                // Buffered jobs go back into the queue, and jobs in hand are waited for.
                let _ = worker.stop();
                running.await
            }
        }
    }};
}

async fn drain(
    queue: Queue,
    runner: &JobRunner,
    changes: watch::Receiver<Looks>,
    shutdown: &CancellationToken,
) -> Result<(), apalis::prelude::WorkerError> {
    match runner.context.ledger.queue_pool() {
        QueuePool::Sqlite(pool) => {
            let config = SqliteConfig::default()
                .queue(queue.as_str())
                .batch_size(BATCH)
                .heartbeat_interval(HEARTBEAT)
                .missed_heartbeats(MISSED_HEARTBEATS)
                .lock_tasks(false);
            let backend = SqliteQueue::new(&pool, config);
            run!(backend, queue, runner, changes, shutdown)
        }
        QueuePool::Postgres(pool) => {
            let config = PgConfig::default()
                .queue(queue.as_str())
                .batch_size(BATCH)
                .heartbeat_interval(HEARTBEAT)
                .missed_heartbeats(MISSED_HEARTBEATS)
                .lock_tasks(false);
            let backend = PostgresStorage::<Wake>::new(&pool).with_config(config);
            run!(backend, queue, runner, changes, shutdown)
        }
    }
}

#[expect(
    clippy::cast_precision_loss,
    reason = "a number of slots is far below 2^52"
)]
fn show_slots(queue: Queue, slots: usize) {
    metrics::gauge!("birdcall_slots", "queue" => queue.as_str()).set(slots as f64);
    metrics::gauge!("birdcall_slots_in_use", "queue" => queue.as_str()).increment(0.0);
}

/// Counts a slot as in use until it is dropped, also when the job panics.
struct SlotInUse(metrics::Gauge);

impl SlotInUse {
    fn new(queue: Queue) -> Self {
        let gauge = metrics::gauge!("birdcall_slots_in_use", "queue" => queue.as_str());
        gauge.increment(1.0);
        Self(gauge)
    }
}

impl Drop for SlotInUse {
    fn drop(&mut self) {
        self.0.decrement(1.0);
    }
}

/// One look at the queue to begin with, and one for every change. apalis asks this stream once for
/// each poll: a change that arrives during a fetch would be forgotten when that fetch comes back empty,
/// and nobody would be left to wake the worker. So every change asks for another poll.
fn looks(queue: Queue, changes: watch::Receiver<Looks>) -> Pin<Box<dyn Stream<Item = ()> + Send>> {
    let place = Queue::ALL
        .iter()
        .position(|one| *one == queue)
        .unwrap_or_default();
    let seen = changes.borrow()[place];
    let changed = stream::unfold((changes, seen), move |(mut changes, seen)| async move {
        loop {
            changes.changed().await.ok()?;
            let look = changes.borrow()[place];
            if look != seen {
                return Some(((), (changes, look)));
            }
        }
    });
    let mut looks = stream::once(async {}).chain(changed).boxed();
    stream::poll_fn(move |cx| {
        let look = looks.poll_next_unpin(cx);
        if let Poll::Ready(Some(())) = look {
            cx.waker().wake_by_ref();
        }
        look
    })
    .boxed()
}

/// Takes one job and runs it as a task of its own, so that nothing that happens to the queue's worker
/// interrupts a call. It always returns `Ok`: apalis would fetch a failed job again at once, while the
/// ledger knows when the row is due.
async fn take(
    wake: Wake,
    runner: Data<JobRunner>,
    queue: Data<Queue>,
) -> Result<(), std::convert::Infallible> {
    let job = Job {
        queue: *queue,
        id: wake.id,
    };
    let (context, free) = (Arc::clone(&runner.context), Arc::clone(&runner.free));
    let work = runner.busy.spawn(async move {
        let _permit = free.acquire_owned().await;
        let _in_use = SlotInUse::new(job.queue);
        if let Err(error) = handle(&context, &job).await {
            metrics::counter!("birdcall_jobs_failed_total", "queue" => job.queue.as_str())
                .increment(1);
            tracing::warn!(queue = job.queue.as_str(), id = job.id, %error, "a job is left to the sweep");
        }
    });
    if let Err(panic) = work.await {
        tracing::error!(queue = queue.as_str(), %panic, "a job panicked; the sweep wakes its row when the lease ends");
    }
    Ok(())
}
