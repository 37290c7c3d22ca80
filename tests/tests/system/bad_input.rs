//! Bad input, on every route that takes any: refused with 4xx in the words of its face, naming the field, in plain
//! words, and nothing is written.

mod bodies;
mod media;
mod names;
mod parameters;
mod paths;
mod zones;

use reqwest::Method;
use system_tests::steward::{Client, Steward};

use crate::api::{nothing_written, refused};

/// Sends it, and gives the message of the refusal.
async fn sent(steward: &Steward, caller: &Client, method: Method, path: &str, body: Option<String>) -> String {
    let about: String = format!("{method} {path} {}", body.as_deref().unwrap_or_default()).chars().take(200).collect();
    steward.store.take();
    let reply = caller.send(method, path, body).await;
    assert!(reply.status.is_client_error(), "{about}: {} {}", reply.status, String::from_utf8_lossy(&reply.bytes));
    let message = refused(path, &reply, reply.status.as_u16());
    nothing_written(steward, &about);
    plain(&about, &message);
    message
}

/// Panics at words that only a programmer knows.
fn plain(about: &str, message: &str) {
    let not_plain = [
        "struct ",
        "u32",
        "i64",
        "EOF",
        "invalid digit",
        "sequence",
        "newtype",
        "variant",
        "Some(",
        "deserialize",
        "serde",
    ];
    for word in not_plain {
        assert!(!message.contains(word), "{about}: '{word}' is not plain: {message}");
    }
    assert!(message.len() < 400, "{about}: {} bytes of message", message.len());
}
