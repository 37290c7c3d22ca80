//! The signatures that webhooks and group robots ask for, all HMAC-SHA256.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Our own: over `{timestamp}.{body}` with the channel's secret, in hex; the timestamp is in seconds.
pub fn webhook(secret: &str, timestamp: i64, body: &[u8]) -> String {
    let mut signed = format!("{timestamp}.").into_bytes();
    signed.extend_from_slice(body);
    hex::encode(mac(secret.as_bytes(), &signed))
}

/// DingTalk's `sign`: over `{timestamp}\n{secret}` with the secret, in base64; the timestamp is in milliseconds.
pub fn dingtalk(secret: &str, timestamp: i64) -> String {
    BASE64_STANDARD.encode(mac(secret.as_bytes(), format!("{timestamp}\n{secret}").as_bytes()))
}

/// Feishu's `sign`: over nothing, with `{timestamp}\n{secret}` as the key, in base64; the timestamp is in seconds.
pub fn feishu(secret: &str, timestamp: i64) -> String {
    BASE64_STANDARD.encode(mac(format!("{timestamp}\n{secret}").as_bytes(), b""))
}

fn mac(key: &[u8], message: &[u8]) -> Vec<u8> {
    // HMAC takes a key of any length; the error cannot be.
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(key) else { return Vec::new() };
    mac.update(message);
    mac.finalize().into_bytes().to_vec()
}
