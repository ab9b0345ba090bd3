//! Accounts: the table, and the typed value that everybody else sees.

mod link;
mod list;
mod pair;
mod tokens;
mod unlink;
mod waiting;

use std::collections::HashMap;

use birdcall_domain::{
    account::{AccountState, Presented, RefreshToken, TokenStanding},
    clock::Timestamp,
    phone::Phone,
};
pub use link::Link;
pub use list::AccountFilter;
pub(crate) use list::list_sql;
pub use pair::{SealedPair, seal_context};
pub use tokens::RefreshLease;
pub(crate) use tokens::disconnect;
pub(crate) use unlink::{discard_unknown_to_x, end_texts};

use crate::{
    Dialect, Ledger, LedgerError, LedgerResult, Tx,
    stored::{count, known, moment},
    transaction::{fetch_all, fetch_optional},
};

/// A linked number. Its tokens are sealed.
#[derive(Clone)]
pub struct Account {
    /// Random; it is what jobs carry.
    pub id: String,
    /// The number.
    pub phone: Phone,
    /// Whether posts can be made.
    pub state: AccountState,
    /// X's id of the account; empty until X tells.
    pub x_user_id: String,
    /// The handle without `@`; empty until X tells.
    pub x_handle: String,
    /// What X granted, separated by spaces.
    pub scopes: String,
    /// Sealed.
    pub access_token: String,
    /// When the access token expires.
    pub access_expires_at: Timestamp,
    /// Sealed; empty when X gave none.
    pub refresh_token: String,
    /// Since when the last use of the refresh token is unaccounted for, if it is.
    pub refresh_doubted_at: Option<Timestamp>,
    /// Counts the pairs.
    pub token_version: i64,
    /// The claim under which the refresh token was presented.
    pub refresh_lease_owner: Option<String>,
    /// The end of that claim.
    pub refresh_lease_until: Option<Timestamp>,
    /// When the pair is refreshed ahead of its expiry.
    pub refresh_due_at: Option<Timestamp>,
    /// Refreshes in a row that brought neither a new pair nor a refusal.
    pub refresh_failures: u32,
    /// When the number was linked.
    pub linked_at: Timestamp,
    /// When the number last texted.
    pub last_text_at: Timestamp,
}

impl Account {
    /// What decides the way to an access token.
    #[must_use]
    pub fn tokens(&self) -> TokenStanding {
        TokenStanding {
            state: self.state,
            access_expires_at: self.access_expires_at,
            version: self.token_version,
            refresh_token: if self.refresh_token.is_empty() {
                RefreshToken::Missing
            } else if self.refresh_doubted_at.is_some() {
                RefreshToken::InDoubt
            } else {
                RefreshToken::Good
            },
            leased_until: self
                .refresh_lease_owner
                .as_ref()
                .map(|_| self.refresh_lease_until.unwrap_or_default()),
            refresh_due_at: self.refresh_due_at,
        }
    }

    /// What decides what becomes of the refresh token once it is presented.
    #[must_use]
    pub fn presented(&self) -> Presented {
        Presented {
            failures: self.refresh_failures,
            access_expires_at: self.access_expires_at,
        }
    }
}

/// A row of `accounts`.
#[derive(sqlx::FromRow)]
struct AccountRecord {
    id: String,
    phone: String,
    state: String,
    x_user_id: String,
    x_handle: String,
    scopes: String,
    access_token: String,
    access_expires_at: i64,
    refresh_token: String,
    refresh_doubted_at: Option<i64>,
    token_version: i64,
    refresh_lease_owner: Option<String>,
    refresh_lease_until: Option<i64>,
    refresh_due_at: Option<i64>,
    refresh_failures: i64,
    linked_at: i64,
    last_text_at: i64,
}

impl TryFrom<AccountRecord> for Account {
    type Error = LedgerError;

