use std::time::Duration;

use super::names::Row;
use super::place::locate;
use super::{Made, PublishError, Records};
use crate::dns_credentials::{self, DNS_CREDENTIALS, DnsCredential};
use crate::entity::{self, Stored};
use crate::ids::{DnsCredentialId, OperationId, UserId};
use crate::ports::{DnsWriteError, Expect, Key, StoreError, TxtChange, Write};
use crate::{Context, counter};

/// A provider that takes longer than this and then fails is left alone for a while.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often a change is begun anew because somebody else was faster.
const TRIES: usize = 5;

/// Makes TXT values under `host` for an operation, its `holder`, beside whatever else is there; an alias leads to its
/// target. What is to be made is recorded first. Safe to repeat; what was made already costs one store call.
pub async fn publish(
    ctx: &Context,
    holder: OperationId,
    owner: UserId,
    credential: DnsCredentialId,
    host: &str,
    values: &[String],
) -> Result<(), PublishError> {
    let store = ctx.store.as_ref();
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    let mut known = entity::find::<Records>(store, Key::pair(holder.0, host.as_str())).await?;
    let there = |records: &Stored<Records>| {
        records.value.made == Made::There && values.iter().all(|value| records.value.values.contains(value))
    };
    if known.as_ref().is_some_and(there) {
        return Ok(());
    }
    // What was begun is ended with the credential that it was begun with: the ledger says that one, for the removal.
    let credential = known.as_ref().map_or(credential, |records| records.value.credential);
    let row = entity::find::<DnsCredential>(store, Key::of(credential.0)).await?;
    let row = row.ok_or_else(|| PublishError::Refused("the DNS credential is gone".into()))?.value;
    let rested = row.rest.is_some();
    let access = dns_credentials::access(ctx.vault.as_ref(), &row).await??;
    let place = match &known {
        Some(records) => super::place::Place { at: records.value.at.clone(), zone: records.value.zone.clone() },
        None => locate(ctx, owner, &row, &host).await?,
    };

    for _ in 0..TRIES {
        let now = ctx.clock.now();
        let mut name = Row::find(store, credential, &place.at).await?;
        if !name.name().take(holder, now) {
            return Err(PublishError::busy(&place.at));
        }
        name.name().want(holder, values);
        let mut writes = Vec::new();
        let mut records = match known.take() {
            Some(mut stored) => {
                merge(&mut stored.value.values, values);
                stored.value.made = Made::Intended;
                writes.push(stored.update()?);
                stored
            }
            None => {
                let records = Records {
                    holder,
                    host: host.clone(),
                    owner,
                    credential,
                    at: place.at.clone(),
                    zone: place.zone.clone(),
                    values: values.to_vec(),
                    made: Made::Intended,
                    created_at: now,
                    written_at: None,
                };
                writes.push(entity::insert(&records)?);
                writes.push(counter::add(&DnsCredential::references(credential), 1));
                let key = Key::of(credential.0);
                writes.push(Write::Check { table: &DNS_CREDENTIALS, key, expect: Expect::Present });
                entity::inserted(records)
            }
        };
        let is_known = writes.len() == 1;
        writes.extend(name.put()?);
        match store.transact(writes).await {
            Ok(()) => {}
            Err(StoreError::Unexpected { index: 2 }) => {
                return Err(PublishError::Refused("the DNS credential is gone".into()));
            }
            Err(StoreError::Unexpected { .. }) => {
                known = entity::find::<Records>(store, Key::pair(holder.0, host.as_str())).await?;
                continue;
            }
            Err(error) => return Err(error.into()),
        }
        let mut name = name.written();
        if is_known {
            records.written();
        }

        let change = TxtChange {
            zone: place.zone.clone(),
            host: place.at.clone(),
            add: records.value.values.clone(),
            remove: Vec::new(),
            wanted: name.value.values(),
        };
        let began = ctx.clock.now();
        let written = ctx.zones.write(&access, &change).await;
        let took = Duration::try_from(ctx.clock.now().duration_since(began)).unwrap_or_default();
        // Whatever the outcome, the name is free for others at once.
        name.value.lease = None;
        let after = match &written {
            Ok(()) => {
                records.value.made = Made::There;
                records.value.written_at = Some(now);
                vec![name.update()?, records.update()?]
            }
            // It may have happened: it stays in the ledger, and is removed with its holder.
            Err(DnsWriteError::Later { .. }) => vec![name.update()?],
            Err(_) if is_known => vec![name.update()?],
            Err(_) => {
                name.value.let_go(holder);
                let gone = name.value.wanted.is_empty();
                let freed = counter::add(&DnsCredential::references(credential), -1);
                vec![if gone { name.delete() } else { name.update()? }, records.delete(), freed]
            }
        };
        let settled = store.transact(after).await;
        if rested || took > PATIENCE {
            dns_credentials::note(ctx, credential, &written).await;
        }
        written?;
        return match settled {
            Ok(()) => Ok(()),
            Err(StoreError::Unexpected { .. }) => Err(PublishError::busy(&place.at)),
            Err(error) => Err(error.into()),
        };
    }
    Err(PublishError::busy(&place.at))
}

fn merge(values: &mut Vec<String>, more: &[String]) {
    for value in more {
        if !values.contains(value) {
            values.push(value.clone());
        }
    }
}
