use domain::certificates::Certificate;
use domain::operations::{self, Operation, Progress, Work};
use domain::{Context, Result, deployments, dns_records};

/// What is to be done once an order has come to its end, as operations to be committed with it: the records and answers
/// that were made for it are removed, a renewed certificate goes to its servers, and a key that is no longer used goes.
pub(crate) async fn operations(ctx: &Context, order: &Operation, certificate: &Certificate) -> Result<Vec<Operation>> {
    let (store, now) = (ctx.store.as_ref(), ctx.clock.now());
    let mut follow_up = Vec::new();
    if order.steps.iter().any(|step| step.name == "publish") {
        follow_up.push(dns_records::removal(operations::next_id(store).await?, order.owner, order.id, now));
    }
    if order.state == Progress::Succeeded && certificate.version >= 1 {
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
