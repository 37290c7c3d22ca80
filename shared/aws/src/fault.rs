//! What the SDK's errors mean to a caller of a port.

use std::error::Error;

use aws_sdk_dynamodb::operation::transact_write_items::TransactWriteItemsError;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
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
pub(crate) fn refused<E>(error: &SdkError<E, HttpResponse>) -> Refusal
where
    E: ProvideErrorMetadata + Error + 'static,
{
    Refusal::Other(match code(error) {
        Some("TransactionConflictException") => return Refusal::Conflict(words(error)),
        Some("ConditionalCheckFailedException") => StoreError::Unexpected { index: 0 },
        Some(code) if BUSY.contains(&code) => StoreError::Busy(words(error)),
        _ if gave_no_answer(error) => StoreError::Unreachable(words(error)),
        _ => StoreError::Failed(words(error)),
    })
}

/// Whether the call may have been done all the same: nothing came back, or what DynamoDB or a proxy before it says when
/// it is not well (5xx).
fn gave_no_answer<E>(error: &SdkError<E, HttpResponse>) -> bool {
    match error {
        SdkError::TimeoutError(_) | SdkError::DispatchFailure(_) | SdkError::ResponseError(_) => true,
        SdkError::ServiceError(context) => context.raw().status().is_server_error(),
        _ => false,
    }
}

/// What an error of a transaction means: an expectation that does not hold outweighs what may pass.
pub(crate) fn cancelled(error: &SdkError<TransactWriteItemsError, HttpResponse>) -> Refusal {
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

#[cfg(test)]
mod tests {
    use aws_sdk_dynamodb::types::CancellationReason;
    use aws_sdk_dynamodb::types::error::TransactionCanceledException;
    use aws_smithy_types::body::SdkBody;
    use aws_smithy_types::error::ErrorMetadata;

    use super::*;

    fn answer(status: u16) -> HttpResponse {
        HttpResponse::new(status.try_into().unwrap(), SdkBody::empty())
    }

    fn refusal(codes: &[&str]) -> Refusal {
        let reason = |code: &&str| CancellationReason::builder().code(*code).message("words").build();
        let reasons = codes.iter().map(reason).collect();
        let cancelled_by = TransactionCanceledException::builder().set_cancellation_reasons(Some(reasons)).build();
        cancelled(&SdkError::service_error(
            TransactWriteItemsError::TransactionCanceledException(cancelled_by),
            answer(400),
        ))
    }

    #[test]
    fn an_expectation_that_does_not_hold_outweighs_a_conflict() {
        let (none, conflict, failed) = ("None", "TransactionConflict", "ConditionalCheckFailed");
        for (codes, index) in [(&[none, failed][..], 1), (&[conflict, none, failed], 2), (&[failed, conflict], 0)] {
            let refusal = refusal(codes);
            assert!(matches!(refusal, Refusal::Other(StoreError::Unexpected { index: i }) if i == index), "{codes:?}");
        }
        assert!(matches!(refusal(&[none, conflict]), Refusal::Conflict(words) if words.contains("words")));
        assert!(matches!(refusal(&[none, "ThrottlingError"]), Refusal::Other(StoreError::Busy(_))));
        assert!(matches!(refusal(&["ItemCollectionSizeLimitExceeded"]), Refusal::Other(StoreError::Failed(_))));
        assert!(matches!(refusal(&[]), Refusal::Other(StoreError::Failed(_))));
    }

    #[test]
    fn what_may_pass_is_busy() {
        let refusal_at = |status: u16, code: &str| {
            let error = TransactWriteItemsError::generic(ErrorMetadata::builder().code(code).message("words").build());
            StoreError::from(refused(&SdkError::service_error(error, answer(status))))
        };
        let refusal = |code: &str| refusal_at(400, code);
        for code in ["TransactionConflictException", "TransactionInProgressException", "ThrottlingException"] {
            assert!(matches!(refusal(code), StoreError::Busy(words) if words == format!("{code}: words")));
        }
        assert!(matches!(refusal("ConditionalCheckFailedException"), StoreError::Unexpected { index: 0 }));
        assert!(matches!(refusal("AccessDeniedException"), StoreError::Failed(_)));
        assert!(matches!(refusal_at(500, "InternalServerError"), StoreError::Unreachable(_)));
    }
}
