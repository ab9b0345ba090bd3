//! Asks the ledger whether work gets done: for readiness of a worker, and for those who watch web.

use birdcall_domain::{
    clock::Timestamp,
    health::{Work, WorkLimits, work_problems},
};
use birdcall_ledger::{Ledger, LedgerResult};

/// Says in plain words why work does not get done; nothing if it does. It reads a few rows of indexes.
///
/// # Errors
///
/// See [`birdcall_ledger::LedgerError`].
pub async fn find_work_problems(
    ledger: &Ledger,
    limits: WorkLimits,
    now: Timestamp,
) -> LedgerResult<Vec<String>> {
    let probes = ledger.probes().await?.into_iter();
    let finished = probes.filter(|probe| probe.finished_at > Timestamp(0));
    let work = Work {
        probes: finished
            .map(|probe| (probe.queue, probe.finished_at))
            .collect(),
        oldest_due_text: ledger.oldest_due(now).await?.texts,
    };
    let problems = work_problems(&work, limits, now);
    Ok(problems.iter().map(ToString::to_string).collect())
}
