use secrecy::SecretString;

use super::address::{Given, check};
use super::{Channel, Delivery, confirm};
use crate::alerts::Level;
use crate::entity::{self, Stored};
use crate::ids::{ChannelId, UserId};
use crate::ports::StoreError;
use crate::{Context, Error, Result, counter};

/// The longest name.
pub const NAME_MAX: usize = 100;

/// What a person gives to be told somewhere.
#[derive(Debug)]
pub struct NewChannel {
    /// What they call it.
    pub name: String,
    /// `email`, `webhook`, `slack`, `telegram`, `dingtalk`, `wecom` or `feishu`.
    pub kind: String,
    /// Where to.
    pub given: Given,
    /// Alerts below this level are not told there; `info` unless given.
    pub min_level: Option<String>,
}

/// A new channel.
#[derive(Debug)]
pub struct Made {
    /// The channel.
    pub channel: Stored<Channel>,
    /// The secret of its signatures, where it was made here: shown this once.
    pub secret: Option<SecretString>,
}

/// Makes a channel. Its URL, token and secret go into the vault first, under its id, so that it never lacks them.
pub async fn create(ctx: &Context, owner: UserId, new: NewChannel) -> Result<Made> {
    let name = checked_name(&new.name)?;
    let min_level = new.min_level.map_or(Ok(Level::Info), |text| Level::parse("min_level", &text))?;
    let checked = check(ctx, &new.kind, new.given)?;
    let id = ChannelId(counter::next_id(ctx.store.as_ref(), "channel").await?);
    let now = ctx.clock.now();
    let channel = Channel {
        id,
        owner,
        name,
        service: checked.service,
        target: checked.target,
        min_level,
        enabled: true,
        confirmed: false,
        confirmation: None,
        delivery: Delivery::default(),
        created_at: now,
        updated_at: now,
    };
    if let Some(kept) = &checked.kept {
        ctx.vault.put(&Channel::secret(id), kept).await?;
    }
    let writes = vec![counter::add_one_up_to(&Channel::total(owner), Channel::MOST), entity::insert(&channel)?];
    match ctx.store.transact(writes).await {
        Ok(()) => {
            if !channel.is_confirmed() {
                confirm::ask_later(ctx, &channel).await;
            }
            Ok(Made { channel: entity::inserted(channel), secret: checked.made })
        }
        Err(error) => {
            // What was not made keeps no secret; should this fail too, it is one that nothing refers to.
            if !matches!(error, StoreError::Unreachable(_)) {
                ctx.vault.delete(&Channel::secret(id)).await?;
            }
            match error {
                StoreError::Unexpected { index: 0 } => {
                    Err(Error::Conflict(format!("there are {} channels, the most one user has", Channel::MOST)))
                }
                other => Err(other.into()),
            }
        }
    }
}

pub(super) fn checked_name(name: &str) -> Result<String> {
    let name = name.trim();
    let fits = (1..=NAME_MAX).contains(&name.chars().count()) && !name.chars().any(char::is_control);
    let reason = || format!("must be 1 to {NAME_MAX} characters on one line");
    if fits { Ok(name.to_owned()) } else { Err(Error::invalid("name", reason())) }
}
