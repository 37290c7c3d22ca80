use super::config::checked_path;
use super::{Config, Deployment, Status, paths};
use crate::certificates::{CERTIFICATES, Certificate};
use crate::entity::{self, Stored};
use crate::ids::{CertificateId, DeploymentId, ServerId};
use crate::ports::{Expect, Key, Store, StoreError, Write};
use crate::servers::{SERVERS, Server};
use crate::users::Viewer;
use crate::{Context, Error, Result, counter};

/// What a person wants deployed.
#[derive(Clone, Debug)]
pub struct NewDeployment {
    /// The certificate.
    pub certificate: CertificateId,
    /// The server.
    pub server: ServerId,
    /// The directory on the server.
    pub deploy_path: String,
    /// What is done beside the files.
    pub config: Config,
}

/// Makes a deployment of a certificate to a server, as they were read; nothing is done on the server before it is run.
/// Both must be the viewer's to reach.
pub async fn create(
    ctx: &Context,
    viewer: &Viewer,
    (certificate, server): (Option<Stored<Certificate>>, Option<Stored<Server>>),
    new: NewDeployment,
) -> Result<Stored<Deployment>> {
    let store = ctx.store.as_ref();
    require_certificate(store, viewer, certificate.as_ref()).await?;
    let server = server.ok_or(Error::NotFound { what: "server" })?;
    viewer.require(store, server.value.owner, "server").await?;
    let deploy_path = checked_path("deploy_path", &new.deploy_path)?;
    let config = new.config.checked(&deploy_path)?;

    let now = ctx.clock.now();
    let deployment = Deployment {
        id: DeploymentId(counter::next_id(store, "deployment").await?),
        owner: server.value.owner,
        allowed_by: Some(viewer.user),
        certificate: new.certificate,
        server: new.server,
        deploy_path,
        config,
        status: Status::Pending,
        fingerprint: None,
        last_deployed: None,
        current: None,
        rolled_out_by: None,
        created_at: now,
        updated_at: now,
    };
    let present = |table, id: i64| Write::Check { table, key: Key::of(id), expect: Expect::Present };
    let writes = vec![
        paths::take(&deployment)?,
        present(&CERTIFICATES, new.certificate.0),
        present(&SERVERS, new.server.0),
        entity::insert(&deployment)?,
        counter::add(&Certificate::deployments(new.certificate), 1),
        counter::add(&Server::deployments(new.server), 1),
    ];
    match store.transact(writes).await {
        Ok(()) => Ok(entity::inserted(deployment)),
        Err(StoreError::Unexpected { index: 0 }) => Err(place_taken(&deployment)),
        Err(StoreError::Unexpected { index: 1 }) => Err(Error::NotFound { what: "certificate" }),
        Err(StoreError::Unexpected { index: 2 }) => Err(Error::NotFound { what: "server" }),
        Err(error) => Err(error.into()),
    }
}

pub(super) async fn require_certificate(
    store: &dyn Store,
    viewer: &Viewer,
    certificate: Option<&Stored<Certificate>>,
) -> Result<()> {
    let certificate = certificate.ok_or(Error::NotFound { what: "certificate" })?;
    viewer.require(store, certificate.value.owner, "certificate").await
}

pub(super) fn place_taken(deployment: &Deployment) -> Error {
    Error::Conflict(format!(
        "another deployment has {} on server {}; choose another directory",
        deployment.deploy_path, deployment.server
    ))
}
