use std::collections::BTreeMap;

use super::{Certificate, schedule};
use crate::acme::Account;
use crate::alerts::{self, Subject};
use crate::dns_credentials::DnsCredential;
use crate::entity::{self, Stored};
use crate::ids::{AccountId, DnsCredentialId};
use crate::operations::{self, Operation, Work};
use crate::ports::{SecretName, StoreError};
use crate::{Context, Error, Result, counter};

/// Deletes a certificate; an operation removes its key from the vault. Refused while it is being issued, or deployed
/// somewhere.
pub async fn delete(ctx: &Context, certificate: &Stored<Certificate>) -> Result<()> {
    if let Some(operation) = certificate.value.operation() {
        return Err(Error::Conflict(format!(
            "the certificate is being issued; delete it when operation {operation} has ended"
        )));
    }
    remove(ctx, std::slice::from_ref(certificate)).await
}

/// Removes up to 20 certificates of one owner, their counts, and (by an operation) their keys: all or none.
pub(super) async fn remove(ctx: &Context, certificates: &[Stored<Certificate>]) -> Result<()> {
    let Some(first) = certificates.first() else { return Ok(()) };
    let owner = first.value.owner;
    let mut accounts: BTreeMap<AccountId, i64> = BTreeMap::new();
    let mut credentials: BTreeMap<DnsCredentialId, i64> = BTreeMap::new();
    let mut secrets = Vec::new();
    for certificate in certificates {
        *accounts.entry(certificate.value.account).or_default() += 1;
        secrets.extend(keys(&certificate.value));
        if let Some(credential) = certificate.value.method.credential() {
            *credentials.entry(credential).or_default() += 1;
        }
    }
    let mut writes: Vec<_> = certificates.iter().map(Stored::delete).collect();
    let count = i64::try_from(certificates.len()).unwrap_or(i64::MAX);
    writes.push(counter::add(&Certificate::total(owner), -count));
    let released =
        |(credential, count): (DnsCredentialId, i64)| counter::add(&DnsCredential::references(credential), -count);
    writes.extend(credentials.into_iter().map(released));
    writes.extend(accounts.into_iter().map(|(account, count)| counter::add(&Account::references(account), -count)));

    let store = ctx.store.as_ref();
    let operation = operations::next_id(store).await?;
    let operation = Operation::new(operation, owner, Work::Purge { secrets }, &["purge"], ctx.clock.now());
    writes.push(entity::insert(&operation)?);
    // Last, so that what fails says which.
    let checks = writes.len();
    writes.extend(certificates.iter().map(|row| counter::check_zero(&Certificate::deployments(row.value.id))));
    match store.transact(writes).await {
        Err(StoreError::Unexpected { index }) if index >= checks => return Err(deployed(certificates, index - checks)),
        other => other?,
    }
    operations::send(ctx.queue.as_ref(), &operation).await;
    for certificate in certificates {
        alerts::forget(ctx, Subject::Certificate(certificate.value.id)).await;
        // One that fires for nothing does no harm.
        if let Err(error) = ctx.scheduler.cancel(&schedule::name(certificate.value.id)).await {
            tracing::warn!(certificate = %certificate.value.id, %error, "the schedule of a deleted certificate is left");
        }
    }
    Ok(())
}

/// A server that needs it would break at its next restart; so it is for the owner to say.
fn deployed(certificates: &[Stored<Certificate>], index: usize) -> Error {
    let id = certificates.get(index).map_or_else(String::new, |row| row.value.id.to_string());
    Error::Conflict(format!(
        "certificate {id} is deployed: delete its deployments first (GET /api/deployments?certificate_id={id}), or give \
         them another certificate; what is on the servers stays there either way"
    ))
}

/// The keys a certificate may have in the vault: of its last two versions, and of an order that came to nothing.
fn keys(certificate: &Certificate) -> Vec<SecretName> {
    let versions = certificate.version.saturating_sub(1)..=certificate.next_version();
    versions.map(|version| Certificate::secret(certificate.id, version)).collect()
}
