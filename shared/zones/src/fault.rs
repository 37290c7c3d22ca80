//! What a failure means: by what was seen of the provider's last answer, and by the crate's texts, with the DNS response
//! code or words of the provider somewhere in them. Nothing that came over HTTP is passed on: whoever made the
//! credential may have named any server.

use dns_update::Error;
use domain::ports::{DnsWriteError, TxtChange};
use provider_http::{Error as Failure, Seen};

use crate::fields::Fields;

/// The longest text of the crate that is passed on or logged, in characters.
const LONGEST: usize = 300;

/// Sorts by whether the same change may work later.
pub fn sort(error: &Error, seen: &Seen, fields: &Fields<'_>, change: &TxtChange) -> DnsWriteError {
    let text = printable(&fields.redact(&error.to_string()));
    if let Some(failure) = &seen.failure {
        return unanswered(failure, fields);
    }
    let said = match seen.status {
        Some(status) => {
            tracing::info!(host = change.host, %status, said = text, "a DNS provider refuses a change");
            format!("it answered HTTP {status}")
        }
        None => text.clone(),
    };
    let credential = || DnsWriteError::Credential(format!("the DNS provider does not accept the credential: {said}"));
    let later =
        || DnsWriteError::Later { reason: format!("the DNS provider cannot be used now: {said}"), retry_after: None };
    let no_zone =
        || DnsWriteError::NoZone(format!("the DNS provider has no zone {} for this credential: {said}", change.zone));
    let refused = || DnsWriteError::Refused(format!("the DNS provider refuses the records of {}: {said}", change.host));
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
        Error::Api(_) | Error::Serialize(_) => match seen.status.map(|status| status.as_u16()) {
            Some(401 | 403) => credential(),
            Some(404) => no_zone(),
            Some(408 | 425 | 429 | 500..) => later(),
            Some(300..) => refused(),
            // Many say no with a status that says yes.
            Some(_) | None => by_words(&text.to_lowercase(), credential, no_zone, later, refused),
        },
        Error::Parse(_) | Error::BadRequest | Error::Unsupported(_) => refused(),
        _ => later(),
    }
}

/// What it means that a request had no answer, or none that is read.
fn unanswered(failure: &Failure, fields: &Fields<'_>) -> DnsWriteError {
    let why = fields.redact(&failure.to_string());
    match failure {
        Failure::Forbidden(_) | Failure::Url(_) => DnsWriteError::Refused(why),
        Failure::TooLong | Failure::TooDense | Failure::Compressed | Failure::Json => {
            DnsWriteError::Refused(format!("the DNS provider's answer is not read: {why}"))
        }
        Failure::Unreachable { .. } | Failure::Late { .. } | Failure::NoTransport => {
            DnsWriteError::Later { reason: format!("the DNS provider cannot be used now: {why}"), retry_after: None }
        }
    }
}

/// A text in one line, of characters that are seen, and not longer than it needs to be.
fn printable(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).take(LONGEST).collect()
}

fn is_tsig(text: &str) -> bool {
    let text = text.to_lowercase();
    ["tsig", "hmac", "signature"].iter().any(|word| text.contains(word))
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
