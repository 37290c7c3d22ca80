use domain::certificates::Certificate;
use domain::operations::{self, Operation, Progress, Work};
use domain::{Context, Result};

/// What is to be done once an order has come to its end, as operations to be committed with it.
pub(crate) async fn operations(ctx: &Context, order: &Operation, certificate: &Certificate) -> Result<Vec<Operation>> {
    let mut follow_up = Vec::new();
    if order.state == Progress::Succeeded && certificate.version >= 2 {
        // The version before is kept: a server may be at work with it.
        let secrets = vec![Certificate::secret(certificate.id, certificate.version - 2)];
        let (id, now) = (operations::next_id(ctx.store.as_ref()).await?, ctx.clock.now());
        follow_up.push(Operation::new(id, order.owner, Work::Purge { secrets }, &["purge"], now));
    }
    Ok(follow_up)
}
