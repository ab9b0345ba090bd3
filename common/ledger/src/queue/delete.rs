//! Deletes the jobs of rows that are gone.

use crate::{Dialect, LedgerResult, Tx, erased::list, transaction::execute};

/// Deletes the jobs of these rows, whatever has become of them. A worker that holds one of them finds no row.
pub(crate) async fn delete_jobs(tx: &mut Tx, ids: &[String]) -> LedgerResult<()> {
    let sql = match tx.dialect() {
        Dialect::Sqlite => {
            "DELETE FROM Jobs WHERE CAST(job AS TEXT) ->> 'id' IN (SELECT value FROM json_each($1))"
        }
        Dialect::Postgres => {
            "DELETE FROM apalis.jobs WHERE birdcall_job_subject(job) IN
                 (SELECT jsonb_array_elements_text(CAST($1 AS JSONB)))"
        }
    };
    execute!(tx, sql, list(ids))?;
    Ok(())
}
