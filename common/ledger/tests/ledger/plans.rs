//! Which index each statement takes on either engine, in a ledger of some size. The statements are
//! those that run: the test asks the engine for the plan of what the ledger's functions send.

use birdcall_domain::{
    replay_run::ReplayFilter,
    reply::ReplyState,
    search::Place,
    text::{Reason, TextState},
};
use birdcall_ledger::{
    Ledger,
    accounts::AccountFilter,
    queue::{JobFilter, JobState, Queue},
    replies::ReplyFilter,
    statements,
    texts::TextFilter,
};
use sqlx::{AssertSqlSafe, Row as _};

use crate::{
    engines::on_both_engines,
    ledger::TestLedger,
    values::{NOW, phone, sid},
};

on_both_engines!(
    texts_are_listed_by_an_index_whatever_the_filter,
    every_page_of_a_list_begins_at_its_place_in_an_index,
    what_one_name_finds_is_read_from_an_index,
    a_replay_of_many_finds_its_texts_by_an_index_whatever_the_filter,
    jobs_are_listed_by_an_index_whatever_the_filter,
    accounts_are_listed_by_an_index_whatever_the_filter,
    what_is_counted_is_read_from_indexes,
    what_runs_all_the_time_reads_no_table_from_end_to_end,
    the_overview_reads_a_few_rows_of_indexes,
    replies_are_listed_by_an_index_whatever_the_filter,
    people_are_listed_by_indexes,
    replies_that_did_not_arrive_have_an_index,
);

/// The phone that has sent a tenth of all texts.
const TALKATIVE: &str = "+15550000001";

/// Twenty thousand texts, replies and jobs of a year: nearly all have ended, and some phones and
/// states have many more than others. On PostgreSQL with the statistics that autovacuum would make.
async fn fill(ledger: &TestLedger) {
    let sqlite = matches!(ledger.ledger, Ledger::Sqlite { .. });
    let numbers = match sqlite {
        true => {
            "(WITH RECURSIVE n (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 20000) SELECT n FROM n) AS n"
        }
        false => "generate_series(1::BIGINT, 20000) AS n (n)",
    };
    let name = |prefix: &str| match sqlite {
        true => format!("printf('{prefix}%032d', n)"),
        false => format!("'{prefix}' || lpad(n::TEXT, 32, '0')"),
    };
    let from = match sqlite {
        true => "'+1555' || printf('%07d', CASE WHEN n % 10 = 0 THEN 1 ELSE n % 1000 END)",
        false => "'+1555' || lpad((CASE WHEN n % 10 = 0 THEN 1 ELSE n % 1000 END)::TEXT, 7, '0')",
    };
    let sid = name("SM");
    let text = format!(
        "INSERT INTO texts (sid, phone, service_number, body, num_media, kind, state, reason, arrival, received_at,
             deadline_at, next_attempt_at, woken_at, claims, deaths, failures, attempts, checks, doubted, replays)
         SELECT {sid}, {from}, '+15559999999', 'Good morning from the middle of the city', 0, 'post',
             CASE WHEN n > 19900 THEN 'waiting' WHEN n % 500 = 0 THEN 'failed' ELSE 'published' END,
             CASE WHEN n > 19900 THEN 'money' END, n * 1000000, n * 1000, n * 1000,
             CASE WHEN n > 19900 THEN n * 1000 END, 0, 0, 0, 0, 1, 0, 0, 0 FROM {numbers}"
    );
    let reply = format!(
        "INSERT INTO replies (id, text_sid, phone, body, purpose, encoding, segments, state, created_at, deadline_at,
             next_attempt_at, woken_at, claims, failures, attempts, checks, resends, sent_at)
         SELECT {sid}, {sid}, {from}, 'It was tweeted', 'final', 'GSM-7', 1,
             CASE WHEN n > 19900 THEN 'queued' ELSE 'sent' END, n * 1000, n * 1000,
             CASE WHEN n > 19900 THEN n * 1000 END, 0, 0, 0, 1, 0, 0, n * 1000 FROM {numbers}"
    );
    let (id, at, payload) = match sqlite {
        true => (
            name("01"),
            "strftime('%s', 'now') + n",
            "CAST('{\"id\":\"' || n || '\"}' AS BLOB)",
        ),
        false => (
            name("01"),
            "now() + n * interval '1 second'",
            "convert_to('{\"id\":\"' || n || '\"}', 'UTF8')",
        ),
    };
    let jobs = ledger.jobs_table();
    let job = format!(
        "INSERT INTO {jobs} (id, job, job_type, status, attempts, max_attempts, run_at, done_at, priority)
         SELECT {id}, {payload},
             CASE WHEN n > 18000 THEN 'refresh' WHEN n % 2 = 0 THEN 'tweet' ELSE 'reply' END,
             CASE WHEN n > 18000 THEN 'Pending' ELSE 'Done' END, 1, 1, {at},
             CASE WHEN n > 18000 THEN NULL ELSE {at} END, 1 FROM {numbers}"
    );
    let id = name("");
    let phone = match sqlite {
        true => "'+1555' || printf('%07d', n)",
        false => "'+1555' || lpad(n::TEXT, 7, '0')",
    };
    let person = format!(
        "INSERT INTO people (id, phone, note, allowed_at, allowed_by) SELECT {id}, {phone}, '', n * 1000, 'ada' FROM {numbers}"
    );
    for sql in [text, reply, job, person] {
        ledger.run(&sql).await;
    }
    if !sqlite {
        ledger.run("VACUUM ANALYZE").await;
    }
}

