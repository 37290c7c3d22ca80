use super::Server;
use crate::entity::{self, Stored};
use crate::ids::OperationId;
use crate::operations::{self, Operation, Work};
use crate::{Context, Error, Result};

/// What a test does, in order.
pub const TEST_STEPS: &[&str] = &["connect", "identify"];

/// Starts an operation that connects to a server and says what runs there.
pub async fn start_test(ctx: &Context, server: &Stored<Server>) -> Result<OperationId> {
    let server = &server.value;
    let id = server.id;
    if server.ssh.is_none() {
        return Err(Error::Conflict(format!("server {id} has no SSH settings yet: PUT /api/servers/{id}/ssh")));
    }
    let store = ctx.store.as_ref();
    let operation = operations::next_id(store).await?;
    let operation =
        Operation::new(operation, server.owner, Work::TestServer { server: id }, TEST_STEPS, ctx.clock.now());
    store.write(entity::insert(&operation)?).await?;
    operations::send(ctx.queue.as_ref(), &operation).await;
    Ok(operation.id)
}
