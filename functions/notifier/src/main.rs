//! The worker on AWS Lambda.

use domain::Context;
use domain::ports::QueueName;
use lambda::Outside;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let equip =
        |ctx, outside: &Outside| Ok(Context { mailer: outside.mailer(), messenger: outside.messenger()?, ..ctx });
    lambda::work(QueueName::Notifier, equip, notifier::handle).await
}
