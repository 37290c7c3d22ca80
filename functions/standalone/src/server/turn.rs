//! Whose turn it is on a connection: the client's, or Steward's.

use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::{Bytes, HttpBody};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use tokio::time::Instant;

/// How long the head of a connection's first request may take.
const FIRST_HEAD: Duration = Duration::from_secs(10);
/// How long an answer may take to be read.
const REPLY: Duration = Duration::from_secs(120);
/// How often it is looked whether a client takes too long.
const LOOK: Duration = Duration::from_secs(1);

/// What happens on a connection now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    /// The client sends its first request.
    Head,
    /// The client sends a body, which may take as long as a request may.
    Body,
    /// Steward works on the answer.
    Work,
    /// The client reads the answer, or sends the next request.
    Reply,
}

/// The phase of a connection, and since when.
#[derive(Debug)]
pub(super) struct Turn(Mutex<(Phase, Instant)>);

impl Turn {
    pub fn new() -> Self {
        Self(Mutex::new((Phase::Head, Instant::now())))
    }

    pub fn enter(&self, phase: Phase) {
        *self.lock() = (phase, Instant::now());
    }

    /// Since when Steward waits for the client; `None` when the client waits for Steward.
    pub fn waits_since(&self) -> Option<Instant> {
        let (phase, since) = *self.lock();
        (phase != Phase::Work).then_some(since)
    }

    /// Whether there was never a request.
    pub fn is_silent(&self) -> bool {
        self.lock().0 == Phase::Head
    }

    /// Ends when the client takes too long.
    pub async fn overdue(&self) {
        loop {
            let (phase, since) = *self.lock();
            let allowed = match phase {
                Phase::Head => Some(FIRST_HEAD),
                Phase::Reply => Some(REPLY),
                Phase::Body | Phase::Work => None,
            };
            if allowed.is_some_and(|allowed| since.elapsed() >= allowed) {
                return;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// The whole request is here.
    fn received(&self) {
        let mut now = self.lock();
        if now.0 == Phase::Body {
            *now = (Phase::Work, Instant::now());
        }
    }

    fn lock(&self) -> MutexGuard<'_, (Phase, Instant)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The body of a request, whose end begins Steward's turn.
#[derive(Debug)]
pub(super) struct Watched {
    body: Incoming,
    turn: Arc<Turn>,
}

impl Watched {
    pub fn new(body: Incoming, turn: Arc<Turn>) -> Self {
        if body.is_end_stream() {
            turn.received();
        }
        Self { body, turn }
    }
}

impl HttpBody for Watched {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = Pin::new(&mut self.body).poll_frame(cx);
        if self.body.is_end_stream() || matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.turn.received();
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
