//! The secrets of the vault, in clear between two keys.

use std::collections::HashSet;

use domain::ports::SecretName;
use domain::{Context, Error};
use futures_util::{StreamExt, TryStreamExt, stream};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::progress::Progress;
use super::{TransferError, line};

/// A new deployment may have made this secret before anything was in it; the imported one takes its place, so that
/// sessions go on.
const MADE_BY_ITSELF: &str = "http/signing-key";

/// How many are under way at once: each takes several calls, and AWS may be far away.
const AT_ONCE: usize = 16;

/// A line of `secrets.jsonl`. It is in clear: never log one.
#[derive(Serialize, Deserialize)]
pub(super) struct Secret {
    name: String,
    current: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    previous: Option<String>,
}

/// Every secret, as a line.
pub(super) async fn lines(ctx: &Context) -> Result<Vec<String>, TransferError> {
    let names = ctx.vault.list("").await.map_err(Error::from)?;
    let mut progress = Progress::of("secrets", Some(names.len()));
    let mut lines = Vec::new();
    let mut secrets = stream::iter(names).map(|name| read(ctx, name)).buffer_unordered(AT_ONCE);
    while let Some(secret) = secrets.try_next().await? {
        // What is deleted meanwhile is not there.
        if let Some(secret) = secret {
            lines.push(line(&secret)?);
        }
        progress.add(1);
    }
    progress.end();
    Ok(lines)
}

/// The names of those that are there already; refuses any that are none of the import's own.
pub(super) async fn there(ctx: &Context, own: &[Secret], go_on: bool) -> Result<HashSet<String>, TransferError> {
    let own: HashSet<&str> = own.iter().map(|secret| secret.name.as_str()).collect();
    let there = ctx.vault.list("").await.map_err(Error::from)?;
    match there.iter().find(|name| name.0 != MADE_BY_ITSELF && !(go_on && own.contains(name.0.as_str()))) {
        None => Ok(there.into_iter().map(|name| name.0).collect()),
        Some(name) => Err(TransferError::not_empty(&format!("the vault holds {name}"), go_on)),
    }
}

/// Writes secrets, each as it was: with the version before, and no other.
pub(super) async fn write(ctx: &Context, secrets: Vec<Secret>, there: &HashSet<String>) -> Result<(), TransferError> {
    let mut progress = Progress::of("secrets", Some(secrets.len()));
    let mut puts = stream::iter(secrets).map(|secret| put(ctx, secret, there)).buffer_unordered(AT_ONCE);
    while let Some(()) = puts.try_next().await? {
        progress.add(1);
    }
    progress.end();
    Ok(())
}

async fn put(ctx: &Context, secret: Secret, there: &HashSet<String>) -> Result<(), TransferError> {
    let name = SecretName(secret.name.clone());
    if there.contains(&secret.name) {
        let found = read(ctx, name.clone()).await?;
        if found
            .is_some_and(|found| (found.current, found.previous) == (secret.current.clone(), secret.previous.clone()))
        {
            return Ok(());
        }
        // It would become the version before.
        ctx.vault.delete(&name).await.map_err(Error::from)?;
    }
    for version in secret.previous.into_iter().chain([secret.current]) {
        ctx.vault.put(&name, &SecretString::from(version)).await.map_err(Error::from)?;
    }
    Ok(())
}

async fn read(ctx: &Context, name: SecretName) -> Result<Option<Secret>, TransferError> {
    let Some(current) = ctx.vault.get(&name).await.map_err(Error::from)? else { return Ok(None) };
    let previous = ctx.vault.previous(&name).await.map_err(Error::from)?;
    Ok(Some(Secret {
        name: name.0,
        current: current.expose_secret().to_owned(),
        previous: previous.map(|secret| secret.expose_secret().to_owned()),
    }))
}
