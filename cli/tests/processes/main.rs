//! The programs as operators run them: real processes, signals and exit codes, on both databases.
//!
//! `BIRDCALL_TEST_POSTGRES` names a PostgreSQL server on which tests may create databases, for
//! example `postgres://postgres@127.0.0.1:5432/postgres`. Without it, the tests that need it pass
//! and say that they were left out, unless `BIRDCALL_TEST_NOTHING_SKIPPED` is set.

mod accounts;
mod blocking;
mod console;
mod database;
mod doctor;
mod documented;
mod engines;
mod env_file;
mod erasing;
mod fail_points;
mod flooding;
mod hanging;
mod health;
mod killing;
mod operators;
mod parity;
mod people;
mod prelude;
mod private;
mod program;
mod proxy;
mod queues;
mod replaying;
mod small_disk;
mod starting;
mod status;
mod stopping;
mod system;
mod terminal;
mod texts;
mod trouble;
mod usage;
mod waiting;
mod wire;