/// The plan of a statement, one step a line. PostgreSQL is asked not to read a table from end to end:
/// with twenty thousand rows it would, since they fit into memory.
async fn plan(ledger: &TestLedger, sql: &str) -> String {
    let lines: Vec<String> = match &ledger.ledger {
        Ledger::Sqlite { writer, .. } => {
            let sql = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {sql}"));
            let steps = sqlx::raw_sql(sql).fetch_all(writer).await.unwrap();
            steps.iter().map(|step| step.get("detail")).collect()
        }
        Ledger::Postgres { pool, .. } => {
            let mut connection = pool.acquire().await.unwrap();
            let values = ["NULL"; 9].join(", ");
            let prepare = format!(
                "DEALLOCATE ALL; SET enable_seqscan = off; SET plan_cache_mode = force_generic_plan;
                 PREPARE asked AS {sql}"
            );
            sqlx::raw_sql(AssertSqlSafe(prepare))
                .execute(&mut *connection)
                .await
                .unwrap();
            let count = (1..10)
                .rfind(|n| sql.contains(&format!("${n}")))
                .unwrap_or(0);
            let values: Vec<&str> = values.split(", ").take(count).collect();
            let values = match count {
                0 => String::new(),
                _ => format!("({})", values.join(", ")),
            };
            let explain = AssertSqlSafe(format!("EXPLAIN (COSTS OFF) EXECUTE asked{values}"));
            let steps = sqlx::raw_sql(explain)
                .fetch_all(&mut *connection)
                .await
                .unwrap();
            connection.close().await.unwrap();
            steps.iter().map(|step| step.get(0)).collect()
        }
    };
    lines.join("\n")
}

/// Whether a step reads a whole table that grows.
fn reads_all(plan: &str) -> bool {
    plan.lines().any(|step| {
        let step = step.trim().trim_start_matches("-> ").trim();
        let tables = [
            "texts",
            "replies",
            "attempts",
            "deliveries",
            "audit",
            "lanes",
            "people",
            "Jobs",
            "jobs",
        ];
        tables.iter().any(|table| {
            step == format!("SCAN {table}") || step.starts_with(&format!("Seq Scan on {table}"))
        })
    })
}

