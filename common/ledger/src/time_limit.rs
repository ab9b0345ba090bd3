//! The time limit of every wait for PostgreSQL's answer.

use std::time::Duration;

/// Waits for an answer for at most `limit`.
pub(crate) async fn within<T>(
    limit: Duration,
    answer: impl Future<Output = Result<T, sqlx::Error>>,
) -> Result<T, sqlx::Error> {
    tokio::time::timeout(limit, answer)
        .await
        .unwrap_or_else(|_| {
            Err(sqlx::Error::Io(std::io::Error::new(
                std::io::ErrorKind::TimedOut,
                "it did not answer within DATABASE_TIMEOUT",
            )))
        })
}
