//! The start of web and worker: the ledger is opened and the address is taken, or it is said why not.

use std::{net::SocketAddr, time::Duration};

use birdcall_ledger::{Ledger, LedgerError, database::Database, schema::SchemaError};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Why a process cannot run.
#[derive(Debug, Error)]
pub enum RunError {
    /// The ledger cannot be opened.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// Its schema is not one that this program knows.
    #[error(transparent)]
    Schema(#[from] SchemaError),
    /// The address is not available.
    #[error("{setting}: {address} is not available: {source}")]
    Listen {
        /// The setting that names the address.
        setting: &'static str,
        /// The address.
        address: SocketAddr,
        /// What the system says.
        source: std::io::Error,
    },
}

/// Opens the ledger, and refuses one that can only be read.
///
/// # Errors
///
/// See [`RunError::Ledger`].
pub async fn open_ledger(database: &Database) -> Result<Ledger, RunError> {
    let ledger = Ledger::open(database).await?;
    ledger.refuse_read_only().await?;
    Ok(ledger)
}

/// Opens a ledger that web creates, whether it exists already or not. One that can only be read is
/// refused.
///
/// # Errors
///
/// See [`RunError::Ledger`].
pub async fn open_ledger_of_web(database: &Database) -> Result<Ledger, RunError> {
    let ledger = Ledger::open_when_created(database).await?;
    match database.url.exists() {
        true => ledger.refuse_read_only().await?,
        false => {
            tracing::info!(?database.url, "waiting for web, or `birdcall migrate`, to create the database")
        }
    }
    Ok(ledger)
}

/// Takes the address that `setting` names, and says on which address `name` listens.
///
/// # Errors
///
/// See [`RunError::Listen`].
pub async fn listen(
    name: &'static str,
    setting: &'static str,
    address: SocketAddr,
) -> Result<TcpListener, RunError> {
    let failed = |source| RunError::Listen {
        setting,
        address,
        source,
    };
    let listener = TcpListener::bind(address).await.map_err(failed)?;
    let address = listener.local_addr().map_err(failed)?;
    tracing::info!(%address, "{name}: listening on http://{address}");
    Ok(listener)
}

/// A token that is cancelled `SHUTDOWN_TIMEOUT` after the shutdown. Everything that a process waits for
/// at its end waits for this one token, so that several things to finish do not add up.
#[must_use]
pub fn time_to_finish(shutdown: &CancellationToken, timeout: Duration) -> CancellationToken {
    let over = CancellationToken::new();
    let (shutdown, end) = (shutdown.clone(), over.clone());
    tokio::spawn(async move {
        shutdown.cancelled().await;
        tokio::time::sleep(timeout).await;
        end.cancel();
    });
    over
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_time_to_finish_is_over_once_and_not_before_the_shutdown() {
        let shutdown = CancellationToken::new();
        let over = time_to_finish(&shutdown, Duration::ZERO);
        tokio::task::yield_now().await;
        assert!(!over.is_cancelled());
        shutdown.cancel();
        over.cancelled().await;
        // What is waited for second has no time of its own.
        over.cancelled().await;
    }
}
