//! The API as it describes itself, and how each face says no: what the tests that go over every route stand on.

use serde_json::json;
pub use system_tests::steward::{Kind, Route, routes};
use system_tests::steward::{Reply, Steward};

/// The message of a refusal with this status, in the body of the face that the path belongs to; panics on any other.
#[track_caller]
pub fn refused(path: &str, reply: &Reply, status: u16) -> String {
    let shown = String::from_utf8_lossy(&reply.bytes);
    assert_eq!(reply.status.as_u16(), status, "{path}: {shown}");
    let (field, expected) = if path.starts_with("/api/v1/acme/") {
        let code = match status {
            400 | 405 | 413 | 415 => 2001,
            401 => 1001,
            403 => 1003,
            404 => 3001,
            409 => 3002,
            429 => 4029,
            other => panic!("{path}: {other}"),
        };
        ("message", json!({"code": code, "message": reply.json["message"], "data": null}))
    } else if path.starts_with("/api/v1/") {
        let word = match status {
            400 => "invalid",
            401 => "unauthenticated",
            403 => "forbidden",
            404 => "not_found",
            405 => "method_not_allowed",
            409 => "conflict",
            413 => "too_large",
            415 => "unsupported_media_type",
            429 => "too_many_requests",
            other => panic!("{path}: {other}"),
        };
        let message = &reply.json["message"];
        ("message", json!({"success": false, "code": status, "error": word, "message": message}))
    } else {
        ("error", json!({"error": reply.json["error"]}))
    };
    assert_eq!(reply.json, expected, "{path}: not the words of its face");
    assert_eq!(reply.headers["content-type"], "application/json", "{path}");
    let message = reply.json[field].as_str().unwrap_or_else(|| panic!("{path}: no message in {shown}"));
    assert!(message.len() > 8, "{path}: {message}");
    message.to_owned()
}

/// Panics when the store was written since the last time it was looked at, by others than the auditor.
#[track_caller]
pub fn nothing_written(steward: &Steward, about: &str) {
    let calls = steward.store.take();
    let reads = |call: &&String| call.starts_with("get") || call.starts_with("query");
    let writes: Vec<_> = calls.iter().filter(|call| !reads(call) && *call != "transact audit").collect();
    assert!(writes.is_empty(), "{about}: {writes:?}");
}
