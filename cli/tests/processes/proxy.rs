//! The public address, as behind a reverse proxy: it stays the same while web processes come and
//! go.

use std::{
    net::SocketAddr,
    sync::{Arc, Mutex, PoisonError},
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

/// Passes connections on to web.
pub(crate) struct Proxy {
    address: SocketAddr,
    web: Arc<Mutex<Option<SocketAddr>>>,
}

impl Proxy {
    /// Until [`Proxy::forward_to`] is called, every connection is closed.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
        let proxy = Self {
            address: listener.local_addr().expect("bound"),
            web: Arc::default(),
        };
        tokio::spawn(serve(listener, Arc::clone(&proxy.web)));
        proxy
    }

    /// The address of the proxy, which is the `PUBLIC_URL`.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// From now on, connections go to this web.
    pub(crate) fn forward_to(&self, web: SocketAddr) {
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
                // If the connection breaks, the client notices it.
                let _ = copy_bidirectional(&mut client, &mut server).await;
            }
        });
    }
}
