//! Lists the people who may sign up, the latest first.

use std::collections::HashMap;

use birdcall_domain::{clock::Timestamp, phone::Phone};

use super::{Person, PersonRecord};
use crate::{
    Dialect, Ledger, LedgerResult,
    stored::known,
    totals::Total,
    transaction::{fetch_all, fetch_optional},
};

/// People are counted up to this many, which takes some milliseconds.
const COUNT_UP_TO: i64 = 10_000;

/// What belongs to each of the people `listed`.
macro_rules! with_all {
    ($listed:literal) => {
        concat!(
            "SELECT listed.id, listed.phone, listed.note, listed.allowed_at, listed.allowed_by, listed.invited_at,
                 listed.invited_by, listed.stopped_at, replies.state AS invitation_state,
                 deliveries.status AS delivery,
                 CAST(CASE WHEN accounts.phone IS NULL THEN 0 ELSE 1 END AS BIGINT) AS is_linked,
                 CAST(CASE WHEN blocked_numbers.phone IS NULL THEN 0 ELSE 1 END AS BIGINT) AS is_blocked
             FROM (",
            $listed,
            ") AS listed
             LEFT JOIN replies ON replies.id = listed.invitation
             LEFT JOIN deliveries ON deliveries.twilio_sid = replies.twilio_sid
             LEFT JOIN accounts ON accounts.phone = listed.phone
             LEFT JOIN blocked_numbers ON blocked_numbers.phone = listed.phone
             ORDER BY listed.allowed_at DESC, listed.id DESC"
        )
    };
}

/// What [`Ledger::people`] runs.
pub(crate) const LIST: &str = with_all!(
    "SELECT * FROM people WHERE allowed_at IS NOT NULL AND (allowed_at, id) < ($1, $2)
     ORDER BY allowed_at DESC, id DESC LIMIT $3"
);

/// What [`Ledger::people_total`] runs.
pub(crate) const TOTAL: &str =
    "SELECT COUNT(*) FROM (SELECT 1 FROM people WHERE allowed_at IS NOT NULL LIMIT $1) AS counted";

const WITH_ID: &str = with_all!("SELECT * FROM people WHERE id = $1 AND allowed_at IS NOT NULL");

const WITH_PHONE: &str =
    with_all!("SELECT * FROM people WHERE phone = $1 AND allowed_at IS NOT NULL");

/// A person's place in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Since when the number may sign up.
    pub allowed_at: Timestamp,
    /// The person's id.
    pub id: String,
}

/// What the ledger knows of a number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// Whether it is linked.
    pub is_linked: bool,
    /// Whether an operator has blocked it.
    pub is_blocked: bool,
}

/// Which people to list.
#[derive(Clone, Debug)]
pub struct PeopleFilter {
    /// Those behind this place only.
    pub behind: Option<Place>,
    /// At most this many.
    pub limit: i64,
}

impl Ledger {
    /// The people whom operators allowed to sign up, the latest first.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn people(&self, filter: &PeopleFilter) -> LedgerResult<Vec<Person>> {
        let mut tx = self.read("people").await?;
        let (at, id) = match &filter.behind {
            Some(place) => (place.allowed_at.0, place.id.as_str()),
            None => (i64::MAX, ""),
        };
        let rows = fetch_all!(tx, PersonRecord, LIST, at, id, filter.limit)?;
        rows.into_iter().map(Person::try_from).collect()
    }

    /// How many people operators allowed to sign up.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn people_total(&self) -> LedgerResult<Total> {
        let mut tx = self.read("people_total").await?;
        let (count,) = fetch_optional!(tx, (i64,), TOTAL, COUNT_UP_TO)?.unwrap_or_default();
        Ok(Total::new(count, count < COUNT_UP_TO))
    }

    /// What the ledger knows of each of these numbers, asked for at once.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn standings(&self, phones: &[Phone]) -> LedgerResult<HashMap<Phone, Standing>> {
        let mut tx = self.read("standings").await?;
        let sql = match tx.dialect() {
            Dialect::Sqlite => {
                "SELECT value, EXISTS (SELECT 1 FROM accounts WHERE phone = value),
                     EXISTS (SELECT 1 FROM blocked_numbers WHERE phone = value) FROM json_each($1)"
            }
            Dialect::Postgres => {
                "SELECT value, EXISTS (SELECT 1 FROM accounts WHERE phone = value),
                     EXISTS (SELECT 1 FROM blocked_numbers WHERE phone = value)
                 FROM jsonb_array_elements_text(CAST($1 AS JSONB)) AS numbers (value)"
            }
        };
        let phones: Vec<&str> = phones.iter().map(Phone::as_str).collect();
        let phones = serde_json::Value::from(phones).to_string();
        let rows = fetch_all!(tx, (String, bool, bool), sql, &phones)?;
        rows.into_iter()
            .map(|(phone, is_linked, is_blocked)| {
                let phone = known("the numbers", &phone, |phone| phone.parse().ok())?;
                let standing = Standing {
                    is_linked,
                    is_blocked,
                };
                Ok((phone, standing))
            })
            .collect()
    }

    /// The person with this id, if the number is on the list.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn person(&self, id: &str) -> LedgerResult<Option<Person>> {
        let mut tx = self.read("person").await?;
        let row = fetch_optional!(tx, PersonRecord, WITH_ID, id)?;
        row.map(Person::try_from).transpose()
    }

    /// The person with this number, if it is on the list.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn person_of(&self, phone: &Phone) -> LedgerResult<Option<Person>> {
        let mut tx = self.read("person_of").await?;
        let row = fetch_optional!(tx, PersonRecord, WITH_PHONE, phone.as_str())?;
        row.map(Person::try_from).transpose()
    }
}
