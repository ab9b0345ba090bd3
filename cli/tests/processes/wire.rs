//! A wire to PostgreSQL that can be cut and can fall silent.

use std::{net::SocketAddr, sync::Arc};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream, lookup_host},
    sync::watch,
};

/// Passes connections on to a PostgreSQL server.
pub(crate) struct Wire {
    address: SocketAddr,
    state: Arc<watch::Sender<State>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct State {
    /// Every connection is closed, as by a server that stops.
    cut: bool,
    /// The number of silences so far. Connections from before the last one stay open but carry
    /// nothing, as in a network that drops packets.
    silences: u32,
}

impl Wire {
    /// A wire to the server of `url`.
    pub(crate) async fn to(url: &str) -> Self {
        let url: url::Url = url.parse().expect("a postgres:// URL");
        let host = url.host_str().expect("a host").to_owned();
        let mut found = lookup_host((host, url.port().unwrap_or(5432)))
            .await
            .expect("the server's address");
        let server = found.next().expect("an address");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let wire = Self {
            address: listener.local_addr().expect("bound"),
            state: Arc::new(watch::Sender::new(State::default())),
        };
        tokio::spawn(serve(listener, server, Arc::clone(&wire.state)));
        wire
    }

    /// The URL that leads to the server over this wire.
    pub(crate) fn url(&self, url: &str) -> String {
        let mut url: url::Url = url.parse().expect("a postgres:// URL");
        url.set_ip_host(self.address.ip()).expect("a host");
        url.set_port(Some(self.address.port())).expect("a port");
        url.into()
    }

    /// Closes every connection, and accepts no new ones.
    pub(crate) fn cut(&self) {
        self.state.send_modify(|state| state.cut = true);
    }

    /// Accepts connections again.
    pub(crate) fn reconnect(&self) {
        self.state.send_modify(|state| state.cut = false);
    }

    /// From now on, existing connections stay open but carry nothing. New ones work.
    pub(crate) fn fall_silent(&self) {
        self.state.send_modify(|state| state.silences += 1);
    }
}

async fn serve(listener: TcpListener, server: SocketAddr, state: Arc<watch::Sender<State>>) {
    while let Ok((client, _)) = listener.accept().await {
        let state = state.subscribe();
        // Without a task, the connection is closed at once.
        if !state.borrow().cut {
            tokio::spawn(pass_on(client, server, state));
        }
    }
}

async fn pass_on(mut client: TcpStream, server: SocketAddr, mut state: watch::Receiver<State>) {
    let silences = state.borrow().silences;
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    tokio::select! {
        // If one end closes the connection, the other end sees that.
        _ = copy_bidirectional(&mut client, &mut server) => return,
        changed = state.wait_for(|state| state.cut || state.silences > silences) => {
            if changed.is_ok_and(|state| state.cut) {
                return;
            }
        }
    }
    // The connection is silent: both ends stay open and unread until the test is over.
    let _ = state.wait_for(|_| false).await;
}
