//! The programs as they are run: real processes, real signals, real exit codes, on both engines.
//!
//! PostgreSQL is used when `BIRDCALL_TEST_POSTGRES` names a server on which databases may be made,
//! for example `postgres://postgres@127.0.0.1:5432/postgres`. Without it those tests pass and say
//! that they were left out, unless `BIRDCALL_TEST_NOTHING_SKIPPED` is set.

mod accounts;
mod database;
mod doctor;
mod documented;
mod door;
mod engines;
mod fail_points;
mod killing;
mod program;
mod queues;
mod replaying;
mod starting;
mod stopping;
mod system;
mod texts;
mod trouble;
mod usage;
mod waiting;
mod wire;
