//! The wire to PostgreSQL: it can be cut, and it can fall silent.

use std::{net::SocketAddr, sync::Arc};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream, lookup_host},
    sync::watch,
};

/// Passes connections on to a PostgreSQL server.
pub(crate) struct Wire {
    address: SocketAddr,
    mood: Arc<watch::Sender<Mood>>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mood {
    /// Every connection is closed, as a server that stops does.
    cut: bool,
    /// Connections made before the last silence say nothing any more, and stay open: as behind a
    /// network that drops packets.
    silences: u32,
}

impl Wire {
    /// To the server that `url` names.
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
            mood: Arc::new(watch::Sender::new(Mood::default())),
        };
        tokio::spawn(serve(listener, server, Arc::clone(&wire.mood)));
        wire
    }

    /// `url`, over this wire.
    pub(crate) fn url(&self, url: &str) -> String {
        let mut url: url::Url = url.parse().expect("a postgres:// URL");
        url.set_ip_host(self.address.ip()).expect("a host");
        url.set_port(Some(self.address.port())).expect("a port");
        url.into()
    }

    /// Closes every connection, and takes no new ones.
    pub(crate) fn cut(&self) {
        self.mood.send_modify(|mood| mood.cut = true);
    }

    /// Takes connections again.
    pub(crate) fn mend(&self) {
        self.mood.send_modify(|mood| mood.cut = false);
    }

    /// The connections there are stay open and say nothing any more; new ones pass.
    pub(crate) fn fall_silent(&self) {
        self.mood.send_modify(|mood| mood.silences += 1);
    }
}

async fn serve(listener: TcpListener, server: SocketAddr, mood: Arc<watch::Sender<Mood>>) {
    while let Ok((client, _)) = listener.accept().await {
        let mood = mood.subscribe();
        // Turned away: the client sees its connection closed.
        if !mood.borrow().cut {
            tokio::spawn(pass_on(client, server, mood));
        }
    }
}

async fn pass_on(mut client: TcpStream, server: SocketAddr, mut mood: watch::Receiver<Mood>) {
    let silences = mood.borrow().silences;
    let Ok(mut server) = TcpStream::connect(server).await else {
        return;
    };
    tokio::select! {
        // Whoever closed it, the other end sees it closed.
        _ = copy_bidirectional(&mut client, &mut server) => return,
        changed = mood.wait_for(|mood| mood.cut || mood.silences > silences) => {
            if changed.is_ok_and(|mood| mood.cut) {
                return;
            }
        }
    }
    // Silent: both ends stay open and unread, until the test is over.
    let _ = mood.wait_for(|_| false).await;
}
