//! Lists linked numbers, however many there are.

use birdcall_domain::{account::AccountState, clock::Timestamp, phone::Phone};
use sqlx::AssertSqlSafe;

use super::{Account, AccountRecord};
use crate::{Ledger, LedgerResult, transaction::fetch_all};

/// Which accounts to list.
#[derive(Clone, Debug, Default)]
pub struct AccountFilter {
    /// Of this phone only.
    pub phone: Option<Phone>,
    /// With this handle only, in any case and without `@`.
    pub handle: Option<String>,
    /// In this state only.
    pub state: Option<AccountState>,
    /// Only those that come after this one in the list: when it was linked, and its id.
    pub before: Option<(Timestamp, String)>,
    /// At most this many.
    pub limit: i64,
}

/// What [`Ledger::accounts_where`] runs: the latest `$5` accounts that meet the filter. A condition that is not asked
/// for keeps its parameter.
pub(crate) fn list_sql(filter: &AccountFilter) -> String {
    let phone = match filter.phone {
        Some(_) => "phone = $1",
        None => "CAST($1 AS TEXT) IS NULL",
    };
    let handle = match filter.handle {
        Some(_) => "LOWER(x_handle) = LOWER($2)",
        None => "CAST($2 AS TEXT) IS NULL",
    };
    let state = match filter.state {
        Some(state) => format!("AND state = '{state}'"),
        None => String::new(),
    };
    let before = match filter.before {
        Some(_) => "linked_at <= $3 AND (linked_at < $3 OR id < $4)",
        None => "CAST($3 AS BIGINT) IS NULL AND CAST($4 AS TEXT) IS NULL",
    };
    format!(
        "SELECT * FROM accounts WHERE {phone} AND {handle} {state} AND {before}
         ORDER BY linked_at DESC, id DESC LIMIT $5"
    )
}

impl Ledger {
    /// Accounts, the latest first.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn accounts_where(&self, filter: &AccountFilter) -> LedgerResult<Vec<Account>> {
        let mut tx = self.read("accounts_where").await?;
        let rows = fetch_all!(
            tx,
            AccountRecord,
            AssertSqlSafe(list_sql(filter)),
            filter.phone.as_ref().map(Phone::as_str),
            filter.handle.as_deref(),
            filter.before.as_ref().map(|(at, _)| at.0),
            filter.before.as_ref().map(|(_, id)| id.as_str()),
            filter.limit,
        )?;
        rows.into_iter().map(Account::try_from).collect()
    }
}
