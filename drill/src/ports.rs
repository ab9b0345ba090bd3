//! Ports for the processes.

use std::{net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    time::Instant,
};

use crate::error::DrillResult;

/// The time between two attempts to connect.
const LOOK_AGAIN: Duration = Duration::from_millis(100);
/// The longest time that a process may take to listen.
const START_MAX: Duration = Duration::from_secs(30);

/// An address that is free now. The process binds it later, so another program could take it first.
pub(crate) async fn free_port() -> std::io::Result<SocketAddr> {
    TcpListener::bind("127.0.0.1:0").await?.local_addr()
}

pub(crate) async fn wait_for_port(address: SocketAddr) -> DrillResult<()> {
    let until = Instant::now() + START_MAX;
    while Instant::now() < until {
        if TcpStream::connect(address).await.is_ok() {
            return Ok(());
        }
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    Err(format!("nothing listens on {address}").into())
}
