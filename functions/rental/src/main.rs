//! The API area on AWS Lambda.

use domain::Context;
use lambda::Outside;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let equip = |ctx, outside: &Outside| Ok(Context { mailer: outside.mailer(), ..ctx });
    lambda::serve(rental::router().into(), equip).await
}
