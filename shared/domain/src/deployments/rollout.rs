use std::time::Duration;

use jiff::Timestamp;

use super::list::of_certificate;
use super::{Cause, Deployment, start};
use crate::certificates::Certificate;
use crate::entity;
use crate::ids::{CertificateId, OperationId};
use crate::operations::{Operation, Work};
use crate::ports::Key;
use crate::servers::Server;
use crate::{Context, Error, Result};

/// How long a rollout leaves a deployment alone that another run is at work on.
const BUSY: Duration = Duration::from_secs(5);

/// Whether a certificate is deployed anywhere, or is to be.
pub async fn are_there(ctx: &Context, certificate: CertificateId) -> Result<bool> {
    Ok(!of_certificate(ctx.store.as_ref(), certificate).await?.is_empty())
}

/// The operation that brings a renewed certificate to its servers: it starts a run for each deployment whose server has
/// `auto_deploy`. To be committed together with the certificate.
pub fn rollout(operation: OperationId, certificate: &Certificate, now: Timestamp) -> Operation {
    let work = Work::Rollout { certificate: certificate.id };
    Operation::new(operation, certificate.owner, work, &["start"], now)
}

/// Starts the runs of a rollout; gives a pause where some have to wait. Doing it again starts none twice, and one that
/// cannot be started stops no other.
pub async fn start_each(ctx: &Context, id: OperationId, certificate: CertificateId) -> Result<Option<Duration>> {
    let store = ctx.store.as_ref();
    let mut pause = None;
    for deployment in of_certificate(store, certificate).await? {
        let keys = (Key::of(deployment.id.0), Key::of(deployment.server.0));
        let found = entity::find_both::<Deployment, Server>(store, keys.0, keys.1).await?;
        let (Some(mut deployment), Some(server)) = found else { continue };
        if !server.value.auto_deploy || deployment.value.rolled_out_by >= Some(id) {
            continue;
        }
        match start(ctx, &mut deployment, Cause::Renewed { rollout: id }, false).await {
            Ok(_) => {}
            // Another run is at work, or somebody changes it just now.
            Err(Error::Conflict(reason)) => {
                tracing::info!(deployment = %deployment.value.id, reason, "a rollout waits");
                pause = Some(BUSY);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(pause)
}
