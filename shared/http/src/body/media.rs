//! Bodies of a kind that is not read.

use axum::http::{HeaderMap, HeaderName, header};

use crate::Fault;
use crate::fault::Cause;

/// What gzip begins with (RFC 1952 §2.3.1).
const GZIP: &[u8] = &[0x1f, 0x8b];

/// Refuses what the headers alone tell.
pub(super) fn check_headers(headers: &HeaderMap) -> Result<(), Fault> {
    let coding = text(headers, &header::CONTENT_ENCODING);
    if !matches!(coding, None | Some("" | "identity")) {
        return Err(compressed());
    }
    if is(headers, "multipart/") {
        return Err(form());
    }
    Ok(())
}

/// Refuses a form, and what was compressed unannounced. JSON that `curl -d` calls a form is read all the same.
pub(super) fn check(headers: &HeaderMap, body: &[u8]) -> Result<(), Fault> {
    if body.starts_with(GZIP) {
        return Err(compressed());
    }
    let begins_json = body.trim_ascii_start().first().is_none_or(|first| matches!(first, b'{' | b'['));
    if !begins_json && is(headers, "application/x-www-form-urlencoded") {
        return Err(form());
    }
    Ok(())
}

fn compressed() -> Fault {
    Cause::Media("Content-Encoding: send the body as it is, without compression").into_fault()
}

fn form() -> Fault {
    Cause::Media("Content-Type: send a JSON object with 'Content-Type: application/json', not a form").into_fault()
}

fn is(headers: &HeaderMap, kind: &str) -> bool {
    let given = text(headers, &header::CONTENT_TYPE).and_then(|text| text.trim_start().get(..kind.len()));
    given.is_some_and(|given| given.eq_ignore_ascii_case(kind))
}

fn text<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Option<&'a str> {
    headers.get(name).map(|value| value.to_str().unwrap_or("?").trim())
}
