use super::PublishError;
use crate::Context;
use crate::delegation;
use crate::dns_credentials::{DnsCredential, encloses};
use crate::ids::UserId;

/// Where records are made.
pub(super) struct Place {
    pub at: String,
    pub zone: String,
}

/// Finds the place for the records of `host`: what it is an alias of, or itself, in a zone that the credential is for.
/// Of somebody else's credential nothing can be used but the owner's own name in the operator's delegation zone.
pub(super) async fn locate(
    ctx: &Context,
    owner: UserId,
    credential: &DnsCredential,
    host: &str,
) -> Result<Place, PublishError> {
    if credential.owner != owner {
        let delegation = delegation::find(ctx).await?.filter(|found| found.credential == credential.id);
        let Some(delegation) = delegation else {
            return Err(PublishError::Refused("DNS credential not found".into()));
        };
        let at = delegation.target(owner, host.strip_prefix(delegation::CHALLENGE).unwrap_or(host));
        let zone = match credential.zone.as_ref().filter(|zone| encloses(zone, &at)) {
            Some(zone) => cut(ctx, zone, &at).await,
            None => ctx.dns.zone(&at).await?,
        };
        return Ok(Place { at, zone });
    }
    let aliases = ctx.dns.aliases(host).await?;
    if let Some(why) = aliases.broken {
        return Err(PublishError::Refused(format!("no record can be made for {host}: {why}")));
    }
    let at = aliases.end().to_owned();
    let zone = match &credential.zone {
        Some(zone) if encloses(zone, &at) => cut(ctx, zone, &at).await,
        Some(zone) => {
            let led = if aliases.is_alias() { format!(", an alias of {at},") } else { String::new() };
            let name = &credential.name;
            return Err(PublishError::Refused(format!(
                "{host}{led} is not in {zone}, the zone of the DNS credential '{name}'"
            )));
        }
        None => ctx.dns.zone(&at).await?,
    };
    Ok(Place { at, zone })
}

/// The zone of a credential, or the one below it that a name really lies in: what is written above a zone cut is never
/// seen. The zone that a person named counts where none is known, and where the resolvers know only one above it.
async fn cut(ctx: &Context, zone: &str, at: &str) -> String {
    match ctx.dns.zone(at).await {
        Ok(found) if encloses(zone, &found) => found,
        Ok(_) | Err(_) => zone.to_owned(),
    }
}
