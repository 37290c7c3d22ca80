use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use super::create::checked_name;
use super::{DnsCredential, FieldKind, fields, parse_zone};
use crate::entity::Stored;
use crate::{Context, Result};

/// What a person changes; what is left out stays. Secret fields are given anew together with another address.
#[derive(Debug, Default)]
pub struct DnsCredentialChange {
    /// What they call it.
    pub name: Option<String>,
    /// Fields to replace.
    pub fields: Option<BTreeMap<String, SecretString>>,
    /// The zone it is for; an empty one for none.
    pub zone: Option<String>,
}

/// Changes a credential. Its provider stays: the records made with it have to be removed there.
pub async fn update(ctx: &Context, credential: &mut Stored<DnsCredential>, change: DnsCredentialChange) -> Result<()> {
    let row = &mut credential.value;
    if let Some(name) = change.name {
        row.name = checked_name(name)?;
    }
    if let Some(zone) = change.zone {
        row.zone = parse_zone("zone", Some(&zone))?;
    }
    let mut sealed = None;
    if let Some(given) = change.fields {
        let provider = fields::find(&row.provider)?;
        let mut before = fields::unseal(ctx.vault.as_ref(), row).await?;
        // Whoever may change a credential may not have its secret sent to a server of their own.
        let addresses = provider.fields.iter().filter(|field| field.kind == FieldKind::Address);
        let moved = addresses.into_iter().any(|field| {
            given
                .get(field.name)
                .is_some_and(|text| row.fields.get(field.name).is_none_or(|old| old != text.expose_secret().trim()))
        });
        if moved {
            before.clear();
        }
        before.extend(row.fields.iter().map(|(name, value)| (name.clone(), SecretString::from(value.clone()))));
        let fields = fields::sort(provider, given, &before)?;
        fields::check(ctx, provider, &fields)?;
        sealed = Some(fields::seal(&fields.secret)?);
        row.fields = fields.plain;
    }
    // It is tried at once.
    row.rest = None;
    row.updated_at = ctx.clock.now();
    credential.save(ctx.store.as_ref()).await?;
    if let Some(sealed) = sealed {
        ctx.vault.put(&DnsCredential::secret(credential.value.id), &sealed).await?;
    }
    Ok(())
}
