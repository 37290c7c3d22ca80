use serde::{Deserialize, Serialize};

use crate::entity::{self, Entity, Stored};
use crate::ids::{OperationId, ServerId};
use crate::operations::Operation;
use crate::ports::{Attribute, Expect, Key, StoreError, Table, Write};
use crate::{Context, Result};

/// Which run works on a server: runs of one server go one after another, because they test and reload one
/// configuration.
pub static LOCKS: Table =
    Table { name: "deployment_locks", partition: Attribute::number("server"), sort: None, indexes: &[], ttl: None };

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Lock {
    server: ServerId,
    operation: OperationId,
}

impl Entity for Lock {
    const TABLE: &'static Table = &LOCKS;
    const NAME: &'static str = "lock of a server";

    fn key(&self) -> Key {
        Key::of(self.server.0)
    }
}

/// Takes a server for an operation until it ends; whether it has it now. One whose operation has ended without giving
/// it back is taken over.
pub async fn take_turn(ctx: &Context, server: ServerId, operation: OperationId) -> Result<bool> {
    let store = ctx.store.as_ref();
    let written = match entity::find::<Lock>(store, Key::of(server.0)).await? {
        None => store.write(entity::insert(&Lock { server, operation })?).await,
        Some(lock) if lock.value.operation == operation => return Ok(true),
        Some(mut lock) => {
            let holder: Option<Stored<Operation>> = entity::find(store, Key::of(lock.value.operation.0)).await?;
            if holder.is_some_and(|holder| holder.value.is_open()) {
                return Ok(false);
            }
            lock.value.operation = operation;
            store.write(lock.update()?).await
        }
    };
    match written {
        Ok(()) => Ok(true),
        Err(StoreError::Unexpected { .. }) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

/// Gives a server back, together with the last write of the operation that has it.
pub fn release(server: ServerId) -> Write {
    Write::Delete { table: &LOCKS, key: Key::of(server.0), expect: Expect::Any }
}
