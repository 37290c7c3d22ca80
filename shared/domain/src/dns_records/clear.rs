use jiff::SignedDuration;

use super::names::Row;
use super::{PublishError, Records, of_holder};
use crate::dns_credentials::{self, DnsCredential};
use crate::entity::{self, Stored};
use crate::ids::OperationId;
use crate::ports::{DnsWriteError, Key, StoreError, TxtChange, Write};
use crate::{Context, counter};

/// Records that cannot be removed for so long are forgotten: their zone or account is no longer ours.
const FORGET_AFTER: SignedDuration = SignedDuration::from_hours(30 * 24);

/// Removes everything that was made for `holder`, but for values that others want too. `by` is the operation at work.
/// Safe to repeat.
pub(crate) async fn clear_all(ctx: &Context, by: OperationId, holder: OperationId) -> Result<(), PublishError> {
    let mut failed = None;
    for records in of_holder(ctx.store.as_ref(), holder).await? {
        // One name that cannot be cleared keeps no other from it.
        if let Err(error) = clear(ctx, by, &records).await {
            failed = Some(match (failed, error) {
                (Some(later @ PublishError::Later { .. }), _) => later,
                (_, error) => error,
            });
        }
    }
    failed.map_or(Ok(()), Err)
}

async fn clear(ctx: &Context, by: OperationId, records: &Stored<Records>) -> Result<(), PublishError> {
    let store = ctx.store.as_ref();
    let Records { holder, at, zone, credential, .. } = &records.value;
    let mut name = Row::find(store, *credential, at).await?;
    if !name.name().take(by, ctx.clock.now()) {
        return Err(PublishError::busy(at));
    }
    match store.transact(name.put()?).await {
        Ok(()) => {}
        Err(StoreError::Unexpected { .. }) => return Err(PublishError::busy(at)),
        Err(error) => return Err(error.into()),
    }
    let mut name = name.written();
    let mut left = name.value.clone();
    left.let_go(*holder);
    let wanted = left.values();
    let change = TxtChange {
        zone: zone.clone(),
        host: at.clone(),
        add: Vec::new(),
        remove: records.value.values.iter().filter(|value| !wanted.contains(value)).cloned().collect(),
        wanted,
    };
    let row = entity::find::<DnsCredential>(store, Key::of(credential.0)).await?;
    let removed = match &row {
        None => Err(DnsWriteError::Credential("its DNS credential is gone".into())),
        Some(row) => match dns_credentials::access(ctx.vault.as_ref(), &row.value).await? {
            Ok(access) => ctx.zones.write(&access, &change).await,
            Err(error) => Err(error),
        },
    };
    let old = ctx.clock.now().duration_since(records.value.created_at) > FORGET_AFTER;
    match removed {
        Ok(()) => {}
        Err(error) if row.is_none() || old => {
            tracing::error!(host = at, values = ?change.remove, %error, "DNS records are left behind; remove them by hand");
        }
        Err(error) => {
            name.value.lease = None;
            // Should this fail, the lease ends by itself.
            if let Err(error) = store.write(name.update()?).await {
                tracing::debug!(host = at, %error, "a name stays taken");
            }
            return Err(error.into());
        }
    }
    left.lease = None;
    let gone = left.wanted.is_empty();
    name.value = left;
    let mut writes: Vec<Write> = vec![records.delete(), if gone { name.delete() } else { name.update()? }];
    if row.is_some() {
        writes.push(counter::add(&DnsCredential::references(*credential), -1));
    }
    match store.transact(writes).await {
        Ok(()) => Ok(()),
        Err(StoreError::Unexpected { .. }) => Err(PublishError::busy(at)),
        Err(error) => Err(error.into()),
    }
}
