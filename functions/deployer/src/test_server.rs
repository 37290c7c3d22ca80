use domain::entity::{self, Stored};
use domain::ids::{OperationId, ServerId};
use domain::operations::{self, Leased, Next, Operation, Work};
use domain::ports::{Key, StoreError};
use domain::servers::{self, Contact, ContactError, Server};
use domain::{Context, Error};

use crate::LEASE;
use crate::script::{self, script};

/// The longest that is kept of what a server says of itself, in characters.
const SHOWN: usize = 100;
/// How often what was found is written over a change of somebody else.
const TRIES: usize = 5;

/// Connects to a server, and writes down what runs there.
pub(crate) async fn test(ctx: &Context, id: OperationId) -> domain::Result<Next> {
    let mut operation = match operations::take(ctx, id, LEASE).await? {
        Leased::Ours(operation) => operation,
        Leased::Busy(left) => return Ok(Next::Again(left)),
        Leased::Over => return Ok(Next::Done),
    };
    let Work::TestServer { server } = operation.value.work else {
        return Err(Error::Internal(format!("operation {id} tests no server")));
    };
    let ended = match operations::stopped(ctx, &operation.value, &[]).await? {
        Some(reason) => Err(reason),
        None => look(ctx, server, &mut operation).await?,
    };
    let now = ctx.clock.now();
    match ended {
        Ok(found) => {
            operation.value.complete_with("identify", Some(found), now);
            operation.value.succeed(now);
        }
        Err(reason) => operation.value.fail(&reason, now),
    }
    operation.save(ctx.store.as_ref()).await?;
    Ok(Next::Done)
}

/// What runs there, or why that cannot be said.
async fn look(
    ctx: &Context,
    id: ServerId,
    operation: &mut Stored<Operation>,
) -> domain::Result<Result<String, String>> {
    let Contact { server, session } = match servers::connect(ctx, id).await {
        Ok(contact) => contact,
        Err(ContactError::Remote(error)) => return Ok(Err(error.to_string())),
        Err(ContactError::Other(error @ Error::NotFound { .. })) => return Ok(Err(error.to_string())),
        Err(ContactError::Other(error)) => return Err(error),
    };
    operation.value.complete("connect", ctx.clock.now());
    operation.save(ctx.store.as_ref()).await?;
    let output = match session.run(script(script::IDENTIFY, [&server.value.r#type])).await {
        Ok(output) => output,
        Err(error) => return Ok(Err(error.to_string())),
    };
    let line = |n| -> String {
        let line = output.stdout.lines().nth(n).unwrap_or_default().trim();
        line.chars().filter(|c| !c.is_control()).take(SHOWN).collect()
    };
    let (system, version) = (line(0), line(1));
    write_down(ctx, id, &system, &version).await?;
    let serves = if version.is_empty() { "nothing that Steward knows serves sites".to_owned() } else { version };
    Ok(Ok(format!("{system}; {serves}")))
}

async fn write_down(ctx: &Context, id: ServerId, system: &str, version: &str) -> domain::Result<()> {
    let store = ctx.store.as_ref();
    for _ in 0..TRIES {
        let mut server: Stored<Server> = entity::load(store, Key::of(id.0)).await?;
        server.value.identified(system, version, ctx.clock.now());
        match store.write(server.update()?).await {
            Err(StoreError::Unexpected { .. }) => {}
            written => return Ok(written?),
        }
    }
    Err(StoreError::Unexpected { index: 0 }.into())
}
