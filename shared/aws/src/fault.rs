//! What the SDK's errors mean to a caller of a port.

use std::error::Error;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use domain::ports::StoreError;

/// Codes that ask to come again. The SDK has done so already.
const BUSY: [&str; 5] = [
    "TransactionInProgressException",
    "ProvisionedThroughputExceededException",
    "ThrottlingException",
    "RequestLimitExceeded",
    "ReplicatedWriteConflictException",
];

/// The same, in the reasons of a cancelled transaction.
const BUSY_REASONS: [&str; 2] = ["ThrottlingError", "ProvisionedThroughputExceeded"];

/// Why DynamoDB did not do what was asked.
pub(crate) enum Refusal {
    /// The item is in somebody else's transaction, for some milliseconds; this call was not done.
    Conflict(String),
    /// Anything else.
    Other(StoreError),
}

impl From<Refusal> for StoreError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Conflict(words) => Self::Busy(words),
            Refusal::Other(error) => error,
        }
    }
}

/// What happened, without the request and the answer: they may hold secrets.
pub(crate) fn words<E, R>(error: &SdkError<E, R>) -> String
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug,
{
    if let SdkError::ServiceError(context) = error {
        let metadata = context.err().meta();
        if let Some(code) = metadata.code() {
            return format!("{code}: {}", metadata.message().unwrap_or("no reason given"));
        }
    }
    let mut words = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        words.push_str(": ");
        words.push_str(&error.to_string());
        source = error.source();
    }
    words
}

/// What an error of DynamoDB means.
pub(crate) fn refused<E, R>(error: &SdkError<E, R>) -> Refusal
where
    E: ProvideErrorMetadata + Error + 'static,
    R: std::fmt::Debug,
{
    Refusal::Other(match code(error) {
        Some("TransactionConflictException") => return Refusal::Conflict(words(error)),
        Some("ConditionalCheckFailedException") => StoreError::Unexpected { index: 0 },
        Some(code) if BUSY.contains(&code) => StoreError::Busy(words(error)),
        _ => StoreError::Failed(words(error)),
    })
}

/// What an error of a transaction means: an expectation that does not hold outweighs what may pass.
pub(crate) fn cancelled<R: std::fmt::Debug>(error: &SdkError<TransactWriteItemsError, R>) -> Refusal {
    let Some(TransactWriteItemsError::TransactionCanceledException(cancelled)) = error.as_service_error() else {
        return refused(error);
    };
    let reasons = cancelled.cancellation_reasons();
    let code = |reason: &aws_sdk_dynamodb::types::CancellationReason| reason.code().unwrap_or_default().to_owned();
    if let Some(index) = reasons.iter().position(|reason| code(reason) == "ConditionalCheckFailed") {
        return Refusal::Other(StoreError::Unexpected { index });
    }
    let real = reasons.iter().find(|reason| !matches!(code(reason).as_str(), "" | "None"));
    let said = real.map_or_else(
        || words(error),
        |reason| format!("{}: {}", code(reason), reason.message().unwrap_or("no reason given")),
    );
    match real.and_then(|reason| reason.code()) {
        Some("TransactionConflict") => Refusal::Conflict(said),
        Some(code) if BUSY_REASONS.contains(&code) => Refusal::Other(StoreError::Busy(said)),
        _ => Refusal::Other(StoreError::Failed(said)),
    }
}

/// The code of an answer that is an error.
pub(crate) fn code<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> Option<&str> {
    match error {
        SdkError::ServiceError(context) => context.err().meta().code(),
        _ => None,
    }
}
