use std::collections::BTreeMap;

use secrecy::{ExposeSecret, SecretString};

use super::{DnsCredential, DnsProvider, FieldKind, PROVIDERS, provider};
use crate::ports::{DnsAccess, DnsWriteError, Vault};
use crate::{Context, Error, Result};

/// The longest field: a key in PEM, or a service account.
pub const FIELD_MAX: usize = 16 * 1024;

/// The fields of a credential, apart by where they are kept.
pub(super) struct Fields {
    /// In the row.
    pub plain: BTreeMap<String, String>,
    /// In the vault.
    pub secret: BTreeMap<String, SecretString>,
}

/// The provider that a person names.
pub(super) fn find(name: &str) -> Result<&'static DnsProvider> {
    provider(name.trim()).ok_or_else(|| {
        let names: Vec<_> = PROVIDERS.iter().map(|provider| provider.name).collect();
        Error::invalid("provider", format!("must be one of {}", names.join(", ")))
    })
}

/// Sorts what a person gave, and refuses what the provider does not have or still needs. Fields that are left out
/// are taken from `before`.
pub(super) fn sort(
    provider: &DnsProvider,
    mut given: BTreeMap<String, SecretString>,
    before: &BTreeMap<String, SecretString>,
) -> Result<Fields> {
    let mut fields = Fields { plain: BTreeMap::new(), secret: BTreeMap::new() };
    for field in provider.fields {
        // An empty one takes back what was there.
        let value = given.remove(field.name).or_else(|| before.get(field.name).cloned());
        let value = value.filter(|value| !value.expose_secret().trim().is_empty());
        let label = format!("fields.{}", field.name);
        match value {
            None if field.required => {
                return Err(Error::invalid(label, format!("is needed for {}, e.g. {}", provider.title, field.example)));
            }
            None => {}
            Some(value) if value.expose_secret().len() > FIELD_MAX => {
                return Err(Error::invalid(label, "must be at most 16 KiB"));
            }
            Some(value) => match field.kind {
                FieldKind::Secret => drop(fields.secret.insert(field.name.into(), trimmed(&value).into())),
                FieldKind::Plain | FieldKind::Address => {
                    fields.plain.insert(field.name.into(), trimmed(&value));
                }
            },
        }
    }
    if let Some(unknown) = given.keys().next() {
        let known: Vec<_> = provider.fields.iter().map(|field| field.name).collect();
        let reason = format!("is no field of {}; it has {}", provider.title, known.join(", "));
        return Err(Error::invalid(format!("fields.{}", unknown.chars().take(60).collect::<String>()), reason));
    }
    Ok(fields)
}

fn trimmed(value: &SecretString) -> String {
    value.expose_secret().trim().to_owned()
}

/// Refuses fields that no credential can have, e.g. a key that is not base64.
pub(super) fn check(ctx: &Context, provider: &DnsProvider, fields: &Fields) -> Result<()> {
    let plain = fields.plain.iter().map(|(name, value)| (name.clone(), SecretString::from(value.clone())));
    let all = fields.secret.iter().map(|(name, value)| (name.clone(), value.clone())).chain(plain).collect();
    let access = DnsAccess { provider: provider.name.into(), fields: all };
    ctx.zones.check(&access).map_err(|error| Error::invalid("fields", error.to_string()))
}

/// The secret fields as they are kept in the vault.
pub(super) fn seal(secret: &BTreeMap<String, SecretString>) -> Result<SecretString> {
    let open: BTreeMap<&str, &str> =
        secret.iter().map(|(name, value)| (name.as_str(), value.expose_secret())).collect();
    Ok(serde_json::to_string(&open).map_err(|_| Error::Internal("a DNS credential cannot be kept".into()))?.into())
}

/// The secret fields of a credential; none when they were never kept, because the process died just then.
pub(super) async fn unseal(vault: &dyn Vault, credential: &DnsCredential) -> Result<BTreeMap<String, SecretString>> {
    let Some(sealed) = vault.get(&DnsCredential::secret(credential.id)).await? else { return Ok(BTreeMap::new()) };
    serde_json::from_str(sealed.expose_secret())
        .map_err(|_| Error::Internal(format!("the secret of DNS credential {} cannot be read", credential.id)))
}

/// What it takes to write with a credential.
pub async fn access(
    vault: &dyn Vault,
    credential: &DnsCredential,
) -> Result<std::result::Result<DnsAccess, DnsWriteError>> {
    let mut fields = unseal(vault, credential).await?;
    fields.extend(credential.fields.iter().map(|(name, value)| (name.clone(), SecretString::from(value.clone()))));
    let fields_of = provider(&credential.provider).map(|provider| provider.fields).unwrap_or_default();
    let missing = fields_of.iter().find(|field| field.required && !fields.contains_key(field.name));
    Ok(match missing {
        None => Ok(DnsAccess { provider: credential.provider.clone(), fields }),
        Some(field) => Err(DnsWriteError::Credential(format!(
            "the DNS credential '{}' lacks its field {}: give it with PUT /api/dns-credentials/{}",
            credential.name, field.name, credential.id
        ))),
    })
}
