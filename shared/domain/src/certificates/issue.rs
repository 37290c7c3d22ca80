use super::{Certificate, Method};
use crate::entity::{self, Stored};
use crate::operations::{self, Operation, Work};
use crate::ports::{Key, StoreError};
use crate::{Context, Result};

/// The steps of an order whose records its owner made, in order.
const VERIFIED: [&str; 4] = ["answer_challenges", "authorize", "finalize", "download"];
/// The steps of an order that Steward makes and proves by itself.
const AUTOMATIC: [&str; 7] =
    ["order", "publish", "propagate", "answer_challenges", "authorize", "finalize", "download"];

/// The steps of an order that nobody has to do anything for.
pub fn automatic_steps() -> &'static [&'static str] {
    &AUTOMATIC
}

/// Starts the operation that proves and issues: of a certificate whose names are proven by hand, the order it has; of
/// any other, a new one. Of several at once, one starts it, and all get that one's.
pub async fn begin(ctx: &Context, certificate: &mut Stored<Certificate>) -> Result<Operation> {
    let store = ctx.store.as_ref();
    let now = ctx.clock.now();
    let steps: &[&str] = match certificate.value.method {
        Method::Manual => &VERIFIED,
        Method::Dns { .. } | Method::Delegated | Method::Http => &AUTOMATIC,
    };
    let work = Work::Issue { certificate: certificate.value.id };
    let operation = Operation::new(operations::next_id(store).await?, certificate.value.owner, work, steps, now);
    certificate.value.start_verifying(operation.id, now)?;
    match store.transact(vec![certificate.update()?, entity::insert(&operation)?]).await {
        Ok(()) => certificate.written(),
        Err(StoreError::Unexpected { index: 0 }) => {
            *certificate = entity::load(store, Key::of(certificate.value.id.0)).await?;
            let Some(other) = certificate.value.operation() else {
                return Err(StoreError::Unexpected { index: 0 }.into());
            };
            return Ok(entity::load::<Operation>(store, Key::of(other.0)).await?.value);
        }
        Err(error) => return Err(error.into()),
    }
    operations::send(ctx.queue.as_ref(), &operation).await;
    Ok(operation)
}
