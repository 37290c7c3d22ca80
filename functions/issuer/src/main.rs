//! The worker on AWS Lambda.

use std::sync::Arc;

use domain::Context;
use domain::ports::QueueName;
use zones::Zones;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let equip = |ctx, targets| Context { zones: Arc::new(Zones::new(targets)), ..ctx };
    lambda::work_with(QueueName::Issuer, equip, issuer::handle).await
}
