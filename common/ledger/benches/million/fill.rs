//! Fills an empty ledger with many rows.

use birdcall_domain::clock::{Clock as _, SystemClock, Timestamp};
use birdcall_ledger::Ledger;
use sqlx::AssertSqlSafe;

/// Nearly all texts have ended; one phone has sent a tenth of them.
pub(crate) async fn fill(ledger: &Ledger, rows: u64) -> Result<(), sqlx::Error> {
    let sqlite = matches!(ledger, Ledger::Sqlite { .. });
    let numbers = if sqlite {
        format!(
            "(WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < {rows}) SELECT n FROM n) AS n"
        )
    } else {
        format!("generate_series(1::BIGINT, {rows}) AS n (n)")
    };
    let name = |prefix: &str| {
        if sqlite {
            format!("printf('{prefix}%032d', n)")
        } else {
            format!("'{prefix}' || lpad(n::TEXT, 32, '0')")
        }
    };
    let sender = "(CASE WHEN n % 10 = 0 THEN 1 ELSE n % 10000 END)";
    let from = if sqlite {
        format!("'+1555' || printf('%07d', {sender})")
    } else {
        format!("'+1555' || lpad({sender}::TEXT, 7, '0')")
    };
    // One text a second, up to now.
    let Timestamp(now) = SystemClock.now();
    let at = format!("({now} - ({rows} - n) * 1000)");
    let open = format!("n > {rows} - 1000");
    let sid = name("SM");
    let texts = format!(
        "INSERT INTO texts (sid, phone, service_number, body, num_media, kind, state, reason, arrival, received_at,
             deadline_at, next_attempt_at, woken_at, claims, deaths, failures, attempts, checks, doubted, replays)
         SELECT {sid}, {from}, '+15559999999', 'Good morning from the middle of the city', 0, 'post',
             CASE WHEN {open} THEN 'waiting' WHEN n % 500 = 0 THEN 'failed' ELSE 'published' END,
             CASE WHEN {open} THEN 'money' END, {at} * 1000, {at}, {at}, CASE WHEN {open} THEN {at} END,
             0, 0, 0, 0, 1, 0, 0, 0 FROM {numbers}"
    );
    let replies = format!(
        "INSERT INTO replies (id, text_sid, phone, body, purpose, encoding, segments, state, created_at, deadline_at,
             next_attempt_at, woken_at, claims, failures, attempts, checks, resends, sent_at)
         SELECT {sid}, {sid}, {from}, 'It was tweeted', 'final', 'GSM-7', 1,
             CASE WHEN {open} THEN 'queued' ELSE 'sent' END, {at}, {at}, CASE WHEN {open} THEN {at} END,
             0, 0, 0, 1, 0, 0, {at} FROM {numbers}"
    );
    let (table, payload, run_at) = if sqlite {
        (
            "Jobs",
            "CAST('{\"id\":\"' || n || '\"}' AS BLOB)",
            "strftime('%s', 'now') + n",
        )
    } else {
        (
            "apalis.jobs",
            "convert_to('{\"id\":\"' || n || '\"}', 'UTF8')",
            "now() + n * interval '1 second'",
        )
    };
    let delayed = format!("n > {rows} - {rows} / 10");
    let id = name("01");
    let jobs = format!(
        "INSERT INTO {table} (id, job, job_type, status, attempts, max_attempts, run_at, done_at, priority)
         SELECT {id}, {payload}, CASE WHEN {delayed} THEN 'refresh' WHEN n % 2 = 0 THEN 'tweet' ELSE 'reply' END,
             CASE WHEN {delayed} THEN 'Pending' ELSE 'Done' END, 1, 1, {run_at},
             CASE WHEN {delayed} THEN NULL ELSE {run_at} END, 1 FROM {numbers}"
    );
    let attempts = format!(
        "INSERT INTO attempts (sid, number, started_at, ended_at, outcome)
         SELECT {sid}, 1, {at}, {at} + 400, 'published' FROM {numbers}"
    );
    // Every hundredth row of the others.
    let few = format!("{numbers} WHERE n % 100 = 0");
    let accounts = format!(
        "INSERT INTO accounts (id, phone, state, x_user_id, x_handle, scopes, access_token, access_expires_at, refresh_token,
             refresh_expires_at, token_version, refresh_due_at, refresh_failures, woken_at, linked_at, last_text_at)
         SELECT {id}, '+1555' || (1000000 + n), 'active', n, 'handle_' || n, 'tweet.write', 'sealed', {at}, 'sealed', {at}, 1,
             {at}, 0, 0, {at}, {at} FROM {few}",
        id = name("AC")
    );
    let audit = format!(
        "INSERT INTO audit (id, at, actor, action, subject, detail)
         SELECT {id}, {at}, 'olivia', 'replay', {sid}, 'it runs again' FROM {few}",
        id = name("AU")
    );
    for sql in [texts, replies, jobs, attempts, accounts, audit] {
        run(ledger, sql).await?;
    }
    if !sqlite {
        run(ledger, "VACUUM ANALYZE".to_owned()).await?;
    }
    Ok(())
}

async fn run(ledger: &Ledger, sql: String) -> Result<(), sqlx::Error> {
    let rows = match ledger {
        Ledger::Sqlite { writer, .. } => sqlx::query(AssertSqlSafe(sql))
            .execute(writer)
            .await?
            .rows_affected(),
        Ledger::Postgres { pool, .. } => sqlx::query(AssertSqlSafe(sql))
            .execute(pool)
            .await?
            .rows_affected(),
    };
    eprintln!("{rows} rows were written");
    Ok(())
}
