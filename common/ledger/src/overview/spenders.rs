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

/// How many rows were counted, and the moment of the oldest one.
#[derive(Default)]
struct Counted {
    rows: i64,
    oldest: Option<i64>,
}

impl Counted {
    fn add(&mut self, rows: i64, oldest: i64) {
        self.rows += rows;
        self.oldest = Some(self.oldest.map_or(oldest, |before| before.min(oldest)));
    }

    /// Since when all rows are counted; the beginning of time if none was left out.
    fn since(&self) -> Timestamp {
        let is_cut = self.rows >= COUNTED_MAX;
        Timestamp(self.oldest.filter(|_| is_cut).unwrap_or(0))
    }
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
        let sql = sql::POSTS_BY_NUMBER;
        let posts = fetch_all!(tx, (String, i64, i64), sql, since.0, COUNTED_MAX)?;
        let sql = sql::SEGMENTS_BY_NUMBER;
        let replies = fetch_all!(tx, (String, i64, i64, i64), sql, since.0, COUNTED_MAX)?;
        let mut by_number: HashMap<String, (u64, u64)> = HashMap::new();
        let (mut of_posts, mut of_replies) = (Counted::default(), Counted::default());
        for (phone, posts, oldest) in posts {
            of_posts.add(posts, oldest);
            by_number.entry(phone).or_default().0 = u64::try_from(posts).unwrap_or(0);
        }
        for (phone, replies, segments, oldest) in replies {
            of_replies.add(replies, oldest);
            by_number.entry(phone).or_default().1 = u64::try_from(segments).unwrap_or(0);
        }
        let counted_since = since.max(of_posts.since()).max(of_replies.since());
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
