//! The API area on AWS Lambda.

use domain::Context;
use lambda::Outside;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), lambda::Error> {
    let equip = |ctx, outside: &Outside| {
        Ok(Context {
            ca: outside.ca(),
            dns: outside.dns()?,
            mailer: outside.mailer(),
            messenger: outside.messenger()?,
            prober: outside.prober(),
            remote: outside.ssh_keys(),
            ..ctx
        })
    };
    lambda::serve(certificates::router().into(), equip).await
}
