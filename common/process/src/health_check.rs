//! `--healthcheck`: asks the running process whether it is alive. The images have no shell and no
//! HTTP client that could do it.

use std::{
    io::{Read as _, Write as _},
    net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpStream},
    time::Duration,
};

/// How long each step of the check may take: to connect, and to wait for more of the answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Whether the process that listens on `address` answers `GET /healthz` with status 200.
pub(crate) fn is_alive(address: SocketAddr) -> bool {
    ask(reachable(address)).unwrap_or(false)
}

/// A process that listens on every interface is asked on this machine's own.
fn reachable(address: SocketAddr) -> SocketAddr {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => Ipv4Addr::LOCALHOST.into(),
        IpAddr::V6(ip) if ip.is_unspecified() => Ipv6Addr::LOCALHOST.into(),
        ip => ip,
    };
    SocketAddr::new(ip, address.port())
}

fn ask(address: SocketAddr) -> std::io::Result<bool> {
    let mut connection = TcpStream::connect_timeout(&address, PATIENCE)?;
    connection.set_read_timeout(Some(PATIENCE))?;
    write!(
        connection,
        "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    connection.read_to_string(&mut answer)?;
    Ok(answer.starts_with("HTTP/1.1 200"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_on_every_interface_is_asked_on_the_loopback_interface() {
        for (listens_on, asked_at) in [
            ("0.0.0.0:8080", "127.0.0.1:8080"),
            ("[::]:8080", "[::1]:8080"),
            ("192.0.2.7:8080", "192.0.2.7:8080"),
        ] {
            let asked: SocketAddr = reachable(listens_on.parse().unwrap());
            assert_eq!(asked.to_string(), asked_at);
        }
    }
}
