//! Our public address: it stays while webs come and go behind it, as a proxy's does.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

/// Passes connections on to the web that stands behind it.
pub(crate) struct Door {
    address: SocketAddr,
    web: Arc<Mutex<Option<SocketAddr>>>,
}

impl Door {
    /// With nobody behind it yet: what comes is turned away.
    pub(crate) async fn open() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let door = Self {
            address: listener.local_addr().expect("bound"),
            web: Arc::default(),
        };
        tokio::spawn(serve(listener, Arc::clone(&door.web)));
        door
    }

    /// As `PUBLIC_URL`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on connections go to this web.
    pub(crate) fn lead_to(&self, web: SocketAddr) {
        *self.web.lock().unwrap_or_else(PoisonError::into_inner) = Some(web);
    }
}

async fn serve(listener: TcpListener, web: Arc<Mutex<Option<SocketAddr>>>) {
    while let Ok((mut client, _)) = listener.accept().await {
        let web = *web.lock().unwrap_or_else(PoisonError::into_inner);
        tokio::spawn(async move {
            if let Some(web) = web
                && let Ok(mut server) = TcpStream::connect(web).await
            {
                // A connection that breaks is its client's to notice.
                let _ = copy_bidirectional(&mut client, &mut server).await;
            }
        });
    }
}
