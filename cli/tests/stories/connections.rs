//! What somebody can do to web with connections alone.

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpStream,
};

use crate::prelude::*;

/// A request of which only the head's first half was sent.
const HALF: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\nX-Half: ";
/// A request as a whole.
const WHOLE: &str = "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n";
/// A request whose body does not come.
const BODILESS: &str = "POST /twilio/message HTTP/1.1\r\nHost: x\r\nX-Twilio-Signature: x\r\nContent-Length: 9\r\n\r\n";

/// A connection to web.
struct Connection(TcpStream);

impl Connection {
    /// Connects, and sends these bytes.
    async fn sends(app: &App, bytes: &str) -> Self {
        let address = app.url.strip_prefix("http://").expect("a URL");
        let stream = TcpStream::connect(address).await.expect("web listens");
        let mut connection = Self(stream);
        connection.write(bytes).await;
        connection
    }

    async fn write(&mut self, bytes: &str) {
        let written = self.0.write_all(bytes.as_bytes()).await;
        written.expect("the connection is open");
    }

    /// The status of the next answer.
    async fn answer(&mut self) -> u16 {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.expect("an answer"));
        }
        let head = String::from_utf8(head).expect("text");
        let length = head.split("content-length: ").nth(1).expect("a length");
        let length = length.split("\r\n").next().expect("a length");
        let mut body = vec![0; length.parse().expect("a number")];
        self.0.read_exact(&mut body).await.expect("a body");
        head[9..12].parse().expect("a status")
    }

    /// Waits until web closes the connection.
    async fn closed(mut self) {
        let mut rest = Vec::new();
        // A reset is an end as well.
        let _ = self.0.read_to_end(&mut rest).await;
    }
}

#[tokio::test]
async fn a_connection_that_does_not_finish_the_head_of_a_request_is_closed() {
    let app = App::start_with(&[("HEADER_TIMEOUT", "50ms")]).await;
    for begin in ["", "G", HALF] {
        Connection::sends(&app, begin).await.closed().await;
    }
    // The second request of a connection, too, and one that comes letter by letter.
    let mut kept = Connection::sends(&app, WHOLE).await;
    assert_eq!(kept.answer().await, 200);
    kept.write(HALF).await;
    kept.closed().await;
    let mut slow = Connection::sends(&app, HALF).await;
    while slow.0.write_all(b"x").await.is_ok() {
        tokio::task::yield_now().await;
    }
    assert!(
        app.metric("birdcall_connections_closed_total{reason=\"header_timeout\"}")
            .await
            >= 5
    );
    app.end().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed() {
    let app = App::start_with(&[("IDLE_TIMEOUT", "50ms")]).await;
    let mut idle = Connection::sends(&app, WHOLE).await;
    assert_eq!(idle.answer().await, 200);
    idle.closed().await;
    assert!(
        app.metric("birdcall_connections_closed_total{reason=\"idle_timeout\"}")
            .await
            >= 1
    );
    app.end().await;
}

#[tokio::test]
async fn a_request_that_takes_too_long_is_answered_503() {
    let app = App::start_with(&[("REQUEST_TIMEOUT", "50ms")]).await;
    let mut slow = Connection::sends(&app, BODILESS).await;
    assert_eq!(slow.answer().await, 503);
    slow.closed().await;
    app.end().await;
}

#[tokio::test]
async fn a_head_that_is_too_large_is_refused() {
    let app = App::start_with(&[("HEADER_BYTES_MAX", "1000")]).await;
    let long = format!(
        "GET /healthz HTTP/1.1\r\nX-Long: {}\r\n\r\n",
        "x".repeat(1000)
    );
    let mut refused = Connection::sends(&app, &long).await;
    assert_eq!(refused.answer().await, 431);
    app.end().await;
}

#[tokio::test]
async fn silent_connections_give_way_to_requests() {
    let app = App::start_with(&[("CONNECTIONS_MAX", "4")]).await;
    for silent in ["", HALF, BODILESS] {
        let mut held = Vec::new();
        for _ in 0..20 {
            held.push(Connection::sends(&app, silent).await);
        }
        let mut asking = Connection::sends(&app, WHOLE).await;
        assert_eq!(asking.answer().await, 200, "beside {silent:?}");
        // The oldest ones were closed.
        for old in held.drain(..10) {
            old.closed().await;
        }
        let url = format!("{}/twilio/message", app.url);
        let answer = app.browser.post(&url).send().await.expect("web answers");
        assert_eq!(answer.status(), 400);
    }
    assert!(
        app.metric("birdcall_connections_closed_total{reason=\"made_room\"}")
            .await
            >= 30
    );
    app.end().await;
}

#[tokio::test]
async fn a_peer_with_too_many_connections_gives_up_its_own_oldest() {
    let app = App::start_with(&[("CONNECTIONS_PER_ADDRESS_MAX", "2")]).await;
    let first = Connection::sends(&app, HALF).await;
    let mut second = Connection::sends(&app, WHOLE).await;
    assert_eq!(second.answer().await, 200);
    let mut third = Connection::sends(&app, WHOLE).await;
    assert_eq!(third.answer().await, 200);
    first.closed().await;
    // The second one was idle, and had waited less long than the first.
    second.write(WHOLE).await;
    assert_eq!(second.answer().await, 200);
    app.end().await;
}