async fn texts_are_listed_by_an_index_whatever_the_filter(ledger: TestLedger) {
    fill(&ledger).await;
    for from in [None, Some(phone(TALKATIVE))] {
        for state in [None, Some(TextState::Published), Some(TextState::InDoubt)] {
            for contains in [None, Some("city".to_owned())] {
                let filter = TextFilter {
                    phone: from.clone(),
                    state,
                    contains,
                    ..TextFilter::default()
                };
                for full in [false, true] {
                    let sql = statements::text_extent(&ledger, &filter, full);
                    let plan = plan(&ledger, &sql).await;
                    assert!(!reads_all(&plan), "{filter:?}: {plan}");
                }
                let plan = plan(&ledger, &statements::texts(&ledger, &filter)).await;
                let indexes = match (&from, state) {
                    (Some(_), _) => &["texts_phone_state"][..],
                    // PostgreSQL knows that nearly all texts are published.
                    (None, Some(TextState::Published)) => &["texts_state", "texts_received"],
                    (None, Some(_)) => &["texts_state"],
                    (None, None) => &["texts_received"],
                };
                let taken = indexes.iter().any(|index| plan.contains(index));
                assert!(taken, "{filter:?}: {plan}");
                assert!(!reads_all(&plan), "{filter:?}: {plan}");
            }
        }
    }
}

/// A page deep in a list begins where the page before it ended: rows in between are not read.
async fn every_page_of_a_list_begins_at_its_place_in_an_index(ledger: TestLedger) {
    fill(&ledger).await;
    for from in [None, Some(phone(TALKATIVE))] {
        for state in [None, Some(TextState::Failed)] {
            for reason in [None, Some(Reason::Money)] {
                for error in [None, Some("HTTP 503".to_owned())] {
                    let filter = TextFilter {
                        phone: from.clone(),
                        state,
                        reason,
                        error: error.clone(),
                        after: Some(Place {
                            received_at: NOW,
                            arrival: 1,
                            sid: sid(1),
                        }),
                        ..TextFilter::default()
                    };
                    let index = match (&from, reason, state, &error) {
                        (Some(_), ..) => "texts_phone_state",
                        (None, Some(_), ..) => "texts_reason",
                        (None, None, Some(_), _) => "texts_state",
                        (None, None, None, Some(_)) => "texts_error",
                        (None, None, None, None) => "texts_received",
                    };
                    for sql in [
                        statements::texts(&ledger, &filter),
                        statements::text_extent(&ledger, &filter, true),
                    ] {
                        let plan = plan(&ledger, &sql).await;
                        assert!(plan.contains(index), "{filter:?}: {plan}");
                        assert!(!reads_all(&plan), "{filter:?}: {plan}");
                        let bounds = match &ledger.ledger {
                            Ledger::Sqlite { .. } => "received_at>? AND received_at<?",
                            Ledger::Postgres { .. } => "(received_at <",
                        };
                        assert!(plan.contains(bounds), "{filter:?}: {plan}");
                    }
                }
            }
        }
    }
}

async fn what_one_name_finds_is_read_from_an_index(ledger: TestLedger) {
    fill(&ledger).await;
    for sql in statements::find() {
        let plan = plan(&ledger, sql).await;
        assert!(!reads_all(&plan), "{sql}: {plan}");
    }
}

async fn a_replay_of_many_finds_its_texts_by_an_index_whatever_the_filter(ledger: TestLedger) {
    fill(&ledger).await;
    for from in [None, Some(phone(TALKATIVE))] {
        for states in [
            vec![],
            vec![TextState::Failed],
            vec![TextState::Failed, TextState::Refused],
        ] {
            let filter = ReplayFilter {
                phone: from.clone(),
                states,
                reason: Some(Reason::Horizon),
                contains: Some("city".to_owned()),
                error: Some("503".to_owned()),
                ..ReplayFilter::until(NOW)
            };
            for sql in [
                statements::replay_plan(&filter),
                statements::replay_walk(&filter),
            ] {
                let plan = plan(&ledger, &sql).await;
                let index = match (&from, filter.states.is_empty()) {
                    (Some(_), _) => "texts_phone_state",
                    (None, false) => "texts_state",
                    (None, true) => "texts_received",
                };
                assert!(plan.contains(index), "{filter:?}: {plan}");
                assert!(!reads_all(&plan), "{filter:?}: {plan}");
            }
        }
    }
}

