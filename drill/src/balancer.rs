//! A load balancer: one public address in front of several webs. A connection goes to a web that is
//! alive.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
};

/// Passes connections on to the webs in turn, and skips those that do not answer.
#[derive(Clone)]
pub(crate) struct Balancer {
    address: SocketAddr,
    webs: Arc<Mutex<Vec<SocketAddr>>>,
}

impl Balancer {
    pub(crate) async fn bind() -> std::io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let balancer = Self {
            address: listener.local_addr()?,
            webs: Arc::default(),
        };
        tokio::spawn(serve(listener, Arc::clone(&balancer.webs)));
        Ok(balancer)
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn set_webs(&self, webs: Vec<SocketAddr>) {
        *self.webs.lock().unwrap_or_else(PoisonError::into_inner) = webs;
    }
}

async fn serve(listener: TcpListener, webs: Arc<Mutex<Vec<SocketAddr>>>) {
    let turn = Arc::new(AtomicUsize::new(0));
    while let Ok((client, _)) = listener.accept().await {
        let webs = webs.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let turn = turn.fetch_add(1, Ordering::Relaxed);
        tokio::spawn(pass_on(client, webs, turn));
    }
}

async fn pass_on(mut client: TcpStream, webs: Vec<SocketAddr>, turn: usize) {
    for step in 0..webs.len() {
        let web = webs[(turn + step) % webs.len()];
        if let Ok(mut server) = TcpStream::connect(web).await {
            // If the connection breaks, the client notices it.
            let _ = copy_bidirectional(&mut client, &mut server).await;
            return;
        }
    }
}
