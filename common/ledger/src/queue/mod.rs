//! The job queue, on the tables of apalis.
//!
//! A job is a wake-up call: it holds the id of a row and nothing else, so nothing in a queue is ever
//! stale or secret. Jobs are pushed in the transaction that writes the row they wake, so neither
//! exists without the other.

mod delete;
mod job;
mod list;
mod push;
mod sqlite;
mod stats;
mod storage;
mod watch;

pub use birdcall_domain::queue::{JobState, Queue};
pub(crate) use delete::delete_jobs;
pub use job::{Job, PROBE, Wake};
pub use list::{JobFilter, ListedJob, PRUNED_AT_ONCE};
pub(crate) use list::{list_sql, total_sql};
pub(crate) use push::{Priority, has_job_sql, push, push_later, push_overdue};
pub(crate) use sqlite::FETCH;
pub use sqlite::SqliteQueue;
pub(crate) use stats::levels_sql;
pub use stats::{QueueLevel, QueueStats};
pub use storage::{PgConfig, PostgresStorage, QueuePool, SqliteConfig};
pub(crate) use watch::READY;
pub use watch::{Looks, data_version, watch};
