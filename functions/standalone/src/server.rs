//! Answers connections: so many at once, each only as long as its client does its part.

mod connections;
mod turn;

use std::io::{self, Write};
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::ConnectInfo;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use ipnet::IpNet;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt;

use connections::{Connections, Place};
use turn::{Phase, Watched};

/// How long a connection may stay open without a request: longer than a proxy keeps one that it means to use again.
const IDLE: Duration = Duration::from_secs(75);

/// The longest head of a request.
const HEAD_MAX: usize = 16 * 1024;

/// The pause after a connection could not be accepted.
const PAUSE: Duration = Duration::from_millis(50);

/// What a connection hears for which there is no place.
const NO_PLACE: &[u8] = b"HTTP/1.1 503 Service Unavailable\r\nRetry-After: 1\r\nConnection: close\r\n\
    Content-Type: application/json\r\nContent-Length: 61\r\n\r\n\
    {\"error\":\"too many connections at once; try again shortly\"}\r\n";

/// Answers every connection until `stop` ends, and returns when those under way have ended.
pub(crate) async fn answer(listener: TcpListener, router: Router, proxies: &[IpNet], stop: impl Future<Output = ()>) {
    let connections = Connections::new(proxies);
    let (stopping, _) = watch::channel(false);
    let mut open = JoinSet::new();
    let mut stop = pin!(stop);
    loop {
        while open.try_join_next().is_some() {}
        let accepted = tokio::select! {
            biased;
            () = &mut stop => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => match connections.admit(peer.ip()) {
                Some(place) => {
                    open.spawn(serve(stream, peer, place, router.clone(), stopping.subscribe()));
                }
                // A new stream is not known to be writable before the runtime has looked.
                None => {
                    if let Ok(mut refused) = stream.into_std() {
                        let _ = refused.write(NO_PLACE);
                    }
                }
            },
            // Its client has gone again.
            Err(error) if is_of_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "a connection cannot be accepted; closing one that waits");
                connections.close_one();
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    let _ = stopping.send(true);
    while open.join_next().await.is_some() {}
}

fn is_of_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

async fn serve(stream: TcpStream, peer: SocketAddr, place: Place, router: Router, mut stopping: watch::Receiver<bool>) {
    let _ = stream.set_nodelay(true);
    let turn = Arc::clone(place.turn());
    let service = service_fn(move |request: Request<Incoming>| {
        let (router, turn) = (router.clone(), Arc::clone(&turn));
        async move {
            turn.enter(Phase::Body);
            let mut request = request.map(|body| Body::new(Watched::new(body, Arc::clone(&turn))));
            request.extensions_mut().insert(ConnectInfo(peer));
            let response = router.oneshot(request).await;
            turn.enter(Phase::Reply);
            response
        }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(IDLE)
        .max_buf_size(HEAD_MAX)
        .serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(connection);
    let mut closed = pin!(place.closed());
    let mut overdue = pin!(place.turn().overdue());
    let mut stopped = false;
    loop {
        tokio::select! {
            done = connection.as_mut() => {
                if let Err(error) = done {
                    tracing::debug!(%peer, %error, "a connection broke off");
                }
                return;
            }
            () = closed.as_mut() => return,
            () = overdue.as_mut() => return,
            _ = stopping.wait_for(|stopping| *stopping), if !stopped => {
                if place.turn().is_silent() {
                    return;
                }
                stopped = true;
                connection.as_mut().graceful_shutdown();
            }
        }
    }
}
