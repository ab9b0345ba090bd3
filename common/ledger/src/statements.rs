//! The SQL of what is listed and counted, so that tests can ask an engine how it would run it.

use birdcall_domain::replay_run::ReplayFilter;

use crate::{
    Dialect, Ledger,
    audit_list::{self, DeedFilter},
    people,
    queue::{self, JobFilter},
    replay,
    replies::{self, ReplyFilter},
    retention::Old,
    search,
    texts::{self, TextFilter},
};

fn dialect(ledger: &Ledger) -> Dialect {
    match ledger {
        Ledger::Sqlite { .. } => Dialect::Sqlite,
        Ledger::Postgres { .. } => Dialect::Postgres,
    }
}

/// What [`Ledger::texts`] runs.
#[must_use]
pub fn texts(ledger: &Ledger, filter: &TextFilter) -> String {
    texts::list_sql(dialect(ledger), filter)
}

/// What [`Ledger::text_extent`] runs.
#[must_use]
pub fn text_extent(ledger: &Ledger, filter: &TextFilter, count: bool) -> String {
    texts::extent_sql(dialect(ledger), filter, count)
}

/// What [`Ledger::plan_replay`] runs.
#[must_use]
pub fn replay_plan(filter: &ReplayFilter) -> String {
    replay::plan_sql(filter)
}

/// What [`Ledger::next_of_run`] runs.
#[must_use]
pub fn replay_walk(filter: &ReplayFilter) -> String {
    replay::walk_sql(filter)
}

/// What [`Ledger::job_total`] runs.
#[must_use]
pub fn job_total(ledger: &Ledger, filter: &JobFilter) -> String {
    queue::total_sql(dialect(ledger), filter)
}

/// What [`Ledger::jobs`] runs.
#[must_use]
pub fn jobs(ledger: &Ledger, filter: &JobFilter) -> String {
    queue::list_sql(dialect(ledger), filter)
}

/// What the gauges of `/metrics` run.
#[must_use]
pub fn counts(ledger: &Ledger) -> [&'static str; 4] {
    [
        texts::COUNT_OTHERS,
        texts::COUNT_ALL,
        crate::replies::COUNTS,
        queue::levels_sql(dialect(ledger)),
    ]
}

/// What looks for what is old, and what removes it: each table's statements.
#[must_use]
pub fn retention(ledger: &Ledger) -> Vec<(Old, Vec<String>)> {
    let dialect = dialect(ledger);
    let of = |old: Old| {
        let mut all = vec![
            crate::retention::look_sql(old),
            crate::retention::ripe_sql(dialect, old),
        ];
        all.extend(crate::retention::removal_sql(dialect, old));
        (old, all)
    };
    Old::ALL.into_iter().map(of).collect()
}

/// What readiness and the gauges run to find what has been due for long.
#[must_use]
pub fn oldest_due() -> [&'static str; 4] {
    crate::probes::statements()
}

/// What [`Ledger::replies`] and [`Ledger::reply_total`] run.
#[must_use]
pub fn replies(filter: &ReplyFilter) -> [String; 2] {
    [replies::list_sql(filter), replies::total_sql(filter)]
}

/// What [`Ledger::people`] and [`Ledger::people_total`] run.
#[must_use]
pub fn people() -> [&'static str; 2] {
    [people::LIST, people::TOTAL]
}

/// What [`Ledger::find`] and [`Ledger::deeds_on`] run to find by a name.
#[must_use]
pub fn find() -> [&'static str; 5] {
    [
        texts::TEXTS_WITH_SID,
        search::BY_REPLY_SID,
        search::BY_POST,
        search::BY_SENDER,
        crate::audit::DEEDS_ON,
    ]
}

/// What [`Ledger::accounts_where`] runs.
#[must_use]
pub fn accounts(filter: &crate::accounts::AccountFilter) -> String {
    crate::accounts::list_sql(filter)
}

/// What [`Ledger::deeds_of`] and [`Ledger::deed_total_of`] run.
#[must_use]
pub fn deeds(filter: &DeedFilter) -> [String; 2] {
    [audit_list::list_sql(filter), audit_list::total_sql(filter)]
}

/// What [`Ledger::overview`] runs besides the counts of jobs.
#[must_use]
pub fn overview() -> Vec<String> {
    crate::overview::sql::all()
}

/// What a worker runs on SQLite to take the next jobs of a queue.
pub const FETCH_JOBS: &str = queue::FETCH;

/// What the watch runs on SQLite to tell whether a queue has a job that may start.
pub const READY_JOB: &str = queue::READY;
