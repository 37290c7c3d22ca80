use std::error::Error as StdError;

use bytes::{Bytes, BytesMut};
use http::header::{CONTENT_ENCODING, HeaderMap};
use http::{StatusCode, response};
use http_body_util::BodyExt;
use serde::de::DeserializeOwned;

use crate::{Error, Result};

/// The longest answer that is read: some providers send a whole zone, of which this is some eight thousand names.
pub(crate) const ANSWER_MAX: usize = 1 << 20;

/// An answer, read to its end.
#[derive(Debug)]
pub struct Response {
    status: StatusCode,
    headers: HeaderMap,
    body: Bytes,
}

impl Response {
    /// Its status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    pub(crate) fn len(&self) -> usize {
        self.body.len()
    }

    /// Its headers.
    pub fn headers(&self) -> &HeaderMap {
        &self.headers
    }

    /// Its body.
    pub async fn text(self) -> Result<String> {
        Ok(String::from_utf8(self.body.into()).unwrap_or_else(|e| String::from_utf8_lossy(e.as_bytes()).into_owned()))
    }

    /// What its body says.
    pub async fn json<T: DeserializeOwned>(self) -> Result<T> {
        serde_json::from_slice(&self.body).map_err(|_| Error::Json)
    }
}

/// Reads an answer to its end. `left` is how much more may be read for the work at hand.
pub(crate) async fn read<B>(
    parts: response::Parts,
    mut body: B,
    left: usize,
    broken: impl Fn(&(dyn StdError + 'static)) -> Error,
) -> Result<Response>
where
    B: BodyExt<Data = Bytes, Error: StdError + 'static> + Unpin,
{
    // What is small on the wire can be of any size: nothing is decompressed.
    if parts.headers.get_all(CONTENT_ENCODING).iter().any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"))
    {
        return Err(Error::Compressed);
    }
    let most = ANSWER_MAX.min(left);
    let mut read = BytesMut::new();
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|error| broken(&error))?;
        // Trailers say nothing.
        let Ok(data) = frame.into_data() else { continue };
        if read.len() + data.len() > most {
            return Err(Error::TooLong);
        }
        read.extend_from_slice(&data);
    }
    if is_dense(&read) {
        return Err(Error::TooDense);
    }
    Ok(Response { status: parts.status, headers: parts.headers, body: read.freeze() })
}

/// Whether a text read as JSON would hold more values than one for each six bytes: each takes up to a hundred bytes of
/// memory, and a record of a zone has one for each ten or more.
fn is_dense(text: &[u8]) -> bool {
    const FEW: usize = 4096;
    let values = text.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{')).count();
    values > FEW + text.len() / 6
}

#[cfg(test)]
mod tests {
    use super::is_dense;

    #[test]
    fn a_zone_is_not_dense_and_a_list_of_nothing_is() {
        let record =
            r#"{"name":"a.example.","type":"A","ttl":60,"records":[{"content":"192.0.2.1","disabled":false}]},"#;
        assert!(!is_dense(record.repeat(10_000).as_bytes()));
        for nothing in ["0,", "{},", "[],", "\"\","] {
            assert!(is_dense(nothing.repeat(100_000).as_bytes()), "{nothing}");
        }
    }
}
