//! The worker on AWS Lambda.

use domain::Context;
use domain::ports::QueueName;
use lambda::Outside;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let equip = |ctx, outside: &Outside| Ok(Context { prober: outside.prober(), ..ctx });
    lambda::work(QueueName::Prober, equip, prober::handle).await
}
