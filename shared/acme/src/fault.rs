//! What went wrong, as the port says it. One place decides whether later may work (RFC 8555 §6.7).

use std::error::Error as StdError;
use std::time::Duration;

use dial::Refusal;
use dial::words::cause;
use domain::ports::CaError;
use http::{Method, StatusCode};
use instant_acme::{Error, Problem};
use rustls::CertificateError;

/// How often a step is repeated while the CA refuses our nonces; instant-acme makes three attempts in each.
pub(crate) const ROUNDS: usize = 5;

/// The longest text of a CA that is shown, in characters.
const WORDS_MAX: usize = 1000;

/// A port's error, with the short name of the CA's problem type (RFC 8555 §6.7), empty where there was none.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{error}")]
pub(crate) struct Fault {
    pub(crate) kind: String,
    pub(crate) error: CaError,
}

/// Awaits a step, and does it again while the CA refuses its nonce. A refused request had no effect (RFC 8555 §6.5), so
/// that a step of one request is always safe to repeat. A macro, because a closure's future is not known to be `Send`.
macro_rules! persist {
    ($step:expr) => {{
        let mut round = 1;
        loop {
            match $step.await.map_err($crate::fault::Fault::from) {
                Err(fault) if fault.is_bad_nonce() && round < $crate::fault::ROUNDS => round += 1,
                done => break done,
            }
        }
    }};
}
pub(crate) use persist;

