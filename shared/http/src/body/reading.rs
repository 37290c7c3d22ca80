//! How a body is read, and what becomes of one that nobody reads.

use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Error as BodyError;
use axum::body::{Body, Bytes, HttpBody};
use axum::http::{HeaderMap, header};
use domain::Error;
use http_body::{Frame, SizeHint};
use http_body_util::BodyExt;
use tokio::runtime::Handle;
use tokio::sync::SemaphorePermit;

use crate::fault::Cause;
use crate::{App, Fault};

/// The largest body: room for the largest field to be refused by name.
pub(crate) const BODY_MAX: usize = 2 * 1024 * 1024;
/// The largest body of somebody who needs no credentials.
pub(crate) const PUBLIC_BODY_MAX: usize = 64 * 1024;
/// What every request may hold. More is counted together with that of all others.
pub(crate) const SMALL: usize = 64 * 1024;

/// How much of a body that is not wanted is read and thrown away: a connection that is closed in the middle of it would
/// show a broken pipe to who is still sending, instead of the answer.
const DISCARDED_MAX: usize = 16 * 1024 * 1024;
/// For how long.
const DISCARDED_FOR: Duration = Duration::from_secs(10);

/// The largest body of a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct BodyMax(pub usize);

/// A body in memory, and its share of what all of them may hold.
pub(super) struct Held<'a> {
    pub bytes: Vec<u8>,
    _share: Option<SemaphorePermit<'a>>,
}

/// Reads the whole body, when there is room for it.
pub(super) async fn read<'a>(mut body: Body, max: usize, app: &'a App) -> Result<Held<'a>, Fault> {
    let (mut bytes, mut share) = (Vec::new(), None::<SemaphorePermit<'a>>);
    if body.size_hint().lower() > max as u64 {
        return Err(Cause::TooLarge(max).into_fault());
    }
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Error::invalid("body", "must be complete; it broke off"))?;
        let Ok(data) = frame.into_data() else { continue };
        let length = bytes.len() + data.len();
        if length > max {
            return Err(Cause::TooLarge(max).into_fault());
        }
        let kibibytes = length.saturating_sub(SMALL).div_ceil(1024);
        let missing = kibibytes - share.as_ref().map_or(0, SemaphorePermit::num_permits);
        if let Some(missing) = u32::try_from(missing).ok().filter(|missing| *missing > 0) {
            let full = |_| Error::Unavailable("too many large requests at once; try again in a moment".into());
            let more = app.bodies.try_acquire_many(missing).map_err(full)?;
            match &mut share {
                Some(share) => share.merge(more),
                None => share = Some(more),
            }
        }
        bytes.extend_from_slice(&data);
    }
    Ok(Held { bytes, _share: share })
}

/// Whether a body of these headers may be larger than [`SMALL`].
pub(crate) fn may_be_large(headers: &HeaderMap) -> bool {
    match headers.get(header::CONTENT_LENGTH) {
        Some(length) => {
            length.to_str().ok().and_then(|text| text.parse().ok()).is_none_or(|length: u64| length > SMALL as u64)
        }
        None => headers.contains_key(header::TRANSFER_ENCODING),
    }
}

/// A request's body. What is left of it when it is dropped is read and thrown away in the background.
#[derive(Debug)]
pub(crate) struct Drained(Option<Body>);

impl Drained {
    pub(crate) fn new(body: Body) -> Self {
        Self(Some(body).filter(|body| !body.is_end_stream()))
    }
}

impl HttpBody for Drained {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some(body) = &mut self.0 else { return Poll::Ready(None) };
        let polled = Pin::new(body).poll_frame(cx);
        if matches!(polled, Poll::Ready(None | Some(Err(_)))) {
            self.0 = None;
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_ref().is_none_or(HttpBody::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        self.0.as_ref().map_or_else(|| SizeHint::with_exact(0), HttpBody::size_hint)
    }
}

impl Drop for Drained {
    fn drop(&mut self) {
        let Some(body) = self.0.take().filter(|body| !body.is_end_stream()) else { return };
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(tokio::time::timeout(DISCARDED_FOR, discard(body)));
        }
    }
}

async fn discard(mut body: Body) {
    let mut length = 0;
    while let Some(Ok(frame)) = body.frame().await {
        length += frame.data_ref().map_or(0, Bytes::len);
        if length > DISCARDED_MAX {
            return;
        }
    }
}