async fn jobs_are_listed_by_an_index_whatever_the_filter(ledger: TestLedger) {
    fill(&ledger).await;
    let states = JobState::ALL.iter().copied().map(Some).chain([None]);
    for state in states {
        for queue in [None, Some(Queue::Reauth), Some(Queue::Refresh)] {
            for subject in [None, Some("7".to_owned())] {
                for before in [None, Some("01".to_owned())] {
                    let filter = JobFilter {
                        queue,
                        state,
                        subject: subject.clone(),
                        before,
                        limit: 100,
                        ..JobFilter::default()
                    };
                    let sql = statements::job_total(&ledger.ledger, &filter);
                    let plan_of_total = plan(&ledger, &sql).await;
                    assert!(!reads_all(&plan_of_total), "{filter:?}: {plan_of_total}");
                    let sql = statements::jobs(&ledger.ledger, &filter);
                    let plan = plan(&ledger, &sql).await;
                    assert!(!reads_all(&plan), "{filter:?}: {plan}");
                    if filter.subject.is_some() {
                        // PostgreSQL may prefer the few jobs that are in a rare state.
                        let indexes = ["birdcall_jobs_subject", "birdcall_jobs_unusual"];
                        let taken = indexes.iter().any(|index| plan.contains(index));
                        assert!(taken, "{filter:?}: {plan}");
                    }
                }
            }
        }
    }
}

async fn accounts_are_listed_by_an_index_whatever_the_filter(ledger: TestLedger) {
    fill(&ledger).await;
    // One for each text: texts are many, and each has a name.
    ledger
        .run(
            "INSERT INTO accounts (id, phone, state, x_user_id, x_handle, scopes, access_token, access_expires_at,
                 refresh_token, refresh_expires_at, token_version, refresh_failures, woken_at, linked_at, last_text_at)
             SELECT sid, sid, 'active', sid, sid, '', '', 0, '', 0, 1, 0, 0, received_at, received_at FROM texts",
        )
        .await;
    if matches!(ledger.ledger, Ledger::Postgres { .. }) {
        ledger.run("VACUUM ANALYZE accounts").await;
    }
    for (filter, index) in [
        (AccountFilter::default(), "accounts_linked"),
        (
            AccountFilter {
                handle: Some("demo".to_owned()),
                ..AccountFilter::default()
            },
            "accounts_handle",
        ),
        (
            AccountFilter {
                before: Some((NOW, "id".to_owned())),
                ..AccountFilter::default()
            },
            "accounts_linked",
        ),
    ] {
        let plan = plan(&ledger, &statements::accounts(&filter)).await;
        assert!(plan.contains(index), "{filter:?}: {plan}");
    }
}

async fn what_is_counted_is_read_from_indexes(ledger: TestLedger) {
    fill(&ledger).await;
    for sql in statements::counts(&ledger.ledger) {
        let plan = plan(&ledger, sql).await;
        assert!(!reads_all(&plan), "{sql}: {plan}");
    }
    let counts = ledger.text_counts().await.unwrap();
    let expected = [
        (TextState::Failed, 39),
        (TextState::Published, 19861),
        (TextState::Waiting, 100),
    ];
    assert_eq!(counts, expected);
}

async fn replies_are_listed_by_an_index_whatever_the_filter(ledger: TestLedger) {
    fill(&ledger).await;
    for to in [None, Some(phone(TALKATIVE))] {
        for state in [None, Some(ReplyState::Sent), Some(ReplyState::InDoubt)] {
            for error_code in [None, Some(30007)] {
                for before in [None, Some((NOW, "id".to_owned()))] {
                    let filter = ReplyFilter {
                        phone: to.clone(),
                        state,
                        error_code,
                        before,
                        ..ReplyFilter::default()
                    };
                    for sql in statements::replies(&filter) {
                        let plan = plan(&ledger, &sql).await;
                        assert!(!reads_all(&plan), "{filter:?}: {plan}");
                    }
                }
            }
        }
    }
}

async fn people_are_listed_by_indexes(ledger: TestLedger) {
    fill(&ledger).await;
    for sql in statements::people() {
        let plan = plan(&ledger, sql).await;
        assert!(plan.contains("people_allowed"), "{sql}: {plan}");
        assert!(!reads_all(&plan), "{sql}: {plan}");
    }
}

