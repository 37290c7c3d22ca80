use super::renew::order;
use super::{Attempt, Certificate, Method, Renewal, State, begin, challenge, records};
use crate::entity::Stored;
use crate::ids::OperationId;
use crate::{Context, Error, Result};

/// What came of asking to verify.
#[derive(Debug)]
pub enum Verified {
    /// A record is missing; what, and where it was looked for. The CA was not bothered.
    Missing(String),
    /// The earlier order had failed; a new one waits for the records it now has.
    OrderedAgain,
    /// The operation is under way.
    Started(OperationId),
}

/// Starts the operation that issues: where the names are proven by hand, once all records are there. Asking again while
/// it runs gives the same operation.
pub async fn verify(ctx: &Context, certificate: &mut Stored<Certificate>) -> Result<Verified> {
    if let Some(operation) = certificate.value.operation() {
        return Ok(Verified::Started(operation));
    }
    let awaits_records = matches!(&certificate.value.renewal, Some(Renewal { attempt: Attempt::AwaitingRecords, .. }));
    match (&certificate.value.state, certificate.value.method) {
        (State::Unissued, Method::Manual) => check_and_start(ctx, certificate).await,
        (State::Issued(_), Method::Manual) if awaits_records => check_and_start(ctx, certificate).await,
        (State::Failed { .. }, Method::Manual) => {
            order(ctx, certificate).await?;
            Ok(Verified::OrderedAgain)
        }
        (State::Unissued | State::Failed { .. }, _) => Ok(Verified::Started(begin(ctx, certificate).await?.id)),
        (State::Issued(issued), _) => {
            let status = if issued.valid_to <= ctx.clock.now() { "has expired" } else { "is issued already" };
            let id = certificate.value.id;
            Err(Error::Conflict(format!("the certificate {status}; POST /api/certificates/{id}/renew renews it")))
        }
        (State::Revoked { .. }, _) => {
            Err(Error::Conflict("the certificate was revoked; order a new one with POST /api/certificates".into()))
        }
        (State::Verifying { .. } | State::Issuing { .. }, _) => {
            Err(Error::Internal("an order in flight has no operation".into()))
        }
    }
}

async fn check_and_start(ctx: &Context, certificate: &mut Stored<Certificate>) -> Result<Verified> {
    match challenge::missing(ctx.dns.as_ref(), &records(&certificate.value)).await? {
        Some(missing) => Ok(Verified::Missing(missing)),
        None => Ok(Verified::Started(begin(ctx, certificate).await?.id)),
    }
}
