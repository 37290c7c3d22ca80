//! What a failure means: the crate gives texts, with the HTTP status or the DNS response code somewhere in them.

use dns_update::Error;
use domain::ports::{DnsWriteError, TxtChange};

use crate::fields::Fields;

/// The longest text of a provider that is passed on, in characters.
const LONGEST: usize = 300;

/// Sorts by whether the same change may work later.
pub fn sort(error: &Error, fields: &Fields<'_>, change: &TxtChange) -> DnsWriteError {
    let text: String = fields.redact(&said(error)).chars().take(LONGEST).collect();
    let credential = || DnsWriteError::Credential(format!("the DNS provider does not accept the credential: {text}"));
    let later =
        || DnsWriteError::Later { reason: format!("the DNS provider cannot be used now: {text}"), retry_after: None };
    let no_zone =
        || DnsWriteError::NoZone(format!("the DNS provider has no zone {} for this credential: {text}", change.zone));
    let refused = || DnsWriteError::Refused(format!("the DNS provider refuses the records of {}: {text}", change.host));
    match error {
        Error::Unauthorized | Error::InvalidRegion => credential(),
        Error::NotFound => no_zone(),
        Error::Protocol(_) | Error::Client(_) if is_tsig(&text) => DnsWriteError::Credential(
            "the name server does not accept the signature (TSIG): check key_name, key and algorithm".into(),
        ),
        Error::Protocol(_) | Error::Client(_) => later(),
        Error::Response(code) => match code.as_str() {
            // RFC 8945 §5.2: the signature was refused. RFC 2136 §3.1.2: or the server is not the zone's.
            "Not authorized" => DnsWriteError::Credential(format!(
                "the name server is no authority for {}, or does not know the key (NOTAUTH)",
                change.zone
            )),
            "Query Refused" => {
                DnsWriteError::NoZone(format!("the name server does not let this key write {} (REFUSED)", change.host))
            }
            "Name not in zone" => no_zone(),
            "TSIG Failure" | "Key not recognized" | "Signature out of time window" | "Algorithm not supported" => {
                credential()
            }
            "Server Failure" | "Not Implemented" => later(),
            _ => refused(),
        },
        Error::Api(_) | Error::Serialize(_) => match status(&text) {
            Some(401 | 403) => credential(),
            Some(404) => no_zone(),
            Some(408 | 425 | 429 | 500..) => later(),
            Some(_) => refused(),
            None => by_words(&text.to_lowercase(), credential, no_zone, later, refused),
        },
        Error::Parse(_) | Error::BadRequest | Error::Unsupported(_) => refused(),
        _ => later(),
    }
}

fn said(error: &Error) -> String {
    error.to_string().replace(['\n', '\r'], " ")
}

fn is_tsig(text: &str) -> bool {
    let text = text.to_lowercase();
    ["tsig", "hmac", "signature"].iter().any(|word| text.contains(word))
}

/// The HTTP status in the crate's words: `HTTP 429: …`, `BadRequest …`.
fn status(text: &str) -> Option<u16> {
    let after = text.split_once("HTTP ").map(|(_, rest)| rest);
    let digits: String = after?.chars().take_while(char::is_ascii_digit).collect();
    digits.parse().ok()
}

fn by_words(
    text: &str,
    credential: impl Fn() -> DnsWriteError,
    no_zone: impl Fn() -> DnsWriteError,
    later: impl Fn() -> DnsWriteError,
    refused: impl Fn() -> DnsWriteError,
) -> DnsWriteError {
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match () {
        () if has(&["failed to send", "timed out", "connect", "rate limit", "throttl", "too many"]) => later(),
        () if has(&[
            "unauthor",
            "authenti",
            "signature",
            "accesskey",
            "access key",
            "token",
            "credential",
            "forbidden",
        ]) =>
        {
            credential()
        }
        () if has(&["zone", "domain"]) && has(&["not found", "no such", "no suitable", "not exist", "unknown"]) => {
            no_zone()
        }
        () => refused(),
    }
}
