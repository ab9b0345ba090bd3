//! Runs a test on SQLite and on PostgreSQL, each on a database of its own.

use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    sync::atomic::{AtomicU32, Ordering},
};

use birdcall_ledger::{Ledger, database::DatabaseUrl};
use futures_util::FutureExt as _;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use crate::ledger::TestLedger;

/// Makes two tests of each function that takes a [`TestLedger`]: `name::sqlite` and `name::postgres`.
/// A function that is not named here is dead code, which the compiler reports.
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => { $crate::engines::on_both_engines!(@migrated true; $($name),*); };
    (empty: $($name:ident),* $(,)?) => { $crate::engines::on_both_engines!(@migrated false; $($name),*); };
    (@migrated $migrated:literal; $($name:ident),*) => {
        $(
            mod $name {
                #[tokio::test]
                async fn sqlite() {
                    $crate::engines::on_sqlite($migrated, super::$name).await;
                }

                #[tokio::test]
                async fn postgres() {
                    $crate::engines::on_postgres(stringify!($name), $migrated, super::$name).await;
                }
            }
        )*
    };
}
pub(crate) use on_both_engines;

/// Runs `test` on a new file.
pub(crate) async fn on_sqlite<F: Future<Output = ()>>(migrated: bool, test: fn(TestLedger) -> F) {
    let folder = tempfile::tempdir().unwrap();
    let url = DatabaseUrl::Sqlite(folder.path().join("birdcall.db"));
    run(url, migrated, test).await;
}

/// Runs `test` on a new database, which is dropped whether the test passes or not.
pub(crate) async fn on_postgres<F: Future<Output = ()>>(
    name: &str,
    migrated: bool,
    test: fn(TestLedger) -> F,
) {
    static DATABASES: AtomicU32 = AtomicU32::new(0);

    let Some(server) = setting("BIRDCALL_TEST_POSTGRES") else {
        assert!(
            setting("BIRDCALL_TEST_NOTHING_SKIPPED").is_none(),
            "BIRDCALL_TEST_POSTGRES is not set and nothing may be skipped: {name}"
        );
        eprintln!("left out for want of PostgreSQL (BIRDCALL_TEST_POSTGRES): {name}");
        return;
    };
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    let database = format!("birdcall_test_{}_{number}", std::process::id());
    let mut url: url::Url = server.parse().expect("a postgres:// URL");
    url.set_path(&database);

    let mut admin = PgConnection::connect(&server).await.unwrap();
    let drop = format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)");
    // A process with our number may have been killed before it could drop its own.
    admin.execute(AssertSqlSafe(drop.clone())).await.unwrap();
    let create = format!("CREATE DATABASE {database}");
    admin.execute(AssertSqlSafe(create)).await.unwrap();
    let url = DatabaseUrl::Postgres(url.to_string().into());
    let ended = AssertUnwindSafe(run(url, migrated, test))
        .catch_unwind()
        .await;
    admin.execute(AssertSqlSafe(drop)).await.unwrap();
    if let Err(panic) = ended {
        resume_unwind(panic);
    }
}

async fn run<F: Future<Output = ()>>(url: DatabaseUrl, migrated: bool, test: fn(TestLedger) -> F) {
    let ledger = Ledger::open(&url.clone().into()).await.unwrap();
    if migrated {
        ledger.migrate().await.unwrap();
    }
    test(TestLedger::new(ledger, url)).await;
}

#[expect(
    clippy::disallowed_methods,
    reason = "which server tests may use is not a setting of Birdcall's"
)]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