async fn replies_that_did_not_arrive_have_an_index(ledger: TestLedger) {
    fill(&ledger).await;
    for phone in [None, Some(TALKATIVE)] {
        for before in [None, Some((NOW, "id".to_owned()))] {
            let filter = ReplyFilter {
                phone: phone.map(|phone| phone.parse().unwrap()),
                lost: true,
                before,
                ..ReplyFilter::default()
            };
            for sql in statements::replies(&filter) {
                let plan = plan(&ledger, &sql).await;
                assert!(plan.contains("replies_lost"), "{filter:?}: {plan}");
            }
        }
    }
}

async fn the_overview_reads_a_few_rows_of_indexes(ledger: TestLedger) {
    fill(&ledger).await;
    for sql in statements::overview() {
        let plan = plan(&ledger, &sql).await;
        let tables = ["texts", "replies", "deliveries", "accounts", "attempts"];
        let reads_all = plan.lines().any(|step| {
            let step = step.trim().trim_start_matches("-> ").trim();
            tables.iter().any(|table| {
                step == format!("SCAN {table}") || step.starts_with(&format!("Seq Scan on {table}"))
            })
        });
        assert!(!reads_all, "{sql}: {plan}");
    }
}

async fn what_runs_all_the_time_reads_no_table_from_end_to_end(ledger: TestLedger) {
    fill(&ledger).await;
    let waiting = "UPDATE texts SET next_attempt_at = 1, woken_at = 0
        WHERE state = 'waiting' AND lease_owner IS NULL AND reason IN ('money', 'operator', 'rate_limit')
            AND (reason <> 'rate_limit' OR next_attempt_at <= 2)";
    let held = "SELECT sid FROM texts WHERE next_attempt_at = 253402300799000 AND lease_owner IS NULL LIMIT 3";
    let turns = "SELECT turn_at FROM replies WHERE phone = '+15550000001' AND turn_at > 2
        AND next_attempt_at IS NOT NULL AND id <> 'r' ORDER BY turn_at DESC LIMIT 10";
    let begun = "DELETE FROM authorizations WHERE created_at < 1";
    for (old, all) in statements::retention(&ledger.ledger) {
        for sql in all {
            let plan = plan(&ledger, &sql).await;
            assert!(!reads_all(&plan), "{old:?}: {sql}: {plan}");
            // The rows of a list are found one by one, and not among all that are in some state.
            let states = ["texts_state", "replies_state"];
            assert!(
                !states.iter().any(|index| plan.contains(index)),
                "{sql}: {plan}"
            );
        }
    }
    for sql in statements::oldest_due() {
        let plan = plan(&ledger, sql).await;
        assert!(plan.contains("_due"), "{sql}: {plan}");
        assert!(!reads_all(&plan), "{sql}: {plan}");
    }
    for (sql, index) in [
        (waiting, "texts_state"),
        (held, "texts_due"),
        (turns, "replies_turn"),
    ] {
        let plan = plan(&ledger, sql).await;
        assert!(plan.contains(index), "{sql}: {plan}");
        assert!(!reads_all(&plan), "{sql}: {plan}");
    }
    if matches!(ledger.ledger, Ledger::Sqlite { .. }) {
        let plan = plan(&ledger, begun).await;
        assert!(plan.contains("authorizations_created"), "{plan}");
    } else {
        // The fetch of PostgreSQL is a function, and what it does is explained here.
        let sql = "SELECT ready.id FROM (VALUES (2), (1), (0)) AS each (priority)
            CROSS JOIN LATERAL (SELECT jobs.id FROM apalis.jobs AS jobs WHERE jobs.status = 'Pending'
                AND jobs.job_type = 'refresh' AND jobs.priority = each.priority AND jobs.run_at < now()
                ORDER BY jobs.run_at ASC LIMIT 64 FOR UPDATE SKIP LOCKED) AS ready LIMIT 64";
        let plan = plan(&ledger, sql).await;
        assert!(plan.contains("(run_at < now())"), "{plan}");
        assert!(plan.contains("idx_apalis_jobs_fetch_partial"), "{plan}");
        let body = "SELECT prosrc FROM pg_proc WHERE proname = 'get_jobs'";
        let body = ledger.words(body).await.concat();
        assert!(
            body.contains("birdcall_next"),
            "apalis's own fetch is back: {body}"
        );
    }
}
