//! Runs a test on SQLite and on PostgreSQL, each time with a new database.

use std::{
    panic::{AssertUnwindSafe, resume_unwind},
    sync::atomic::{AtomicU32, Ordering},
};

use futures_util::FutureExt as _;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};
use tempfile::TempDir;

/// Makes two tests of each function that takes a `DATABASE_URL`: `name::sqlite` and
/// `name::postgres`.
macro_rules! on_both_engines {
    ($($name:ident),* $(,)?) => {
        $(
            mod $name {
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn sqlite() {
                    $crate::engines::on_sqlite(super::$name).await;
                }

                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn postgres() {
                    $crate::engines::on_postgres(stringify!($name), super::$name).await;
                }
            }
        )*
    };
}
pub(crate) use on_both_engines;

/// The URL of a SQLite file that does not exist yet, and the folder that will contain it.
pub(crate) fn new_sqlite() -> (TempDir, String) {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("birdcall.db");
    let url = format!("sqlite://{}", file.display());
    (folder, url)
}

/// Runs `test` on a new SQLite file.
pub(crate) async fn on_sqlite<F: Future<Output = ()>>(test: fn(String) -> F) {
    let (_folder, url) = new_sqlite();
    test(url).await;
}

/// Runs `test` on a new database, and drops the database even if the test fails.
pub(crate) async fn on_postgres<F: Future<Output = ()>>(name: &str, test: fn(String) -> F) {
    static DATABASES: AtomicU32 = AtomicU32::new(0);

    let Some(server) = setting("BIRDCALL_TEST_POSTGRES") else {
        assert!(
            setting("BIRDCALL_TEST_NOTHING_SKIPPED").is_none(),
            "BIRDCALL_TEST_POSTGRES is not set, and no test may be skipped: {name}"
        );
        eprintln!("left out, because BIRDCALL_TEST_POSTGRES is not set: {name}");
        return;
    };
    let number = DATABASES.fetch_add(1, Ordering::Relaxed);
    let database = format!("birdcall_processes_{}_{number}", std::process::id());
    let mut url: url::Url = server.parse().expect("a postgres:// URL");
    url.set_path(&database);

    let mut admin = PgConnection::connect(&server).await.expect("PostgreSQL");
    let drop = format!("DROP DATABASE IF EXISTS {database} WITH (FORCE)");
    // An earlier process with the same number may have been killed before it dropped its database.
    let dropped = admin.execute(AssertSqlSafe(drop.clone())).await;
    dropped.expect("no database of that name");
    let create = format!("CREATE DATABASE {database}");
    let created = admin.execute(AssertSqlSafe(create)).await;
    created.expect("a new database");
    let ended = AssertUnwindSafe(test(url.to_string())).catch_unwind().await;
    let dropped = admin.execute(AssertSqlSafe(drop)).await;
    if let Err(panic) = ended {
        resume_unwind(panic);
    }
    dropped.expect("the database is dropped");
}

#[expect(
    clippy::disallowed_methods,
    reason = "what tests may use is not a setting of Birdcall"
)]
fn setting(name: &str) -> Option<String> {
    std::env::var(name).ok().filter(|value| !value.is_empty())
}
