use std::error::Error as StdError;
use std::time::Duration;

use dial::Refusal;

use crate::answer::ANSWER_MAX;
use crate::transport::WORK_MAX;

/// The outcome of a request.
pub type Result<T> = std::result::Result<T, Error>;

/// Why there is no answer. Holds nothing of what the provider answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// The policy for targets refuses the provider's address; trying again does not help.
    #[error("{0}")]
    Forbidden(String),
    /// What is to be asked for is no URL, or nothing that can be sent.
    #[error("{0} cannot be called: it is no http or https URL")]
    Url(String),
    /// No connection, or one that broke.
    #[error("{host} cannot be reached: {reason}")]
    Unreachable {
        /// Where.
        host: String,
        /// The innermost cause.
        reason: String,
    },
    /// The time for a request was over.
    #[error("{host} gave no answer within {} s", within.as_secs())]
    Late {
        /// Where.
        host: String,
        /// The time given.
        within: Duration,
    },
    /// The answer, or all answers to one change, are longer than is read.
    #[error("the provider sent more than {} MiB in one answer, or more than {} MiB or too many answers for one change", ANSWER_MAX >> 20, WORK_MAX >> 20)]
    TooLong,
    /// An answer that would take many times its length in memory.
    #[error("the answer holds more values than any provider sends")]
    TooDense,
    /// The answer is compressed, which was not asked for.
    #[error("the answer is compressed, which was not asked for")]
    Compressed,
    /// The answer is not what was asked for.
    #[error("the answer is no JSON")]
    Json,
    /// Nothing sends requests here.
    #[error("requests are sent by a Transport only")]
    NoTransport,
}

impl Error {
    /// From an error of hyper's, or of a connection.
    pub(crate) fn of(host: &str, plain: bool, error: &(dyn StdError + 'static)) -> Self {
        let mut cause = error;
        loop {
            if let Some(refusal) = cause.downcast_ref::<Refusal>() {
                return Self::Forbidden(if plain {
                    format!("{host}: by http only networks in STEWARD_ALLOW_TARGETS are reached; use https")
                } else {
                    refusal.to_string()
                });
            }
            // An io::Error's source is its content's source: the content itself would be skipped.
            let content = cause.downcast_ref::<std::io::Error>().and_then(std::io::Error::get_ref);
            match content.map(|e| e as &(dyn StdError + 'static)).or_else(|| cause.source()) {
                Some(source) => cause = source,
                None => return Self::Unreachable { host: host.to_owned(), reason: cause.to_string() },
            }
        }
    }
}
