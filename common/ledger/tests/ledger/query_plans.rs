//! How SQLite runs the statements that run for every job and every sweep. A plan that takes another
//! index still gives the right answer, only slower with every finished job: nothing else would tell.

use birdcall_ledger::{
    Ledger,
    database::DatabaseUrl,
    statements::{FETCH_JOBS, READY_JOB},
};
use sqlx::{AssertSqlSafe, Row as _};
use tempfile::TempDir;

/// What apalis-sqlite runs to note that a batch of jobs is done.
const ACKNOWLEDGE: &str = "WITH done AS (SELECT value ->> 'task_id' AS id, value ->> 'status' AS status FROM json_each(?1))
    UPDATE Jobs SET status = done.status, done_at = strftime('%s', 'now') FROM done
    WHERE Jobs.id = done.id AND Jobs.lock_by = ?2";

/// What apalis-sqlite runs to begin a batch of jobs.
const LOCK: &str = "UPDATE Jobs SET status = 'Running', lock_at = strftime('%s', 'now'), lock_by = ?2
    WHERE id IN (SELECT value FROM json_each(?1))
      AND (status = 'Queued' OR status = 'Pending' OR (status = 'Failed' AND attempts < max_attempts))";

/// What apalis-sqlite runs to free what a dead worker held (its own query writes strings in double
/// quotes, as this one does).
const FREE: &str = r#"UPDATE Jobs SET status = "Pending", lock_by = NULL, lock_at = NULL WHERE id IN (
    SELECT Jobs.id FROM Jobs INNER JOIN Workers ON lock_by = Workers.id
    WHERE (status = "Running" OR status = "Queued")
      AND strftime('%s', 'now') - Workers.last_seen >= ?1 AND Workers.worker_type = ?2
      AND (?3 IS NULL OR Workers.id != ?3) AND (?4 IS NULL OR Workers.id = ?4))"#;

/// A migrated file, with finished jobs piled up as they do.
async fn busy_ledger() -> (Ledger, TempDir) {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("birdcall.db"));
    let ledger = Ledger::open(&url.into()).await.unwrap();
    ledger.migrate().await.unwrap();
    let Ledger::Sqlite { writer, .. } = &ledger else {
        unreachable!("the URL names a file");
    };
    let jobs = "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 2000)
        INSERT INTO Jobs (id, job, job_type, status, run_at, done_at)
        SELECT printf('%026d', n), x'7b7d', 'tweet', CASE n % 100 WHEN 0 THEN 'Pending' ELSE 'Done' END, n, n FROM n";
    sqlx::query(jobs).execute(writer).await.unwrap();
    (ledger, folder)
}

/// The steps of the plan, one a line.
async fn plan(ledger: &Ledger, sql: &str) -> String {
    let Ledger::Sqlite { writer, .. } = ledger else {
        unreachable!("plans are SQLite's");
    };
    let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
    let steps = sqlx::raw_sql(sql).fetch_all(writer).await.unwrap();
    let steps: Vec<String> = steps.iter().map(|step| step.get("detail")).collect();
    steps.join("\n")
}

/// The plan of `sql` takes `index` and scans none of the tables that grow.
async fn assert_takes(sql: &str, index: &str) {
    let (ledger, _folder) = busy_ledger().await;
    let plan = plan(&ledger, sql).await;
    assert!(plan.contains(index), "{plan}");
    for table in ["Jobs", "texts", "replies", "accounts"] {
        let scans = plan.lines().any(|step| step == format!("SCAN {table}"));
        assert!(!scans, "{plan}");
    }
}

#[tokio::test]
async fn jobs_are_acknowledged_by_primary_key() {
    assert_takes(
        ACKNOWLEDGE,
        "SEARCH Jobs USING INDEX sqlite_autoindex_Jobs_1 (id=?)",
    )
    .await;
}

#[tokio::test]
async fn jobs_are_locked_by_primary_key() {
    assert_takes(
        LOCK,
        "SEARCH Jobs USING INDEX sqlite_autoindex_Jobs_1 (id=?)",
    )
    .await;
}

