//! The operators of the console. Whatever changes an operator ends the operator's sessions.

use birdcall_domain::{
    clock::Timestamp,
    operator::{OperatorName, Role, next_try},
};

use crate::{
    Ledger, LedgerResult, Tx,
    audit::{self, By},
    stored::{count, known},
    transaction::{execute, fetch_all, fetch_optional},
};

/// An operator who has a row.
#[derive(Clone, Debug)]
pub struct StoredOperator {
    /// The name to sign in with.
    pub name: String,
    /// What the operator may do.
    pub role: Role,
    /// An argon2id hash, as a PHC string.
    pub password_hash: String,
    /// Random; sessions with another one have ended.
    pub stamp: String,
    /// When the operator was added.
    pub created_at: Timestamp,
}

/// A row of `operators`.
#[derive(sqlx::FromRow)]
struct OperatorRecord {
    name: String,
    role: String,
    password_hash: String,
    stamp: String,
    created_at: i64,
}

impl OperatorRecord {
    fn read(self) -> LedgerResult<StoredOperator> {
        Ok(StoredOperator {
            role: known("operators.role", &self.role, Role::parse)?,
            name: self.name,
            password_hash: self.password_hash,
            stamp: self.stamp,
            created_at: Timestamp(self.created_at),
        })
    }
}

/// What an operator signs in with, from now on.
#[derive(Clone, Copy, Debug)]
pub struct Credentials<'a> {
    /// An argon2id hash, as a PHC string.
    pub password_hash: &'a str,
    /// Random.
    pub stamp: &'a str,
}

impl Ledger {
    /// The operators, by name.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn operators(&self) -> LedgerResult<Vec<StoredOperator>> {
        let mut tx = self.read("operators").await?;
        let sql = "SELECT * FROM operators ORDER BY name";
        let rows = fetch_all!(tx, OperatorRecord, sql)?;
        rows.into_iter().map(OperatorRecord::read).collect()
    }

    /// Whether there is any.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn has_operators(&self) -> LedgerResult<bool> {
        let mut tx = self.read("has_operators").await?;
        let sql = "SELECT name FROM operators LIMIT 1";
        Ok(fetch_optional!(tx, (String,), sql)?.is_some())
    }

    /// One operator.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn operator(&self, name: &str) -> LedgerResult<Option<StoredOperator>> {
        let mut tx = self.read("operator").await?;
        let sql = "SELECT * FROM operators WHERE name = $1";
        let row = fetch_optional!(tx, OperatorRecord, sql, name)?;
        row.map(OperatorRecord::read).transpose()
    }

    /// Adds an operator. False: the name is taken.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn add_operator(
        &self,
        name: &OperatorName,
        role: Role,
        credentials: Credentials<'_>,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<bool> {
        let mut tx = self.write("add_operator").await?;
        let added = execute!(
            tx,
            "INSERT INTO operators (name, role, password_hash, stamp, created_at) VALUES ($1, $2, $3, $4, $5)
             ON CONFLICT (name) DO NOTHING",
            name.as_str(),
            role.as_str(),
            credentials.password_hash,
            credentials.stamp,
            now.0,
        )?;
        if added == 0 {
            return Ok(false);
        }
        let detail = format!("role {role}");
        audit::record_by(&mut tx, by, "operators add", name.as_str(), &detail, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Gives an operator another role. False: there is no such operator, or that is the role.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn set_role(
        &self,
        name: &OperatorName,
        role: Role,
        stamp: &str,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<bool> {
        let mut tx = self.write("set_role").await?;
        let changed = execute!(
            tx,
            "UPDATE operators SET role = $2, stamp = $3 WHERE name = $1 AND role <> $2",
            name.as_str(),
            role.as_str(),
            stamp,
        )?;
        if changed == 0 {
            return Ok(false);
        }
        end_sessions(&mut tx, name.as_str()).await?;
        let detail = format!("role {role}");
        audit::record_by(&mut tx, by, "operators role", name.as_str(), &detail, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Gives an operator another password. False: there is no such operator.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn set_password(
        &self,
        name: &OperatorName,
        credentials: Credentials<'_>,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<bool> {
        let mut tx = self.write("set_password").await?;
        let changed = execute!(
            tx,
            "UPDATE operators SET password_hash = $2, stamp = $3 WHERE name = $1",
            name.as_str(),
            credentials.password_hash,
            credentials.stamp,
        )?;
        if changed == 0 {
            return Ok(false);
        }
        end_sessions(&mut tx, name.as_str()).await?;
        execute!(
            tx,
            "DELETE FROM operator_tries WHERE name = $1",
            name.as_str()
        )?;
        audit::record_by(&mut tx, by, "operators password", name.as_str(), "", now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Removes an operator. False: there is none of this name.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`]; nothing was changed.
    pub async fn remove_operator(
        &self,
        name: &OperatorName,
        by: By<'_>,
        now: Timestamp,
    ) -> LedgerResult<bool> {
        let mut tx = self.write("remove_operator").await?;
        let sql = "DELETE FROM operators WHERE name = $1";
        if execute!(tx, sql, name.as_str())? == 0 {
            return Ok(false);
        }
        end_sessions(&mut tx, name.as_str()).await?;
        execute!(
            tx,
            "DELETE FROM operator_tries WHERE name = $1",
            name.as_str()
        )?;
        audit::record_by(&mut tx, by, "operators remove", name.as_str(), "", now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Takes one try to sign in under this name. `Err` is the moment from which the next one is
    /// looked at. A try that is taken counts as wrong until [`Ledger::begin_session`], so that many
    /// at the same time are throttled as well.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn take_try(
        &self,
        name: &str,
        now: Timestamp,
    ) -> LedgerResult<Result<(), Timestamp>> {
        let mut tx = self.write("take_try").await?;
        execute!(
            tx,
            "INSERT INTO operator_tries (name, wrong, next_at) VALUES ($1, 0, 0) ON CONFLICT (name) DO NOTHING",
            name,
        )?;
        // The write is the lock: of two tries at one moment, the second reads what the first wrote.
        execute!(
            tx,
            "UPDATE operator_tries SET wrong = wrong WHERE name = $1",
            name
        )?;
        let sql = "SELECT wrong, next_at FROM operator_tries WHERE name = $1";
        let (wrong, next_at) = fetch_optional!(tx, (i64, i64), sql, name)?.unwrap_or_default();
        if Timestamp(next_at) > now {
            return Ok(Err(Timestamp(next_at)));
        }
        let wrong = count(wrong).saturating_add(1);
        execute!(
            tx,
            "UPDATE operator_tries SET wrong = $2, next_at = $3 WHERE name = $1",
            name,
            i64::from(wrong),
            next_try(wrong, now).0,
        )?;
        tx.commit().await?;
        Ok(Ok(()))
    }
}

/// Signs an operator out everywhere.
pub(crate) async fn end_sessions(tx: &mut Tx, name: &str) -> LedgerResult<u64> {
    execute!(
        tx,
        "DELETE FROM operator_reveals WHERE token_hash IN (SELECT token_hash FROM operator_sessions WHERE operator = $1)",
        name,
    )?;
    Ok(execute!(
        tx,
        "DELETE FROM operator_sessions WHERE operator = $1",
        name
    )?)
}
