//! The API area on AWS Lambda.

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    lambda::serve(cloud::router().into(), |ctx, _| Ok(ctx)).await
}
