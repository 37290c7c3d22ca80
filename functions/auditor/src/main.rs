//! The worker on AWS Lambda.

use domain::ports::QueueName;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::work(QueueName::Auditor, |ctx, _| Ok(ctx), auditor::handle).await
}
