//! Who spends the money of the service: the numbers with the most posts and replies.

use std::collections::HashMap;

use birdcall_domain::{clock::Timestamp, phone::Party, spend::Spender};

use super::sql;
use crate::{Ledger, LedgerResult, transaction::fetch_all};

/// Posts, and replies, that are counted: the newest ones.
const COUNTED_MAX: i64 = 10_000;

/// The numbers that spend most, the first one most.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Spenders {
    /// The numbers.
    pub rows: Vec<Spender>,
    /// How many numbers there are.
    pub total: u64,
    /// Since when all posts and replies are counted. It is later than what was asked for if there are more
    /// than 10,000 of either.
    pub since: Timestamp,
}

impl Ledger {
    /// The numbers with the most posts and the most segments of replies, of the texts that were received and
    /// the replies that were written since then. At most `limit` numbers are listed.
    ///
    /// # Errors
    ///
    /// See [`crate::LedgerError`].
    pub async fn spenders(&self, since: Timestamp, limit: usize) -> LedgerResult<Spenders> {
        let mut tx = self.read("spenders").await?;
        let posts = fetch_all!(
            tx,
            (String, i64, i64, i64),
            sql::POSTS_BY_NUMBER,
            since.0,
            COUNTED_MAX
        )?;
        let replies = fetch_all!(
            tx,
            (String, i64, i64, i64),
            sql::SEGMENTS_BY_NUMBER,
            since.0,
            COUNTED_MAX
        )?;
        let mut counted_since = since;
        for rows in [&posts, &replies] {
            let counted: i64 = rows.iter().map(|(_, rows, _, _)| rows).sum();
            let oldest = rows.iter().map(|(_, _, _, oldest)| *oldest).min();
            if let Some(oldest) = oldest.filter(|_| counted >= COUNTED_MAX) {
                counted_since = counted_since.max(Timestamp(oldest));
            }
        }
        let mut by_number: HashMap<String, (u64, u64)> = HashMap::new();
        for (phone, posts, _, _) in posts {
            by_number.entry(phone).or_default().0 = u64::try_from(posts).unwrap_or(0);
        }
        for (phone, _, segments, _) in replies {
            by_number.entry(phone).or_default().1 = u64::try_from(segments).unwrap_or(0);
        }
        let total = u64::try_from(by_number.len()).unwrap_or(u64::MAX);
        let mut rows: Vec<(String, (u64, u64))> = by_number.into_iter().collect();
        // A post costs more than a reply; the number decides between equals, so that the order is always the same.
        rows.sort_by(|(one, spent), (other, others)| others.cmp(spent).then(one.cmp(other)));
        rows.truncate(limit);
        let rows = rows.into_iter().map(|(phone, (posts, segments))| Spender {
            from: Party::read(&phone),
            posts,
            segments,
        });
        Ok(Spenders {
            rows: rows.collect(),
            total,
            since: counted_since,
        })
    }
}
