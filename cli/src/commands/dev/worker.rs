//! The worker of `birdcall dev`. It runs on threads of its own, so that the page can kill it in the middle of
//! whatever it does, as `kill -9` would.

use std::sync::{Arc, Mutex, PoisonError};

use birdcall_common::config::Config;
use birdcall_common::start::RunError;
use birdcall_sim::WorkerOrder;
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

use crate::failure::{Done, Failure};

/// A worker that can be killed and started again.
pub(super) struct DevWorker {
    config: Config,
    shutdown: CancellationToken,
    running: Mutex<Option<Running>>,
}

struct Running {
    threads: Runtime,
    work: JoinHandle<Result<(), RunError>>,
}

impl DevWorker {
    /// A worker that was not started yet.
    pub(super) fn new(config: Config, shutdown: CancellationToken) -> Arc<Self> {
        Arc::new(Self {
            config,
            shutdown,
            running: Mutex::default(),
        })
    }

    /// Carries out an order of the page, and says whether the worker runs then.
    pub(super) fn order(&self, order: WorkerOrder) -> bool {
        let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
        match order {
            WorkerOrder::Kill => {
                if let Some(killed) = running.take() {
                    killed.threads.shutdown_background();
                }
            }
            WorkerOrder::Start if running.is_none() && !self.shutdown.is_cancelled() => {
                *running = self.start();
            }
            WorkerOrder::Start | WorkerOrder::Look => {}
        }
        running.is_some()
    }

    fn start(&self) -> Option<Running> {
        let threads = Builder::new_multi_thread().enable_all().build();
        match threads {
            Ok(threads) => {
                let run = birdcall_worker::run(self.config.clone(), self.shutdown.clone());
                let work = threads.spawn(run);
                Some(Running { threads, work })
            }
            Err(error) => {
                tracing::error!(%error, "the worker could not be started");
                None
            }
        }
    }

    /// Waits until the worker has finished what it holds. The shutdown was asked for before.
    pub(super) async fn end(&self) -> Done {
        let running = {
            let mut running = self.running.lock().unwrap_or_else(PoisonError::into_inner);
            running.take()
        };
        let Some(Running { threads, work }) = running else {
            return Ok(());
        };
        let ended = work.await;
        threads.shutdown_background();
        ended
            .map_err(|panic| Failure::Refused(panic.to_string()))?
            .map_err(|error| Failure::Refused(error.to_string()))
    }
}
