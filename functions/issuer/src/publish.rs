//! The steps that make what the CA will look for, and wait until it can be seen.

use std::time::Duration;

use domain::certificates::{self, Certificate, Method, RecordToMake};
use domain::dns_records::{self, PublishError};
use domain::http_challenges::Audience;
use domain::ids::DnsCredentialId;
use domain::ports::Key;
use domain::users::{Role, User};
use domain::{Context, delegation, dns_credentials, entity, http_challenges};

use crate::issue::{Hitch, Party, Stop};
use crate::steps::{Course, Order};

/// Between two looks at a zone's name servers.
const LOOK: Duration = Duration::from_secs(2);
/// A record that is not seen after this time is written again, and then no more often than that.
const REPEAT_AFTER: Duration = Duration::from_secs(2 * 60);
const REPEAT_EVERY: Duration = Duration::from_secs(2 * 60);
/// A record that cannot be seen after this time will not be.
const SEEN_WITHIN: Duration = Duration::from_secs(30 * 60);

impl From<PublishError> for Hitch {
    fn from(error: PublishError) -> Self {
        match error {
            PublishError::Refused(reason) => Self::Refused(reason),
            PublishError::Later { reason, retry_after } => {
                Self::Later { party: Party::DnsProvider, reason, retry_after }
            }
            PublishError::Fault(error) => Self::Stopped(Stop::Fault(error)),
        }
    }
}

/// Makes the records, or the answers over HTTP. Each is in a ledger before it is made, and is removed when this operation
/// has ended, however it ends.
pub(crate) async fn publish(ctx: &Context, order: &mut Order) -> Result<Course, Hitch> {
    let needed = needed(order);
    match order.certificate.value.method {
        Method::Manual => {}
        Method::Dns { dns_credential } => records(ctx, order, dns_credential, needed).await?,
        Method::Delegated => {
            // The alias leads to the operator's zone.
            let (credential, _) = delegation::credential(ctx).await.map_err(refused)?;
            records(ctx, order, credential, needed).await?;
        }
        Method::Http => answers(ctx, order).await?,
    }
    order.done(ctx, "publish").await
}

/// What stands against it is for a person to change: waiting does not help.
fn refused(error: domain::Error) -> Hitch {
    match error {
        domain::Error::Conflict(reason) => Hitch::Refused(reason),
        other => other.into(),
    }
}

async fn records(
    ctx: &Context,
    order: &Order,
    credential: DnsCredentialId,
    records: Vec<RecordToMake>,
) -> Result<(), Hitch> {
    let (holder, owner) = (order.operation.value.id, order.operation.value.owner);
    let mut hosts: Vec<(String, Vec<String>)> = Vec::new();
    for record in records {
        match hosts.iter_mut().find(|(host, _)| *host == record.host) {
            Some((_, values)) => values.push(record.value),
            None => hosts.push((record.host, vec![record.value])),
        }
    }
    dns_credentials::awake(ctx, credential).await?;
    for (host, values) in &hosts {
        dns_records::publish(ctx, holder, owner, credential, host, values).await?;
    }
    Ok(())
}

async fn answers(ctx: &Context, order: &Order) -> Result<(), Hitch> {
    let Certificate { owner, version, .. } = order.certificate.value;
    let user = entity::find::<User>(ctx.store.as_ref(), Key::of(owner.0)).await?;
    let audience = match user.map(|user| user.value.role) {
        Some(Role::Admin) => Audience::Everybody,
        // A renewal: the site has let this owner prove these names before.
        Some(Role::Distributor | Role::User) if version >= 1 => Audience::Everybody,
        Some(Role::Distributor | Role::User) | None => Audience::SitesOf(owner),
    };
    let challenges = order.certificate.value.order.iter().flat_map(|order| &order.challenges);
    for challenge in challenges.filter(|challenge| challenge.pending) {
        let Some(http) = &challenge.http else {
            return Err(Hitch::Refused(format!("the CA offers no http-01 challenge for {}", challenge.name)));
        };
        let (token, answer) = (&http.token, &http.key_authorization);
        http_challenges::publish(ctx, order.operation.value.id, audience, token, answer).await.map_err(refused)?;
    }
    Ok(())
}

/// Waits until every name server of the zone has the records: the CA may ask any of them.
pub(crate) async fn propagate(ctx: &Context, order: &mut Order) -> Result<Course, Hitch> {
    if order.certificate.value.method == Method::Http {
        return order.done(ctx, "propagate").await;
    }
    let Some(missing) = certificates::missing(ctx.dns.as_ref(), &needed(order)).await? else {
        return order.done(ctx, "propagate").await;
    };
    if order.waited(ctx) > SEEN_WITHIN {
        return Err(Hitch::Refused(format!("given up after half an hour: {missing}")));
    }
    let later = |reason: String| Hitch::Later { party: Party::NameServers, reason, retry_after: Some(LOOK) };
    if order.waited(ctx) > REPEAT_AFTER {
        match dns_records::repeat(ctx, order.operation.value.id, REPEAT_EVERY).await {
            Ok(()) => {}
            Err(PublishError::Fault(error)) => return Err(error.into()),
            // The records may be there nevertheless: they are looked for further on.
            Err(PublishError::Refused(reason) | PublishError::Later { reason, .. }) => {
                return Err(later(format!("{missing}; {reason}")));
            }
        }
    }
    Err(later(missing))
}

fn needed(order: &Order) -> Vec<RecordToMake> {
    certificates::records(&order.certificate.value).into_iter().filter(|record| record.needed).collect()
}
