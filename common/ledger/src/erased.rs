//! What is remembered of numbers that were erased: keyed hashes, which name nobody to a reader of the database. They
//! keep a late text or a repeated webhook from bringing back what was erased.

use std::{fmt, sync::Arc, time::Duration};

use birdcall_domain::{clock::Timestamp, phone::Phone};

use crate::{
    Dialect, Ledger, LedgerResult, Tx,
    authorizations::secret_hash,
    transaction::{execute, fetch_all, fetch_optional},
};

/// Twilio's clock and ours may differ by this much.
const CLOCKS_DIFFER: Duration = Duration::from_secs(300);
/// The number of hashes that one transaction forgets.
const FORGOTTEN_AT_ONCE: i64 = 1000;

/// Makes the marks under which an erased number is remembered, one for each key of `SECRET_KEY`. Without a key,
/// nobody can tell whose mark it is.
#[derive(Clone, Default)]
pub struct Marks(Option<Arc<Make>>);

type Make = dyn Fn(&Phone) -> Vec<String> + Send + Sync;

impl Marks {
    /// Marks that are made by `make`.
    pub fn new(make: impl Fn(&Phone) -> Vec<String> + Send + Sync + 'static) -> Self {
        Self(Some(Arc::new(make)))
    }

    fn of(&self, phone: &Phone) -> Vec<String> {
        self.0.as_ref().map(|make| make(phone)).unwrap_or_default()
    }
}

impl fmt::Debug for Marks {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Marks")
    }
}

/// SQL for the values of the list `$1`.
pub(crate) fn these(dialect: Dialect) -> &'static str {
    match dialect {
        Dialect::Sqlite => "SELECT value FROM json_each($1)",
        Dialect::Postgres => "SELECT jsonb_array_elements_text(CAST($1 AS JSONB))",
    }
}

/// A list that a statement takes as one value.
pub(crate) fn list<T: AsRef<str>>(values: &[T]) -> String {
    let values: Vec<&str> = values.iter().map(AsRef::as_ref).collect();
    serde_json::Value::from(values).to_string()
}

/// Remembers the ids of what is erased.
pub(crate) async fn remember(tx: &mut Tx, ids: &[String], now: Timestamp) -> LedgerResult<()> {
    let hashes: Vec<String> = ids.iter().map(|id| secret_hash(id)).collect();
    let sql = match tx.dialect() {
        Dialect::Sqlite => {
            "INSERT INTO erased_ids (hash, erased_at) SELECT value, $2 FROM json_each($1) WHERE TRUE
             ON CONFLICT (hash) DO NOTHING"
        }
        Dialect::Postgres => {
            "INSERT INTO erased_ids (hash, erased_at)
             SELECT jsonb_array_elements_text(CAST($1 AS JSONB)), $2 ON CONFLICT (hash) DO NOTHING"
        }
    };
    execute!(tx, sql, list(&hashes), now.0)?;
    Ok(())
}

/// Whether something with this id was erased.
pub(crate) async fn is_erased(tx: &mut Tx, id: &str) -> LedgerResult<bool> {
    let sql = "SELECT erased_at FROM erased_ids WHERE hash = $1";
    Ok(fetch_optional!(tx, (i64,), sql, secret_hash(id))?.is_some())
}

/// Those of the ids that were erased.
pub(crate) async fn erased_of(tx: &mut Tx, ids: &[&str]) -> LedgerResult<Vec<String>> {
    let hashes: Vec<String> = ids.iter().map(|id| secret_hash(id)).collect();
    let sql = match tx.dialect() {
        Dialect::Sqlite => {
            "SELECT hash FROM erased_ids WHERE hash IN (SELECT value FROM json_each($1))"
        }
        Dialect::Postgres => {
            "SELECT hash FROM erased_ids
             WHERE hash IN (SELECT jsonb_array_elements_text(CAST($1 AS JSONB)))"
        }
    };
    let found = fetch_all!(tx, (String,), sql, list(&hashes))?;
    let erased = ids.iter().zip(&hashes);
    let erased = erased.filter(|(_, hash)| found.iter().any(|(found,)| found == *hash));
    Ok(erased.map(|(id, _)| (*id).to_owned()).collect())
}

/// Whether the data of a number was erased after a text of this moment was texted.
pub(crate) async fn was_erased_since(
    tx: &mut Tx,
    marks: &Marks,
    phone: &Phone,
    texted_at: Timestamp,
) -> LedgerResult<bool> {
    for mark in marks.of(phone) {
        let sql = "SELECT begun_at FROM erasures WHERE mark = $1 AND begun_at >= $2 LIMIT 1";
        let since = (texted_at - CLOCKS_DIFFER).0;
        if fetch_optional!(tx, (i64,), sql, mark, since)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Ledger {
    /// Forgets what is remembered of numbers that were erased before `before`, some at a time. From then on, no text
    /// of that time is taken for missed, from any number: the erased number cannot be recognised any more.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; the next time makes up for it.
    pub async fn forget_erasures(&self, before: Timestamp) -> LedgerResult<u64> {
        let mut tx = self.read("old_erasures").await?;
        let sql =
            "SELECT MAX(begun_at) FROM erasures WHERE begun_at < $1 AND rows_gone_at IS NOT NULL
             AND file_clean_at IS NOT NULL";
        let last = fetch_optional!(tx, (Option<i64>,), sql, before.0)?.and_then(|(at,)| at);
        drop(tx);
        if let Some(last) = last {
            self.note_removal(Timestamp(last)).await?;
            let mut tx = self.write("forget_erasures").await?;
            let sql = "DELETE FROM erasures WHERE begun_at <= $1 AND rows_gone_at IS NOT NULL
                 AND file_clean_at IS NOT NULL";
            execute!(tx, sql, last)?;
            tx.commit().await?;
        }
        let mut tx = self.write("forget_erased_ids").await?;
        let sql = "DELETE FROM erased_ids WHERE hash IN
             (SELECT hash FROM erased_ids WHERE erased_at < $1 ORDER BY erased_at LIMIT $2)";
        let forgotten = execute!(tx, sql, before.0, FORGOTTEN_AT_ONCE)?;
        tx.commit().await?;
        Ok(forgotten)
    }
}