    fn try_from(row: AccountRecord) -> LedgerResult<Self> {
        Ok(Self {
            phone: known("accounts.phone", &row.phone, |phone| phone.parse().ok())?,
            state: known("accounts.state", &row.state, AccountState::parse)?,
            id: row.id,
            x_user_id: row.x_user_id,
            x_handle: row.x_handle,
            scopes: row.scopes,
            access_token: row.access_token,
            access_expires_at: Timestamp(row.access_expires_at),
            refresh_token: row.refresh_token,
            refresh_doubted_at: moment(row.refresh_doubted_at),
            token_version: row.token_version,
            refresh_lease_owner: row.refresh_lease_owner,
            refresh_lease_until: moment(row.refresh_lease_until),
            refresh_due_at: moment(row.refresh_due_at),
            refresh_failures: count(row.refresh_failures),
            linked_at: Timestamp(row.linked_at),
            last_text_at: Timestamp(row.last_text_at),
        })
    }
}

impl Ledger {
    /// The account of a number.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn account_of(&self, phone: &Phone) -> LedgerResult<Option<Account>> {
        let mut tx = self.read("account_of").await?;
        let sql = "SELECT * FROM accounts WHERE phone = $1";
        let row = fetch_optional!(tx, AccountRecord, sql, phone.as_str())?;
        row.map(Account::try_from).transpose()
    }

    /// The account with this id.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn account(&self, id: &str) -> LedgerResult<Option<Account>> {
        let mut tx = self.read("account").await?;
        let sql = "SELECT * FROM accounts WHERE id = $1";
        let row = fetch_optional!(tx, AccountRecord, sql, id)?;
        row.map(Account::try_from).transpose()
    }

    /// The first accounts, by number.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn first_accounts(&self, limit: i64) -> LedgerResult<Vec<Account>> {
        let mut tx = self.read("first_accounts").await?;
        let sql = "SELECT * FROM accounts ORDER BY phone LIMIT $1";
        let rows = fetch_all!(tx, AccountRecord, sql, limit)?;
        rows.into_iter().map(Account::try_from).collect()
    }

    /// The X handles of those of the phones that are linked; empty while X has not told.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn handles(&self, phones: &[&Phone]) -> LedgerResult<HashMap<Phone, String>> {
        let mut tx = self.read("handles").await?;
        let sql = match tx.dialect() {
            Dialect::Sqlite => {
                "SELECT phone, x_handle FROM accounts WHERE phone IN (SELECT value FROM json_each($1))"
            }
            Dialect::Postgres => {
                "SELECT phone, x_handle FROM accounts
                 WHERE phone IN (SELECT jsonb_array_elements_text(CAST($1 AS JSONB)))"
            }
        };
        let phones: Vec<&str> = phones.iter().map(|phone| phone.as_str()).collect();
        let phones = serde_json::Value::from(phones).to_string();
        let rows = fetch_all!(tx, (String, String), sql, &phones)?;
        let handles = rows.into_iter();
        handles
            .map(|(phone, handle)| {
                let phone = known("accounts.phone", &phone, |phone| phone.parse().ok())?;
                Ok((phone, handle))
            })
            .collect()
    }

    /// Every account, by number.
    ///
    /// # Errors
    ///
    /// See [`LedgerError`].
    pub async fn accounts(&self) -> LedgerResult<Vec<Account>> {
        let mut tx = self.read("accounts").await?;
        let rows = fetch_all!(tx, AccountRecord, "SELECT * FROM accounts ORDER BY phone")?;
        rows.into_iter().map(Account::try_from).collect()
    }
}

/// The state of a number's account, if it has one.
pub(crate) async fn state_of(tx: &mut Tx, phone: &Phone) -> LedgerResult<Option<AccountState>> {
    let sql = "SELECT state FROM accounts WHERE phone = $1";
    let row = fetch_optional!(tx, (String,), sql, phone.as_str())?;
    row.map(|(word,)| known("accounts.state", &word, AccountState::parse))
        .transpose()
}

/// Whether posts can be made for a number.
pub(crate) async fn is_active(tx: &mut Tx, phone: &Phone) -> LedgerResult<bool> {
    Ok(state_of(tx, phone).await? == Some(AccountState::Active))
}
