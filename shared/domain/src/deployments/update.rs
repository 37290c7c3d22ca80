use super::config::checked_path;
use super::create::{place_taken, require_certificate};
use super::start::refuse_while_at_work;
use super::{Config, Deployment, paths};
use crate::certificates::{CERTIFICATES, Certificate};
use crate::entity::{self, Stored};
use crate::ids::CertificateId;
use crate::ports::{Expect, Key, StoreError, Write};
use crate::users::Viewer;
use crate::{Context, Result, counter};

/// What changes of a deployment; what is `None` stays.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The directory on the server.
    pub deploy_path: Option<String>,
    /// What is done beside the files.
    pub config: Option<Config>,
    /// The certificate.
    pub certificate: Option<CertificateId>,
}

/// Changes what the next run does; refused while one is at work. What earlier runs put at another place stays there.
pub async fn update(ctx: &Context, viewer: &Viewer, deployment: &mut Stored<Deployment>, change: Change) -> Result<()> {
    let store = ctx.store.as_ref();
    refuse_while_at_work(ctx, &deployment.value).await?;
    let before = deployment.value.clone();
    let value = &mut deployment.value;
    if let Some(path) = change.deploy_path {
        value.deploy_path = checked_path("deploy_path", &path)?;
    }
    value.config = change.config.unwrap_or_else(|| before.config.clone()).checked(&value.deploy_path)?;
    if let Some(certificate) = change.certificate.filter(|id| *id != before.certificate) {
        let found = entity::find::<Certificate>(store, Key::of(certificate.0)).await?;
        require_certificate(store, viewer, found.as_ref()).await?;
        (value.certificate, value.allowed_by) = (certificate, Some(viewer.user));
    }
    value.updated_at = ctx.clock.now();

    let mut writes = Vec::new();
    let moved = value.deploy_path != before.deploy_path;
    if moved {
        writes.push(paths::take(value)?);
        writes.push(paths::give_back(before.server, &before.deploy_path));
    }
    if value.certificate != before.certificate {
        let key = Key::of(value.certificate.0);
        writes.push(Write::Check { table: &CERTIFICATES, key, expect: Expect::Present });
        writes.push(counter::add(&Certificate::deployments(value.certificate), 1));
        writes.push(counter::add(&Certificate::deployments(before.certificate), -1));
    }
    writes.push(deployment.update()?);
    match store.transact(writes).await {
        Ok(()) => {
            deployment.written();
            Ok(())
        }
        Err(StoreError::Unexpected { index: 0 }) if moved => Err(place_taken(&deployment.value)),
        Err(error) => Err(error.into()),
    }
}
