use super::Server;
use crate::alerts::{self, Subject};
use crate::entity::{self, Stored};
use crate::operations::{self, Operation, Work};
use crate::ports::StoreError;
use crate::{Context, Error, Result, counter};

/// Deletes a server; an operation removes its keys from the vault. Refused while something is deployed to it.
pub async fn delete(ctx: &Context, server: &Stored<Server>) -> Result<()> {
    let store = ctx.store.as_ref();
    let (id, owner) = (server.value.id, server.value.owner);
    // By prefix: one that was put there by a request that died has no row that names it.
    let secrets = ctx.vault.list(&Server::secrets(id)).await?;
    let operation = operations::next_id(store).await?;
    let operation = Operation::new(operation, owner, Work::Purge { secrets }, &["purge"], ctx.clock.now());
    let writes = vec![
        counter::check_zero(&Server::deployments(id)),
        server.delete(),
        counter::add(&Server::total(owner), -1),
        entity::insert(&operation)?,
    ];
    match store.transact(writes).await {
        Ok(()) => {
            operations::send(ctx.queue.as_ref(), &operation).await;
            alerts::forget(ctx, Subject::Server(id)).await;
            Ok(())
        }
        Err(StoreError::Unexpected { index: 0 }) => Err(Error::Conflict(format!(
            "certificates are deployed to server {id}: delete those deployments first (GET \
             /api/deployments?server_id={id}); what they put on the server stays there"
        ))),
        Err(error) => Err(error.into()),
    }
}
