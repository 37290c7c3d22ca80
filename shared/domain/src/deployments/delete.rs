use super::start::{refuse_while_at_work, supersede};
use super::{Deployment, RUNS, paths};
use crate::alerts::{self, Subject};
use crate::certificates::Certificate;
use crate::entity::Stored;
use crate::ports::{Expect, Key, Query, Write};
use crate::servers::Server;
use crate::{Context, Result, counter};

/// Deletes a deployment and the history of its runs; refused while one is at work. What is on the server stays there,
/// so that no site breaks.
pub async fn delete(ctx: &Context, deployment: &Stored<Deployment>) -> Result<()> {
    let store = ctx.store.as_ref();
    let value = &deployment.value;
    let waiting = refuse_while_at_work(ctx, value).await?;
    let mut writes = vec![
        deployment.delete(),
        paths::give_back(value.server, &value.deploy_path),
        counter::add(&Certificate::deployments(value.certificate), -1),
        counter::add(&Server::deployments(value.server), -1),
    ];
    let mut current = None;
    if let Some((mut run, mut operation)) = waiting {
        current = Some(run.value.id.0);
        supersede(&mut run.value, &mut operation.value, "its deployment was deleted", ctx.clock.now());
        writes.extend([operation.update()?, run.delete()]);
    }
    // Each run's end leaves at most as many as one transaction can remove.
    for item in store.query(Query::of(&RUNS, value.id.0)).await?.items {
        let Some(id) = item.get("id").and_then(serde_json::Value::as_i64) else { continue };
        if current != Some(id) {
            writes.push(Write::Delete { table: &RUNS, key: Key::pair(value.id.0, id), expect: Expect::Any });
        }
    }
    store.transact(writes).await?;
    alerts::forget(ctx, Subject::Deployment(value.id)).await;
    Ok(())
}
