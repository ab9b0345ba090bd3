//! What an erasure leaves in the files of the database.

use std::time::Duration;

use birdcall_domain::{clock::Timestamp, erasing::Remains};
use sqlx::{Executor as _, Row as _, SqlitePool};

use crate::{
    Ledger, LedgerResult,
    transaction::{execute, fetch_optional},
};

/// How long emptying the log waits for those who read. New writers wait as long.
const WAITS_FOR_READERS: Duration = Duration::from_millis(250);

impl Ledger {
    /// Empties SQLite's write-ahead log, which may hold what erasures have deleted, and says what is left of them. It
    /// waits only a moment for those who read.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; a later call makes up for it.
    pub async fn clean_file(&self, now: Timestamp) -> LedgerResult<Remains> {
        let Self::Sqlite { writer, .. } = self else {
            self.note_clean(now, now).await?;
            return Ok(Remains::WithPostgres);
        };
        let sql = "SELECT MAX(rows_gone_at) FROM erasures WHERE file_clean_at IS NULL";
        let mut tx = self.read("erasures_in_file").await?;
        let last = fetch_optional!(tx, (Option<i64>,), sql)?.and_then(|(at,)| at);
        // The reader must not be in the way.
        drop(tx);
        if let Some(last) = last {
            if !empty_log(writer).await? {
                return Ok(Remains::InTheLog);
            }
            self.note_clean(Timestamp(last), now).await?;
        }
        let mut tx = self.read("file_history").await?;
        let sql = "SELECT has_left FROM file_history WHERE has_left = 1";
        let has_left = fetch_optional!(tx, (i64,), sql)?.is_some();
        Ok(match has_left {
            true => Remains::Copies,
            false => Remains::Nothing,
        })
    }

    async fn note_clean(&self, gone: Timestamp, now: Timestamp) -> LedgerResult<()> {
        let mut tx = self.write("note_clean").await?;
        let sql = "UPDATE erasures SET file_clean_at = $2 WHERE file_clean_at IS NULL AND rows_gone_at <= $1";
        execute!(tx, sql, gone.0, now.0)?;
        tx.commit().await
    }

    /// Whether the file still has to be cleaned after an erasure.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn has_unclean_file(&self) -> LedgerResult<bool> {
        let mut tx = self.read("has_unclean_file").await?;
        let sql = "SELECT rows_gone_at FROM erasures WHERE file_clean_at IS NULL AND rows_gone_at IS NOT NULL LIMIT 1";
        Ok(fetch_optional!(tx, (i64,), sql)?.is_some())
    }

    /// Writes SQLite's file again, without what an earlier version left in it. Nothing else is written meanwhile. On
    /// PostgreSQL, nothing happens.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`], as when the disk has no room for a second copy; the file is as it was.
    pub async fn rewrite_file(&self) -> LedgerResult<()> {
        let Self::Sqlite { writer, .. } = self else {
            return Ok(());
        };
        writer.acquire().await?.execute("VACUUM").await?;
        let mut tx = self.write("file_rewritten").await?;
        execute!(tx, "UPDATE file_history SET has_left = 0")?;
        tx.commit().await?;
        // What was in the log before is in no page of the file.
        empty_log(writer).await?;
        Ok(())
    }
}

/// Copies the log into the file, and cuts it to nothing. `false`: somebody reads what the log holds.
async fn empty_log(writer: &SqlitePool) -> LedgerResult<bool> {
    let mut connection = writer.acquire().await?;
    let waits = format!("PRAGMA busy_timeout = {}", WAITS_FOR_READERS.as_millis());
    connection.execute(sqlx::AssertSqlSafe(waits)).await?;
    let done = connection
        .fetch_one("PRAGMA wal_checkpoint(TRUNCATE)")
        .await;
    // The next connection has the usual timeout.
    let _ = connection.close().await;
    let busy: i64 = done?.try_get(0)?;
    Ok(busy == 0)
}
