use secrecy::SecretString;

use super::address::{Given, check};
use super::create::checked_name;
use super::{Channel, confirm};
use crate::alerts::Level;
use crate::entity::{self, Stored};
use crate::ports::Key;
use crate::{Context, Error, Result};

/// How often a change is made anew because a message was sent at the same time.
const TRIES: usize = 10;

/// What its owner changes of a channel.
#[derive(Debug, Default)]
pub struct ChannelChange {
    /// Its name.
    pub name: Option<String>,
    /// The level below which alerts are not told there.
    pub min_level: Option<String>,
    /// Whether anything is told there; what waits when it is switched off is dropped.
    pub enabled: Option<bool>,
    /// Where to, all of it, for the same kind.
    pub given: Given,
}

/// Changes a channel; gives the secret of a webhook that got a new URL without one. A new address begins anew.
pub async fn update(
    ctx: &Context,
    channel: &mut Stored<Channel>,
    change: ChannelChange,
) -> Result<Option<SecretString>> {
    let name = change.name.as_deref().map(checked_name).transpose()?;
    let min_level = change.min_level.as_deref().map(|text| Level::parse("min_level", text)).transpose()?;
    let kind = channel.value.service.as_str();
    let address = if change.given.is_nothing() { None } else { Some(check(ctx, kind, change.given)?) };
    if let Some(kept) = address.as_ref().and_then(|address| address.kept.as_ref()) {
        ctx.vault.put(&Channel::secret(channel.value.id), kept).await?;
    }
    for _ in 0..TRIES {
        let value = &mut channel.value;
        if let Some(name) = &name {
            value.name.clone_from(name);
        }
        value.min_level = min_level.unwrap_or(value.min_level);
        value.enabled = change.enabled.unwrap_or(value.enabled);
        if let Some(address) = &address {
            if value.service != address.service {
                (value.confirmed, value.confirmation) = (false, None);
            }
            (value.service, value.target) = (address.service.clone(), address.target.clone());
            (value.delivery.failing_since, value.delivery.last_error) = (None, None);
        }
        value.updated_at = ctx.clock.now();
        match channel.save(ctx.store.as_ref()).await {
            Err(Error::Conflict(_)) => *channel = entity::load(ctx.store.as_ref(), Key::of(channel.value.id.0)).await?,
            done => {
                done?;
                if !channel.value.is_confirmed() && channel.value.confirmation.is_none() {
                    confirm::ask_later(ctx, &channel.value).await;
                }
                return Ok(address.and_then(|address| address.made));
            }
        }
    }
    Err(Error::Unavailable("the channel is sending all the time; try again in a moment".into()))
}
