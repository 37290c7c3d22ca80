use super::{DEPLOYMENTS, Deployment, RUNS, Run};
use crate::Result;
use crate::entity;
use crate::ids::{CertificateId, DeploymentId, ServerId, UserId};
use crate::list::{Listing, PageRequest};
use crate::ports::{Query, Store};

/// How many runs of a deployment are shown, and kept.
pub(super) const RUNS_KEPT: u32 = 50;

/// Which deployments of an owner.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Those of this certificate.
    pub certificate: Option<CertificateId>,
    /// Those to this server.
    pub server: Option<ServerId>,
}

/// A page of an owner's deployments, newest first.
pub async fn list(
    store: &dyn Store,
    owner: UserId,
    filter: Filter,
    request: &PageRequest,
) -> Result<Listing<Deployment>> {
    let mut query = Query::of(&DEPLOYMENTS, owner.0);
    query.index = Some("by_owner");
    query.descending = true;
    let mut all: Vec<Deployment> = entity::every(store, query).await?.into_iter().map(|row| row.value).collect();
    all.retain(|deployment| {
        filter.certificate.is_none_or(|certificate| deployment.certificate == certificate)
            && filter.server.is_none_or(|server| deployment.server == server)
    });
    let total = all.len() as u64;
    let skip = (request.page as usize - 1).saturating_mul(request.per_page as usize);
    Ok(Listing { rows: all.into_iter().skip(skip).take(request.per_page as usize).collect(), total })
}

/// Every deployment of a certificate.
pub async fn of_certificate(store: &dyn Store, certificate: CertificateId) -> Result<Vec<Deployment>> {
    let mut query = Query::of(&DEPLOYMENTS, certificate.0);
    query.index = Some("by_certificate");
    Ok(entity::every(store, query).await?.into_iter().map(|row| row.value).collect())
}

/// The last runs of a deployment, newest first.
pub async fn runs(store: &dyn Store, deployment: DeploymentId) -> Result<Vec<Run>> {
    let mut query = Query::of(&RUNS, deployment.0);
    query.descending = true;
    query.limit = Some(RUNS_KEPT);
    let page = store.query(query).await?;
    page.items.into_iter().map(|item| Ok(entity::from_item::<Run>(item)?.value)).collect()
}
