//! The documents of the API on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve(console::own(), |ctx, _| Ok(ctx)).await
}
