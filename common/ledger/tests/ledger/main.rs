//! What the ledger does. Each test runs on both engines.
//!
//! PostgreSQL is used when `BIRDCALL_TEST_POSTGRES` names a server on which databases may be made,
//! for example `postgres://postgres@127.0.0.1:5432/postgres`. Without it those tests pass and say
//! that they were left out, unless `BIRDCALL_TEST_NOTHING_SKIPPED` is set.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on says where")]

mod accounts;
mod apart;
mod audit_lists;
mod authorizations;
mod blocking;
mod by_hand;
mod claims;
mod commands;
mod deliveries;
mod effects;
mod ending;
mod engines;
mod erasing;
mod forgetting;
mod grants;
mod histories;
mod inbox;
mod jobs;
mod ledger;
mod lists;
mod locks;
mod overview;
mod pauses;
mod people;
mod plans;
mod probes;
mod query_plans;
mod refreshes;
mod replay_runs;
mod replies;
mod reply_lists;
mod reply_work;
mod retention;
mod revocations;
mod schema;
mod search;
mod seen;
mod settling;
mod sign_in_limits;
mod sweep;
mod text_work;
mod values;
