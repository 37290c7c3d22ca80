//! The worker on AWS Lambda.

use std::sync::Arc;

use domain::Context;
use domain::ports::QueueName;
use lambda::Outside;
use zones::Zones;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let equip = |ctx, outside: &Outside| {
        Ok(Context {
            ca: outside.ca(),
            dns: outside.dns()?,
            zones: Arc::new(Zones::new(outside.targets.clone())),
            ..ctx
        })
    };
    lambda::work(QueueName::Issuer, equip, issuer::handle).await
}
