use super::Deployment;
use crate::certificates::Certificate;
use crate::servers::Server;
use crate::users::{self, Touched};
use crate::{Context, Result};

/// Why a run must not bring this certificate to this server: the deployment's owner is not active, or neither they nor
/// whoever allowed it may reach both.
pub async fn stopped(
    ctx: &Context,
    deployment: &Deployment,
    certificate: &Certificate,
    server: &Server,
) -> Result<Option<String>> {
    let touched = [
        Touched::new("certificate", certificate.id, certificate.owner),
        Touched::new("server", server.id, server.owner),
    ];
    let by: Vec<_> = deployment.allowed_by.into_iter().collect();
    let decided = users::ask_again(ctx, deployment.owner, &by, &touched).await?;
    Ok(decided.err().map(|barred| barred.to_string()))
}