#[tokio::test]
async fn jobs_are_fetched_past_the_delayed_ones() {
    // Three times: once for each priority. A sort would read every job that may start.
    let (ledger, _folder) = busy_ledger().await;
    let plan = plan(&ledger, FETCH_JOBS).await;
    let taken = "INDEX idx_jobs_pending (job_type=? AND priority=? AND run_at<?)";
    assert_eq!(plan.matches(taken).count(), 3, "{plan}");
    assert!(!plan.contains("TEMP B-TREE"), "{plan}");
    assert!(!plan.contains("SCAN Jobs"), "{plan}");
    assert_takes(READY_JOB, taken).await;
}

#[tokio::test]
async fn the_jobs_of_a_dead_worker_are_found_by_its_name() {
    assert_takes(FREE, "INDEX birdcall_jobs_held (lock_by=?").await;
}

#[tokio::test]
async fn old_jobs_are_found_by_when_they_were_done() {
    let sql = "DELETE FROM Jobs WHERE rowid IN
        (SELECT rowid FROM Jobs WHERE done_at IS NOT NULL AND done_at < 1 LIMIT 1000)";
    assert_takes(sql, "INDEX birdcall_jobs_done (done_at").await;
}

/// What the sweep runs: see `common/ledger/src/wake.rs`.
fn overdue(table: &str, id: &str, due: &str, condition: &str) -> String {
    format!(
        "UPDATE {table} SET woken_at = 1 WHERE {id} IN (SELECT {id} FROM {table}
             WHERE {due} <= 2 AND woken_at <= 3 AND {condition} ORDER BY {due} LIMIT 4)
         RETURNING {id}, EXISTS (SELECT 1 FROM Jobs WHERE CAST(job AS TEXT) ->> 'id' = +{table}.{id}
             AND status = 'Pending' AND run_at <= 5 AND priority >= 0)"
    )
}

#[tokio::test]
async fn overdue_rows_are_found_by_their_moment() {
    let (held, free) = ("lease_owner IS NOT NULL", "lease_owner IS NULL");
    for (table, id, due, condition, index) in [
        ("texts", "sid", "next_attempt_at", free, "texts_due"),
        ("texts", "sid", "next_attempt_at", held, "texts_held"),
        ("replies", "id", "next_attempt_at", free, "replies_due"),
        ("replies", "id", "next_attempt_at", held, "replies_held"),
        (
            "accounts",
            "id",
            "refresh_due_at",
            "state = 'active'",
            "accounts_refresh_due",
        ),
    ] {
        let taken = format!("SEARCH {table} USING INDEX {index} ({due}<?)");
        assert_takes(&overdue(table, id, due, condition), &taken).await;
    }
}

#[tokio::test]
async fn a_rows_job_is_found_by_its_id() {
    let sql = overdue("texts", "sid", "next_attempt_at", "lease_owner IS NULL");
    assert_takes(
        &sql,
        "SEARCH Jobs USING INDEX birdcall_jobs_subject (<expr>=?)",
    )
    .await;
}

#[tokio::test]
async fn one_phones_texts_are_found_by_the_phone() {
    let earlier = "SELECT kind, state, reason, next_attempt_at FROM texts
        WHERE phone = '+15551230001' AND arrival < 2 AND next_attempt_at IS NOT NULL ORDER BY arrival";
    assert_takes(
        earlier,
        "SEARCH texts USING INDEX texts_open (phone=? AND arrival<?)",
    )
    .await;
    let open = "SELECT sid FROM texts
        WHERE phone = '+15551230001' AND next_attempt_at IS NOT NULL ORDER BY arrival LIMIT 500";
    assert_takes(open, "SEARCH texts USING INDEX texts_open (phone=?)").await;
    let recent = "SELECT sent_at FROM replies WHERE phone = '+15551230001' AND sent_at > 2
        ORDER BY sent_at DESC LIMIT 10";
    assert_takes(recent, "INDEX replies_phone (phone=? AND sent_at>?)").await;
}
