//! The ledger and the job queue, on SQLite or PostgreSQL: the only home of SQL.
//!
//! One SQL text serves both engines; the macros of `transaction.rs` send it to the open one. What
//! has to be written together is one method of [`Ledger`], named after what it does. Each table has
//! a private record and one conversion into typed values; no word of a table is compared as a
//! string outside of that conversion.

pub mod accounts;
pub mod audit;
pub mod audit_list;
pub mod authorizations;
pub mod backup;
pub mod blocked;
mod connections;
pub mod database;
mod effects;
mod engine;
pub mod erased;
pub mod erasure;
mod error;
pub mod fail_point;
mod forget;
pub mod grants;
pub mod history;
pub mod inbox;
pub mod inbox_lock;
mod lanes;
pub mod lease;
mod missed;
pub mod operator_sessions;
pub mod operators;
pub mod operators_pause;
pub mod overview;
pub mod pauses;
pub mod people;
pub mod private_file;
pub mod probes;
pub mod queue;
pub mod replay;
pub mod replies;
pub mod retention;
pub mod revocations;
pub mod schema;
pub mod search;
mod sign_in_limits;
pub mod statements;
mod stored;
pub mod take_in;
pub mod texts;
mod time_limit;
pub mod totals;
mod transaction;
mod turned_away;
pub mod wake;
pub mod workers;

pub use engine::Ledger;
pub use error::{LedgerError, LedgerResult};
pub use transaction::{Dialect, Tx};
