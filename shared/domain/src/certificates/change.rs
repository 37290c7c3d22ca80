use super::{Certificate, Method, Renewal, create, schedule};
use crate::acme::Account;
use crate::dns_credentials::{self, DNS_CREDENTIALS, DnsCredential};
use crate::entity::{self, Entity, Stored};
use crate::ports::{Expect, Key, StoreError, Write};
use crate::{Context, Error, Result, counter};

/// How often a change is written again over one of somebody else, most likely a worker that issues.
const TRIES: usize = 5;

/// What its owner may change of a certificate, as far as it is given. All but the note counts from the next order on;
/// how names are proven cannot change while an operation proves them.
#[derive(Clone, Debug, Default)]
pub struct Change {
    /// The note.
    pub note: Option<String>,
    /// How its names are proven.
    pub method: Option<Method>,
    /// The CA's profile; empty for none.
    pub profile: Option<String>,
    /// Whether a renewal keeps the key.
    pub reuse_key: Option<bool>,
    /// Whether it is renewed by itself.
    pub auto_renew: Option<bool>,
}

/// Changes a certificate. None of it is a decision about the order in flight, so that a change meanwhile does no harm.
pub async fn change(ctx: &Context, certificate: &mut Stored<Certificate>, change: Change) -> Result<()> {
    let store = ctx.store.as_ref();
    let Change { note, method, profile, reuse_key, auto_renew } = change;
    if note.is_none() && method.is_none() && profile.is_none() && reuse_key.is_none() && auto_renew.is_none() {
        return Err(Error::invalid("note", "must be given, or challenge, profile, reuse_key or auto_renew"));
    }
    let profile = match profile {
        None => None,
        Some(name) => {
            let account: Stored<Account> = entity::load(store, Key::of(certificate.value.account.0)).await?;
            Some(create::profile(ctx, &account.value, Some(name)).await?)
        }
    };
    if let Some(credential) = method.and_then(Method::credential) {
        // Somebody else's does not exist.
        dns_credentials::of_owner(store, certificate.value.owner, credential).await?;
    }
    let mut wakes = auto_renew.is_some_and(|auto_renew| auto_renew != certificate.value.auto_renew);
    let mut tries = 0;
    loop {
        let now = ctx.clock.now();
        let value = &mut certificate.value;
        if let Some(note) = &note {
            value.set_note(note.clone(), now)?;
        }
        let before = value.method.credential();
        if let Some(method) = method.filter(|method| *method != value.method) {
            if let Some(operation) = value.operation() {
                return Err(Error::Conflict(format!(
                    "the names are being proven; change how when operation {operation} has ended"
                )));
            }
            value.method = method;
            wakes |= method.is_automatic() && value.renewal.as_mut().is_some_and(Renewal::wait_no_more);
        }
        let after = value.method.credential();
        value.profile = profile.clone().unwrap_or_else(|| value.profile.take());
        value.reuse_key = reuse_key.unwrap_or(value.reuse_key);
        value.auto_renew = auto_renew.unwrap_or(value.auto_renew);
        value.updated_at = now;
        tries += 1;
        let mut writes = vec![certificate.update()?];
        if before != after {
            writes.extend(before.map(|old| counter::add(&DnsCredential::references(old), -1)));
            if let Some(new) = after {
                writes.push(counter::add(&DnsCredential::references(new), 1));
                let key = Key::of(new.0);
                writes.push(Write::Check { table: &DNS_CREDENTIALS, key, expect: Expect::Present });
            }
        }
        match store.transact(writes).await {
            Err(StoreError::Unexpected { index: 0 }) if tries < TRIES => {
                *certificate = entity::load(store, certificate.value.key()).await?;
            }
            written => {
                written?;
                certificate.written();
                break;
            }
        }
    }
    if wakes { schedule(ctx, &certificate.value).await } else { Ok(()) }
}
