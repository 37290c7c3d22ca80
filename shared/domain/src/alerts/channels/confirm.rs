//! An address gets nothing before it has confirmed that it wants to: anybody can name anybody's.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Channel, Service};
use crate::alerts::allowance::{Limit, give_back, spend};
use crate::entity::{self, Stored};
use crate::ids::ChannelId;
use crate::jobs::Job;
use crate::names::Email;
use crate::ports::{EntropyExt, Key, Mail, QueueName};
use crate::users::{self, User};
use crate::{Context, Error, Result};

/// What the token of a channel begins with.
pub const TOKEN: &str = "channel-";

/// How long a link can be opened.
const GOOD_FOR: SignedDuration = SignedDuration::from_hours(7 * 24);

/// The mail that asks an address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// SHA-256 of the token in its link, hex.
    pub token_hash: String,
    /// When it was sent.
    pub sent_at: Timestamp,
}

impl Channel {
    /// Whether alerts may be sent there: whoever is behind an address has to agree first.
    pub fn is_confirmed(&self) -> bool {
        self.confirmed || !matches!(self.service, Service::Email { .. })
    }
}

/// Sends the job that asks a channel's address. A failure is only logged: a test of the channel asks, too.
pub(super) async fn ask_later(ctx: &Context, channel: &Channel) {
    let job = Job::Confirm { channel: channel.id };
    let sent = ctx.queue.send_for(channel.owner, QueueName::Notifier, &job, std::time::Duration::ZERO).await;
    if let Err(error) = sent {
        tracing::warn!(channel = %channel.id, %error, "job not sent; a test of the channel asks its address");
    }
}

/// How often a channel is read again because somebody else wrote it.
const TRIES: usize = 5;

/// Asks the address of a channel, unless that was done.
pub async fn ask(ctx: &Context, id: ChannelId) -> Result<()> {
    let found = entity::find::<Channel>(ctx.store.as_ref(), Key::of(id.0)).await?;
    let Some(mut channel) = found else { return Ok(()) };
    match seek(ctx, &mut channel).await {
        // There is nothing to be gained by trying again at once.
        Err(Error::TooMany { message, .. } | Error::Conflict(message)) => {
            tracing::info!(channel = %id, message, "an address is not asked to confirm");
            Ok(())
        }
        done => done,
    }
}

/// Makes a channel confirmed where that needs no mail, else sends the one mail that asks.
pub(super) async fn seek(ctx: &Context, channel: &mut Stored<Channel>) -> Result<()> {
    let Service::Email { address } = channel.value.service.clone() else { return Ok(()) };
    if channel.value.confirmed || channel.value.confirmation.is_some() {
        return Ok(());
    }
    let store = ctx.store.as_ref();
    let owner: Stored<User> = entity::load(store, Key::of(channel.value.owner.0)).await?;
    users::may_go_on(Some(&owner.value), &[], &[]).map_err(|barred| Error::Conflict(barred.to_string()))?;
    if owner.value.email_verified && owner.value.email.as_str().eq_ignore_ascii_case(address.as_str()) {
        channel.value.confirmed = true;
        return channel.save(store).await;
    }
    if !ctx.mailer.is_set() {
        return Err(Error::Conflict("no mail is sent from here; ask an administrator to set a mail server".into()));
    }
    let limits = [Limit::confirmations_of(channel.value.owner), Limit::confirmations_to(&address)];
    let spent_at = spend(ctx, &limits).await?;
    let token = format!("{TOKEN}{}-{}", channel.value.id, ctx.entropy.hex::<16>());
    channel.value.confirmation = Some(Confirmation { token_hash: hash(&token), sent_at: ctx.clock.now() });
    channel.save(store).await?;
    let mail = letter(ctx, &address, &owner.value.username, &token);
    let Err(error) = ctx.mailer.send(&mail).await else { return Ok(()) };
    // Nothing was sent: the next try has to, and has as much room for it.
    give_back(ctx, &limits, spent_at).await?;
    forget(ctx, channel, &token).await?;
    Err(Error::Unavailable(error.to_string()))
}

/// Removes the confirmation that this token is of, although somebody else may have changed the channel meanwhile.
async fn forget(ctx: &Context, channel: &mut Stored<Channel>, token: &str) -> Result<()> {
    let store = ctx.store.as_ref();
    for _ in 0..TRIES {
        if channel.value.confirmation.as_ref().is_none_or(|sent| sent.token_hash != hash(token)) {
            return Ok(());
        }
        channel.value.confirmation = None;
        match channel.save(store).await {
            Err(Error::Conflict(_)) => {}
            saved => return saved,
        }
        let Some(again) = entity::find::<Channel>(store, Key::of(channel.value.id.0)).await? else { return Ok(()) };
        *channel = again;
    }
    Err(Error::Unavailable("the channel changes all the time; try again in a moment".into()))
}

/// The channel that the token of a mail is about.
pub async fn by_token(ctx: &Context, token: &str) -> Result<Stored<Channel>> {
    let wrong = || Error::invalid("token", "is not valid or has expired; make the channel again for another mail");
    let id: i64 = token.strip_prefix(TOKEN).and_then(|rest| rest.split_once('-')?.0.parse().ok()).ok_or_else(wrong)?;
    let channel = entity::find::<Channel>(ctx.store.as_ref(), Key::of(id)).await?.ok_or_else(wrong)?;
    let sent = channel.value.confirmation.as_ref().filter(|sent| sent.token_hash == hash(token)).ok_or_else(wrong)?;
    if ctx.clock.now().duration_since(sent.sent_at) > GOOD_FOR {
        return Err(wrong());
    }
    Ok(channel)
}

/// Takes the proof of its mail: alerts may be sent to the channel from now on.
pub async fn confirm(ctx: &Context, mut channel: Stored<Channel>) -> Result<()> {
    if channel.value.confirmed {
        return Ok(());
    }
    channel.value.confirmed = true;
    channel.save(ctx.store.as_ref()).await
}

/// Refuses what would be sent to an address that has not confirmed.
pub(super) fn require(channel: &Channel) -> Result<()> {
    if channel.is_confirmed() {
        return Ok(());
    }
    let target = &channel.target;
    Err(Error::Conflict(match &channel.confirmation {
        Some(sent) => format!(
            "{target} has not confirmed that it wants alerts: open the link in the mail that was sent there at {:.0}",
            sent.sent_at
        ),
        None => format!("{target} has not confirmed that it wants alerts; it is being asked by mail"),
    }))
}

fn letter(ctx: &Context, address: &Email, user: &str, token: &str) -> Mail {
    let url = &ctx.settings.public_url;
    Mail {
        to: address.to_string(),
        subject: "Do you want alerts here?".into(),
        body: format!(
            "Hello,\n\nthe user {user} of Steward at {url} wants alerts to be sent to this address. Open this link within \
             a week if you want them:\n\n{url}/api/verify_email?token={token}\n\nIf not, do nothing: nothing else is \
             sent here.\n\nSteward\n"
        ),
    }
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token))
}