/// The CA's words: type, detail, and the subproblems with their names.
pub(crate) fn words(problem: &Problem) -> String {
    let own = sentence(problem.r#type.as_deref(), problem.detail.as_deref());
    let parts = problem.subproblems.iter().map(|part| {
        let words = sentence(part.r#type.as_deref(), part.detail.as_deref());
        match &part.identifier {
            Some(identifier) => format!("{}: {words}", identifier.authorized(false)),
            None => words,
        }
    });
    std::iter::once(own).chain(parts).collect::<Vec<_>>().join("; ")
}

/// A text that may be the CA's, and is stored and shown: no longer than a person reads, and on one line.
pub(crate) fn shortened(text: &str) -> String {
    let mut characters = text.chars().map(|c| if c.is_control() { ' ' } else { c });
    let mut short: String = characters.by_ref().take(WORDS_MAX).collect();
    if characters.next().is_some() {
        short.push('…');
    }
    short
}

fn sentence(kind: Option<&str>, detail: Option<&str>) -> String {
    match (kind.map(short), detail) {
        (Some(kind), Some(detail)) => format!("{kind}: {detail}"),
        (Some(one), None) | (None, Some(one)) => one.to_owned(),
        (None, None) => "the CA gave no reason".to_owned(),
    }
}

/// Whether it is the account that may do nothing any more (RFC 8555 §7.3.6): CAs have one type for that and for names
/// that are not proven. Boulder: `Account is not valid, has status "deactivated"`; Pebble: `Account has been deactivated`.
fn is_of_account(problem: Option<&Problem>) -> bool {
    let detail = problem.and_then(|problem| problem.detail.as_deref()).unwrap_or_default().to_lowercase();
    detail.contains("account") && ["deactivated", "revoked", "is not valid"].iter().any(|word| detail.contains(word))
}

fn short(kind: &str) -> &str {
    kind.rsplit(':').next().unwrap_or(kind)
}

impl Fault {
    /// Whether the CA refused the nonce, and nothing else.
    pub(crate) fn is_bad_nonce(&self) -> bool {
        self.kind == "badNonce"
    }

    /// A refusal without a problem document.
    pub(crate) fn refused(reason: impl Into<String>) -> Self {
        Self { kind: String::new(), error: CaError::Refused(reason.into()) }
    }

    /// A failure that may pass.
    pub(crate) fn later(reason: impl Into<String>, retry_after: Option<Duration>) -> Self {
        Self { kind: String::new(), error: CaError::Later { reason: reason.into(), retry_after } }
    }

    /// An answer that is not a success; the problem document is absent where the body was something else.
    pub(crate) fn answered(
        method: &Method,
        status: StatusCode,
        problem: Option<&Problem>,
        retry_after: Option<Duration>,
    ) -> Self {
        let kind = problem.and_then(|p| p.r#type.as_deref()).map(short).unwrap_or_default();
        let reason = problem.map_or_else(|| format!("the CA answered {status}"), words);
        let missing = problem.and_then(|p| p.detail.as_deref()).is_some_and(|d| d.to_lowercase().contains("not found"));
        let error = match (kind, status) {
            ("rateLimited" | "serverInternal" | "badNonce", _)
            | (_, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT) => {
                CaError::Later { reason, retry_after }
            }
            (_, status) if status.is_server_error() => CaError::Later { reason, retry_after },
            ("accountDoesNotExist", _) => CaError::NoAccount(reason),
            ("unauthorized", _) if is_of_account(problem) => CaError::NoAccount(reason),
            // What is asked for by POST is an order or a part of one; by GET and HEAD, the directory's own URLs.
            (_, StatusCode::NOT_FOUND) if method == Method::POST => CaError::Gone(reason),
            ("malformed", _) if method == Method::POST && missing => CaError::Gone(reason),
            _ => CaError::Refused(reason),
        };
        Self { kind: kind.to_owned(), error }
    }

    /// A connection that could not be made or broke; its cause is the last in the chain.
    pub(crate) fn disconnected(host: &str, error: &(dyn StdError + 'static)) -> Self {
        let mut reason = String::new();
        let mut next = Some(error);
        while let Some(error) = next {
            if let Some(refusal) = error.downcast_ref::<Refusal>() {
                return Self::refused(refusal.to_string());
            }
            if let Some(rustls::Error::InvalidCertificate(
                CertificateError::UnknownIssuer
                | CertificateError::BadSignature
                | CertificateError::NotValidForName
                | CertificateError::NotValidForNameContext { .. }
                | CertificateError::Other(_),
            )) = error.downcast_ref()
            {
                return Self::refused(format!(
                    "the TLS certificate of {host} is not trusted ({}); a CA of one's own needs its root certificate as \
                     the provider's rootCaPem",
                    cause(error)
                ));
            }
            reason = cause(error);
            // An io::Error's source is its content's source: the content itself would be skipped.
            let content = error.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
            next = content.map(|e| e as &(dyn StdError + 'static)).or_else(|| error.source());
        }
        Self::later(format!("{host} cannot be reached: {reason}"), None)
    }
}

impl From<Error> for Fault {
    fn from(error: Error) -> Self {
        match error {
            // The transport turns failed answers into faults; what is left is a refused nonce, or an object's error.
            Error::Api(problem) => {
                let status = problem.status.and_then(|code| StatusCode::from_u16(code).ok());
                Self::answered(&Method::POST, status.unwrap_or(StatusCode::BAD_REQUEST), Some(&problem), None)
            }
            Error::Other(inner) => match inner.downcast::<Self>() {
                Ok(fault) => *fault,
                Err(other) => Self::later(other.to_string(), None),
            },
            Error::Json(error) => Self::refused(format!("the CA's answer is not ACME: {error}")),
            Error::Crypto | Error::KeyRejected => Self::refused("the account's key cannot be used"),
            Error::Timeout(_) => Self::later("the CA did not answer in time", None),
            other => Self::refused(other.to_string()),
        }
    }
}

impl From<Fault> for Error {
    fn from(fault: Fault) -> Self {
        Self::Other(Box::new(fault))
    }
}

impl From<Fault> for CaError {
    fn from(fault: Fault) -> Self {
        match fault.error {
            Self::Refused(reason) => Self::Refused(shortened(&reason)),
            Self::Gone(reason) => Self::Gone(shortened(&reason)),
            Self::NoAccount(reason) => Self::NoAccount(shortened(&reason)),
            Self::Later { reason, retry_after } => Self::Later { reason: shortened(&reason), retry_after },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_tls_says_is_a_sentence() {
        let words = |error| {
            let error = std::io::Error::other(rustls::Error::InvalidCertificate(error));
            Fault::disconnected("ca.example", &error).error.to_string()
        };
        let revoked = words(CertificateError::Revoked);
        assert!(revoked.ends_with("ca.example cannot be reached: a certificate was revoked"), "{revoked}");
        let unknown = words(CertificateError::UnknownIssuer);
        assert!(unknown.contains("is not trusted (the chain leads to no root"), "{unknown}");
    }
}
