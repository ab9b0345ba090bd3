//! One connection, from its first byte to its end.

use std::{convert::Infallible, pin::pin, sync::Arc, time::Duration};

use axum::{Router, body::Body};
use hyper::{
    Request, Response,
    body::Incoming,
    server::conn::http1,
    service::{Service as _, service_fn},
};
use hyper_util::{rt::TokioIo, service::TowerToHyperService};
use metrics::counter;
use tokio::net::TcpStream;
use tokio_util::sync::CancellationToken;

use super::{
    bodies::{AnswerBody, RequestBody, UnderWay, Wire},
    limits::ConnectionLimits,
    phase::Phase,
    room::Place,
};

/// hyper reads into a buffer of at least this many bytes.
const BUFFER_BYTES_MIN: usize = 64 * 1024;

/// Answers the requests of one connection until it is closed, by either side.
pub(super) async fn run(
    stream: TcpStream,
    router: Router,
    place: Place,
    limits: ConnectionLimits,
    shutdown: CancellationToken,
) {
    let place = Arc::new(place);
    let wire = Wire {
        stream,
        place: Arc::clone(&place),
    };
    let router = TowerToHyperService::new(router);
    let service = service_fn(|request| answer(request, router.clone(), Arc::clone(&place)));
    let connection = http1::Builder::new()
        // The limits below replace hyper's, which does not tell an idle connection from a slow one.
        .header_read_timeout(None)
        .max_header_size(limits.header_bytes_max)
        .max_buf_size(limits.header_bytes_max.max(BUFFER_BYTES_MIN))
        .serve_connection(TokioIo::new(wire), service);
    let mut connection = pin!(connection);
    let mut phases = place.phases();
    let mut is_ending = false;
    loop {
        let phase = *phases.borrow_and_update();
        let is_waiting = matches!(phase, Phase::Head | Phase::Idle);
        // What has already come is looked at first, so that no request is cut off.
        tokio::select! {
            biased;
            // How the peer ended it does not matter.
            _ = connection.as_mut() => return,
            _ = phases.changed() => {}
            () = place.leave.cancelled(), if !is_ending => {
                if phase != Phase::Working {
                    return closed("made_room");
                }
                is_ending = true;
                connection.as_mut().graceful_shutdown();
            }
            () = shutdown.cancelled(), if is_waiting || !is_ending => {
                if is_waiting {
                    return;
                }
                is_ending = true;
                connection.as_mut().graceful_shutdown();
            }
            why = too_long(phase, limits) => return closed(why),
        }
    }
}

/// Returns when the phase has lasted too long, with the word for it in metrics.
async fn too_long(phase: Phase, limits: ConnectionLimits) -> &'static str {
    let (limit, why): (Duration, _) = match phase {
        Phase::Head => (limits.header_timeout, "header_timeout"),
        Phase::Idle => (limits.idle_timeout, "idle_timeout"),
        // The whole request has a limit of its own.
        Phase::Body | Phase::Working => return std::future::pending().await,
    };
    tokio::time::sleep(limit).await;
    why
}

fn closed(reason: &'static str) {
    counter!("birdcall_connections_closed_total", "reason" => reason).increment(1);
}

async fn answer(
    request: Request<Incoming>,
    router: TowerToHyperService<Router>,
    place: Arc<Place>,
) -> Result<Response<AnswerBody>, Infallible> {
    let under_way = UnderWay(Arc::clone(&place));
    let request = request.map(|body| Body::new(RequestBody::of(body, place)));
    let response = router.call(request).await?;
    Ok(response.map(|body| AnswerBody {
        body,
        _under_way: under_way,
    }))
}
