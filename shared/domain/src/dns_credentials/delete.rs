use super::DnsCredential;
use crate::entity::{self, Stored};
use crate::operations::{self, Operation, Work};
use crate::ports::StoreError;
use crate::{Context, Error, Result, counter};

/// Deletes a credential that nothing uses. Its secret is removed from the vault by an operation.
pub async fn delete(ctx: &Context, credential: &Stored<DnsCredential>) -> Result<()> {
    let store = ctx.store.as_ref();
    let (id, owner) = (credential.value.id, credential.value.owner);
    let work = Work::Purge { secrets: vec![DnsCredential::secret(id)] };
    let operation = operations::next_id(store).await?;
    let operation = Operation::new(operation, owner, work, &["purge"], ctx.clock.now());
    let writes = vec![
        counter::check_zero(&DnsCredential::references(id)),
        credential.delete(),
        counter::add(&DnsCredential::total(owner), -1),
        entity::insert(&operation)?,
    ];
    match store.transact(writes).await {
        Ok(()) => {
            operations::send(ctx.queue.as_ref(), &operation).await;
            Ok(())
        }
        Err(StoreError::Unexpected { index: 0 }) => Err(Error::Conflict(
            "this DNS credential is in use: by certificates, as the delegation zone, or by records that Steward made \
             with it and has still to remove"
                .into(),
        )),
        Err(error) => Err(error.into()),
    }
}
