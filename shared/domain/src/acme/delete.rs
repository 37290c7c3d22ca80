use super::Account;
use super::set_default::load;
use crate::ids::AccountId;
use crate::operations::{self, Operation, Work};
use crate::ports::StoreError;
use crate::users::Viewer;
use crate::{Context, Error, Result, counter, entity};

/// Deletes an account (002 §6): never the default one, nor one that a certificate was ordered with. Its key is
/// removed from the vault by an operation.
pub async fn delete(ctx: &Context, viewer: &Viewer, id: AccountId) -> Result<()> {
    let store = ctx.store.as_ref();
    let account = load(ctx, viewer, id).await?;
    if account.value.is_default {
        return Err(Error::Conflict(
            "cannot delete default account, please set another account as default first".into(),
        ));
    }
    let work = Work::Purge { secrets: vec![Account::secret(id)] };
    let operation = operations::next_id(store).await?;
    let operation = Operation::new(operation, account.value.owner, work, &["purge"], ctx.clock.now());
    let writes = vec![counter::check_zero(&Account::references(id)), account.delete(), entity::insert(&operation)?];
    match store.transact(writes).await {
        Ok(()) => {
            operations::send(ctx.queue.as_ref(), &operation).await;
            Ok(())
        }
        Err(StoreError::Unexpected { index: 0 }) => {
            Err(Error::Conflict("cannot delete account, it is referenced by certificate requests".into()))
        }
        Err(error) => Err(error.into()),
    }
}
