//! Bringing the schema up, and telling whose it is.

use birdcall_ledger::{
    Ledger,
    database::DatabaseUrl,
    schema::{SchemaError, SchemaState},
};

use crate::{engines::on_both_engines, ledger::TestLedger, values::ALICE};

on_both_engines!(
    empty:
    an_empty_database_has_no_schema_until_it_is_migrated,
    migrating_twice_changes_nothing,
    two_processes_may_migrate_an_empty_database_at_once,
    a_schema_that_lacks_the_newest_migration_is_behind,
    a_newer_schema_is_left_alone,
    another_programs_database_is_left_alone,
    a_migration_that_was_changed_is_reported,
);

impl TestLedger {
    /// Every table with its columns, and on SQLite its indexes, in words.
    async fn tables(&self) -> Vec<String> {
        let sql = match self.ledger {
            Ledger::Sqlite { .. } => {
                "SELECT type || ' ' || name || ' ' || COALESCE(sql, '') FROM sqlite_master ORDER BY 1"
            }
            Ledger::Postgres { .. } => {
                "SELECT table_schema || '.' || table_name || '.' || column_name FROM information_schema.columns
                 WHERE table_schema NOT IN ('pg_catalog', 'information_schema') ORDER BY 1"
            }
        };
        self.words(sql).await
    }

    async fn add_migration(&self, version: i64) {
        let checksum = match self.ledger {
            Ledger::Sqlite { .. } => "x'00'",
            Ledger::Postgres { .. } => r"'\x00'",
        };
        self.run(&format!(
            "INSERT INTO birdcall_migrations (version, description, success, checksum, execution_time)
             VALUES ({version}, 'from the future', TRUE, {checksum}, 0)"
        ))
        .await;
    }
}

async fn an_empty_database_has_no_schema_until_it_is_migrated(ledger: TestLedger) {
    assert_eq!(ledger.schema_state().await.unwrap(), SchemaState::Absent);
    ledger.migrate().await.unwrap();
    assert_eq!(ledger.schema_state().await.unwrap(), SchemaState::Current);
    let other = ledger.another().await;
    assert_eq!(other.schema_state().await.unwrap(), SchemaState::Current);
}

async fn migrating_twice_changes_nothing(ledger: TestLedger) {
    ledger.migrate().await.unwrap();
    ledger.post(1, ALICE).await;
    let tables = ledger.tables().await;
    ledger.migrate().await.unwrap();
    ledger.another().await.migrate().await.unwrap();
    assert_eq!(ledger.tables().await, tables);
    assert_eq!(ledger.standing(1).await, "received");
}

async fn two_processes_may_migrate_an_empty_database_at_once(ledger: TestLedger) {
    let other = ledger.another().await;
    let (one, two) = tokio::join!(ledger.migrate(), other.migrate());
    one.unwrap();
    two.unwrap();
    let state = ledger.schema_state().await.unwrap();
    assert_eq!(state, SchemaState::Current);
    ledger.post(1, ALICE).await;
}

async fn a_schema_that_lacks_the_newest_migration_is_behind(ledger: TestLedger) {
    ledger.migrate().await.unwrap();
    ledger.run("DELETE FROM birdcall_migrations WHERE version = (SELECT MAX(version) FROM birdcall_migrations)").await;
    let state = ledger.schema_state().await.unwrap();
    assert_eq!(state, SchemaState::Behind);
}

async fn a_newer_schema_is_left_alone(ledger: TestLedger) {
    ledger.migrate().await.unwrap();
    let known = ledger
        .number("SELECT MAX(version) FROM birdcall_migrations")
        .await;
    ledger.add_migration(known + 1).await;
    let tables = ledger.tables().await;
    match ledger.schema_state().await {
        Err(SchemaError::Newer { found, known: ours }) => {
            assert_eq!((found, ours), (known + 1, known));
        }
        other => panic!("{other:?}"),
    }
    // Programs ask first. One that does not ask changes nothing.
    let _ = ledger.migrate().await;
    assert_eq!(ledger.tables().await, tables);
}

async fn another_programs_database_is_left_alone(ledger: TestLedger) {
    ledger
        .run("CREATE TABLE texts (id BIGINT NOT NULL, title TEXT); INSERT INTO texts VALUES (1, 'Ulysses')")
        .await;
    let tables = ledger.tables().await;
    match ledger.migrate().await {
        Err(error @ SchemaError::Foreign(_)) => {
            let words = error.to_string();
            assert!(words.contains("not Birdcall's"), "{words}");
            assert!(words.contains("DATABASE_URL"), "{words}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(ledger.words("SELECT title FROM texts").await, ["Ulysses"]);
    assert_eq!(ledger.tables().await, tables);
}

async fn a_migration_that_was_changed_is_reported(ledger: TestLedger) {
    ledger.migrate().await.unwrap();
    let zero = match &*ledger {
        Ledger::Sqlite { .. } => "x'00'",
        Ledger::Postgres { .. } => r"'\x00'",
    };
    ledger
        .run(&format!("UPDATE birdcall_migrations SET checksum = {zero}"))
        .await;
    let migrated = ledger.migrate().await;
    assert!(
        matches!(migrated, Err(SchemaError::Foreign(_))),
        "{migrated:?}"
    );
}

#[tokio::test]
async fn a_file_that_is_not_a_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("diary.txt");
    let diary = "Dear diary, today I gave my phone number to a bird. ".repeat(100);
    std::fs::write(&path, &diary).unwrap();
    let told = match Ledger::open(&DatabaseUrl::Sqlite(path.clone()).into()).await {
        Err(error) => error.to_string(),
        Ok(ledger) => ledger.migrate().await.unwrap_err().to_string(),
    };
    assert!(told.contains("not a database"), "{told}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), diary);
    let files = std::fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 1, "nothing lies beside it");
}

#[tokio::test]
async fn a_database_file_is_made_with_its_folder() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("not/there/yet/birdcall.db");
    let ledger = Ledger::open(&DatabaseUrl::Sqlite(path.clone()).into())
        .await
        .unwrap();
    ledger.migrate().await.unwrap();
    ledger.close().await;
    assert!(path.exists());
}
