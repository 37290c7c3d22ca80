use std::collections::BTreeMap;

use secrecy::SecretString;

use super::{DNS_CREDENTIALS_MAX, DnsCredential, fields, parse_zone};
use crate::entity::{self, Stored};
use crate::ids::{DnsCredentialId, UserId};
use crate::ports::StoreError;
use crate::{Context, Error, Result, counter};

/// The longest name, in characters.
pub const NAME_MAX: usize = 100;

/// What a person gives to make a credential.
#[derive(Debug)]
pub struct NewDnsCredential {
    /// What they call it.
    pub name: String,
    /// The provider, one of [`super::PROVIDERS`].
    pub provider: String,
    /// The provider's fields.
    pub fields: BTreeMap<String, SecretString>,
    /// The zone it is for.
    pub zone: Option<String>,
}

/// Keeps a credential. The row comes first: should the process die before the secret is in the vault, what uses the
/// credential says that it is missing, and nothing is left that belongs to nothing.
pub async fn create(ctx: &Context, owner: UserId, new: NewDnsCredential) -> Result<Stored<DnsCredential>> {
    let provider = fields::find(&new.provider)?;
    let name = checked_name(new.name)?;
    let zone = parse_zone("zone", new.zone.as_deref())?;
    let fields = fields::sort(provider, new.fields, &BTreeMap::new())?;
    fields::check(ctx, provider, &fields)?;
    let sealed = fields::seal(&fields.secret)?;

    let store = ctx.store.as_ref();
    let id = DnsCredentialId(counter::next_id(store, "dns-credential").await?);
    let now = ctx.clock.now();
    let credential = DnsCredential {
        id,
        owner,
        name,
        provider: provider.name.to_owned(),
        fields: fields.plain,
        zone,
        rest: None,
        created_at: now,
        updated_at: now,
    };
    let total = DnsCredential::total(owner);
    let writes = vec![counter::add_one_up_to(&total, i64::from(DNS_CREDENTIALS_MAX)), entity::insert(&credential)?];
    match store.transact(writes).await {
        Ok(()) => {}
        Err(StoreError::Unexpected { index: 0 }) => {
            let reason = format!("you have {DNS_CREDENTIALS_MAX} DNS credentials, which is as many as may be");
            return Err(Error::Conflict(reason));
        }
        Err(error) => return Err(error.into()),
    }
    ctx.vault.put(&DnsCredential::secret(id), &sealed).await?;
    Ok(entity::inserted(credential))
}

pub(super) fn checked_name(name: String) -> Result<String> {
    let name = name.trim().to_owned();
    if name.is_empty() || name.chars().count() > NAME_MAX {
        return Err(Error::invalid("name", format!("must be 1 to {NAME_MAX} characters long")));
    }
    Ok(name)
}
