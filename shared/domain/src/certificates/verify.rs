use super::{Certificate, State, challenge, create, records};
use crate::acme::Account;
use crate::entity::{self, Stored};
use crate::ids::OperationId;
use crate::operations::{self, Operation, Work};
use crate::ports::{Key, StoreError};
use crate::{Context, Error, Result};

/// The steps of issuing, in order.
pub const STEPS: [&str; 4] = ["answer_challenges", "authorize", "finalize", "download"];

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

/// Looks the records up, and when all are there starts the operation that issues. Asking again while it runs gives
/// the same operation.
pub async fn verify(ctx: &Context, certificate: &mut Stored<Certificate>) -> Result<Verified> {
    let now = ctx.clock.now();
    match &certificate.value.state {
        State::Verifying { operation } | State::Issuing { operation } => Ok(Verified::Started(*operation)),
        State::Failed { .. } => order_again(ctx, certificate).await,
        State::Unissued => check_and_start(ctx, certificate).await,
        State::Issued(issued) if issued.valid_to <= now => {
            Err(Error::Conflict("the certificate has expired; order a new one with POST /api/certificates".into()))
        }
        State::Issued(_) => Err(Error::Conflict("the certificate is issued already".into())),
        State::Revoked { .. } => {
            Err(Error::Conflict("the certificate was revoked; order a new one with POST /api/certificates".into()))
        }
    }
}

async fn check_and_start(ctx: &Context, certificate: &mut Stored<Certificate>) -> Result<Verified> {
    if let Some(missing) = challenge::missing(ctx.dns.as_ref(), &records(&certificate.value)).await? {
        return Ok(Verified::Missing(missing));
    }
    let store = ctx.store.as_ref();
    let now = ctx.clock.now();
    let work = Work::Issue { certificate: certificate.value.id };
    let operation = Operation::new(operations::next_id(store).await?, certificate.value.owner, work, &STEPS, now);
    certificate.value.start_verifying(operation.id, now)?;
    match store.transact(vec![certificate.update()?, entity::insert(&operation)?]).await {
        Ok(()) => certificate.written(),
        // Two requests at once: the other one's operation is the one.
        Err(StoreError::Unexpected { index: 0 }) => {
            *certificate = entity::load(store, Key::of(certificate.value.id.0)).await?;
            let other = certificate.value.operation();
            return other.map(Verified::Started).ok_or_else(|| StoreError::Unexpected { index: 0 }.into());
        }
        Err(error) => return Err(error.into()),
    }
    operations::send(ctx.queue.as_ref(), &operation).await;
    Ok(Verified::Started(operation.id))
}

async fn order_again(ctx: &Context, certificate: &mut Stored<Certificate>) -> Result<Verified> {
    let store = ctx.store.as_ref();
    let account: Stored<Account> = entity::load(store, Key::of(certificate.value.account.0)).await?;
    let names: Vec<_> = certificate.value.names().cloned().collect();
    let order = create::order(ctx, &create::active(account.value)?, &names).await?;
    certificate.value.order_again(order, ctx.clock.now())?;
    certificate.save(store).await?;
    Ok(Verified::OrderedAgain)
}
