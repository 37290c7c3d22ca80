use domain::certificates::Certificate;
use domain::entity::{self, Stored};
use domain::operations::{self, Next, Operation, Progress, Work};
use domain::{Context, Result, deployments, dns_records, http_challenges};

/// Ends an operation whose certificate was deleted meanwhile; what was made for it is removed.
pub(crate) async fn deleted(ctx: &Context, mut operation: Stored<Operation>) -> Result<Next> {
    let (store, now) = (ctx.store.as_ref(), ctx.clock.now());
    operation.value.fail("the certificate was deleted", now);
    let order = &operation.value;
    let removal = dns_records::removal(operations::next_id(store).await?, order.owner, order.id, now);
    store.transact(vec![operation.update()?, entity::insert(&removal)?]).await?;
    operations::send(ctx.queue.as_ref(), &removal).await;
    http_challenges::remove(ctx, operation.value.id).await?;
    Ok(Next::Done)
}

/// What is to be done once an order has come to its end, as operations to be committed with it: the records and answers
/// that were made for it are removed, a renewed certificate goes to its servers, and a key that is no longer used goes.
pub(crate) async fn operations(ctx: &Context, order: &Operation, certificate: &Certificate) -> Result<Vec<Operation>> {
    let (store, now) = (ctx.store.as_ref(), ctx.clock.now());
    let mut follow_up = Vec::new();
    if order.steps.iter().any(|step| step.name == "publish") {
        follow_up.push(dns_records::removal(operations::next_id(store).await?, order.owner, order.id, now));
    }
    // A first one goes to the servers that wait for it.
    let succeeded = order.state == Progress::Succeeded;
    if succeeded && (certificate.version >= 1 || deployments::are_there(ctx, certificate.id).await?) {
        follow_up.push(deployments::rollout(operations::next_id(store).await?, certificate, now));
    }
    if order.state == Progress::Succeeded && certificate.version >= 2 {
        // The version before is kept: a server may be at work with it.
        let secrets = vec![Certificate::secret(certificate.id, certificate.version - 2)];
        let work = Work::Purge { secrets };
        follow_up.push(Operation::new(operations::next_id(store).await?, order.owner, work, &["purge"], now));
    }
    Ok(follow_up)
}
