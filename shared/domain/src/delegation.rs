//! Challenges answered in a zone of the operator's: one CNAME made once, `_acme-challenge.NAME → ID.ZONE`, and no
//! record to make ever after.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::dns_credentials::{DNS_CREDENTIALS, DnsCredential, encloses, parse_zone};
use crate::entity::{self, Entity, Stored};
use crate::ids::{DnsCredentialId, UserId};
use crate::ports::{Attribute, DnsError, Expect, Item, Key, StoreError, Table, Write};
use crate::users::{Role, User, Viewer};
use crate::{Context, Error, Result, counter};

/// The delegation zone, one row or none.
pub static DNS_DELEGATION: Table =
    Table { name: "dns_delegation", partition: Attribute::text("name"), sort: None, indexes: &[], ttl: None };

/// What the name of a challenge begins with (RFC 8555 §8.4).
pub const CHALLENGE: &str = "_acme-challenge.";

const ROW: &str = "delegation";

/// The operator's zone that answers for names of every user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Delegation {
    /// The credential that writes there.
    pub credential: DnsCredentialId,
    /// The zone, or a name in one.
    pub zone: String,
}

impl Entity for Delegation {
    const TABLE: &'static Table = &DNS_DELEGATION;
    const NAME: &'static str = "delegation zone";

    fn key(&self) -> Key {
        Key::of(ROW)
    }

    fn index(&self, item: &mut Item) {
        item.insert("name".into(), ROW.into());
    }
}

impl Delegation {
    /// The name that answers for `name` (or its wildcard) of this owner: the same for ever, and another for each owner,
    /// so that nobody answers for what another has pointed here.
    pub fn target(&self, owner: UserId, name: &str) -> String {
        let name = name.trim_start_matches("*.").trim_end_matches('.').to_ascii_lowercase();
        let digest = Sha256::digest(format!("{owner}/{name}"));
        format!("{}.{}", hex::encode(&digest[..16]), self.zone)
    }
}

/// The delegation zone, if the operator has set one up.
pub async fn find(ctx: &Context) -> Result<Option<Delegation>> {
    Ok(entity::find::<Delegation>(ctx.store.as_ref(), Key::of(ROW)).await?.map(|found| found.value))
}

async fn load(ctx: &Context) -> Result<Delegation> {
    find(ctx).await?.ok_or_else(|| {
        Error::Conflict("there is no delegation zone; an administrator sets one with PUT /api/delegation".into())
    })
}

/// The name that `_acme-challenge.NAME` has to be a CNAME to.
pub async fn target(ctx: &Context, owner: UserId, name: &str) -> Result<String> {
    Ok(load(ctx).await?.target(owner, name))
}

/// The credential of the delegation zone, and the zone. Refused once its owner is no active administrator.
pub async fn credential(ctx: &Context) -> Result<(DnsCredentialId, String)> {
    let delegation = load(ctx).await?;
    let store = ctx.store.as_ref();
    let credential: Stored<DnsCredential> = entity::load(store, Key::of(delegation.credential.0)).await?;
    let owner: Option<Stored<User>> = entity::find(store, Key::of(credential.value.owner.0)).await?;
    // It answers for every user: who set it up may do so as long as they run the business.
    if !owner.is_some_and(|owner| owner.value.is_active() && owner.value.role == Role::Admin) {
        return Err(Error::Conflict(
            "the DNS credential of the delegation zone belongs to somebody who is no active administrator any more; an \
             administrator chooses another with PUT /api/delegation"
                .into(),
        ));
    }
    Ok((delegation.credential, delegation.zone))
}

/// What is wrong with the CNAME of a name, and which record to make; nothing when it is there.
pub async fn missing(
    ctx: &Context,
    delegation: &Delegation,
    owner: UserId,
    name: &str,
) -> std::result::Result<Option<String>, DnsError> {
    let host = format!("{CHALLENGE}{}", name.trim_start_matches("*."));
    let target = delegation.target(owner, name);
    let aliases = ctx.dns.aliases(&host).await?;
    // The zone may itself pass the name on.
    if aliases.names.iter().skip(1).any(|alias| alias.eq_ignore_ascii_case(&target)) {
        return Ok(aliases.broken.map(|why| format!("{host} leads nowhere: {why}")));
    }
    let now = if aliases.is_alias() { format!("it is a CNAME to {}", aliases.end()) } else { "there is none".into() };
    Ok(Some(format!("make the record {host} CNAME {target}, once and for good; now {now}")))
}

/// Makes one credential the one that answers for every user, in this zone.
pub async fn set(ctx: &Context, viewer: &Viewer, credential: &DnsCredential, zone: &str) -> Result<Delegation> {
    viewer.require_admin()?;
    let zone = parse_zone("zone", Some(zone))?.ok_or_else(|| Error::invalid("zone", "must be given"))?;
    if let Some(of) = credential.zone.as_deref().filter(|of| !encloses(of, &zone)) {
        return Err(Error::invalid("zone", format!("is not in {of}, the zone of that DNS credential")));
    }
    let store = ctx.store.as_ref();
    let new = Delegation { credential: credential.id, zone };
    let mut writes = vec![
        Write::Check { table: &DNS_CREDENTIALS, key: Key::of(credential.id.0), expect: Expect::Present },
        counter::add(&DnsCredential::references(credential.id), 1),
    ];
    let before: Option<Stored<Delegation>> = entity::find(store, Key::of(ROW)).await?;
    match before {
        Some(mut stored) if stored.value.credential == credential.id => {
            stored.value = new.clone();
            writes.truncate(1);
            writes.push(stored.update()?);
        }
        Some(mut stored) => {
            writes.push(counter::add(&DnsCredential::references(stored.value.credential), -1));
            stored.value = new.clone();
            writes.push(stored.update()?);
        }
        None => writes.push(entity::insert(&new)?),
    }
    match store.transact(writes).await {
        Ok(()) => Ok(new),
        Err(StoreError::Unexpected { index: 0 }) => Err(Error::NotFound { what: DnsCredential::NAME }),
        Err(error) => Err(error.into()),
    }
}

/// Takes the delegation zone back; names that point there are answered for no more.
pub async fn unset(ctx: &Context, viewer: &Viewer) -> Result<()> {
    viewer.require_admin()?;
    let store = ctx.store.as_ref();
    let stored: Stored<Delegation> = entity::load(store, Key::of(ROW)).await?;
    let references = DnsCredential::references(stored.value.credential);
    Ok(store.transact(vec![stored.delete(), counter::add(&references, -1)]).await?)
}
