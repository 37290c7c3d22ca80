//! The API area on AWS Lambda.

use domain::Context;
use lambda::Outside;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let equip = |ctx, outside: &Outside| Ok(Context { ca: outside.ca(), ..ctx });
    lambda::serve(acme_accounts::router().into(), equip).await
}
