use super::{User, find_by_name};
use crate::entity::{self, Stored};
use crate::ids::UserId;
use crate::names::Email;
use crate::ports::{Key, Mail};
use crate::{Context, Error, Result};

/// A second mail to one address is not sent within this time, in seconds.
const PAUSE: i64 = 60;

/// Sends the mail that proves an address, with the link that `link` makes for the user. Nothing is sent for an address
/// nobody registered, that is verified already, or that was written to a moment ago, and the caller
/// cannot tell, unless the mail server is away. Where none is set, all are told so.
pub async fn send_verification(
    ctx: &Context,
    address: &str,
    link: impl AsyncFnOnce(&User) -> Result<String>,
) -> Result<()> {
    let address = Email::parse("email", address)?;
    if !ctx.mailer.is_set() {
        return Err(Error::Conflict("no mail is sent from here; ask an administrator to set a mail server".into()));
    }
    let Some(mut user) = find_by_name(ctx.store.as_ref(), address.as_str()).await? else { return Ok(()) };
    let now = ctx.clock.now();
    let just_sent = user.value.verification_sent_at.is_some_and(|at| now.duration_since(at).as_secs() < PAUSE);
    if user.value.email_verified || just_sent {
        return Ok(());
    }
    let link = link(&user.value).await?;
    user.value.verification_sent_at = Some(now);
    match user.save(ctx.store.as_ref()).await {
        // Somebody asks at the same time: one of the two sends it.
        Err(Error::Conflict(_)) => return Ok(()),
        saved => saved?,
    }
    let mail = Mail {
        to: user.value.email.to_string(),
        subject: "Confirm your address".into(),
        body: format!(
            "Hello {},\n\nopen this link within 24 hours to confirm that this address is yours:\n\n{link}\n\n\
             If you did not ask for this, do nothing.\n\nSteward\n",
            user.value.username
        ),
    };
    let Err(error) = ctx.mailer.send(&mail).await else { return Ok(()) };
    tracing::error!(%error, "verification mail not sent");
    // Nothing was sent: asking again must not be told otherwise.
    user.value.verification_sent_at = None;
    user.save(ctx.store.as_ref()).await?;
    Err(Error::Unavailable("the mail server does not take the message now; try again later".into()))
}

/// Marks an address as proven, if it is still the user's.
pub async fn confirm_email(ctx: &Context, user: UserId, address: &str) -> Result<()> {
    let mut user: Stored<User> = entity::load(ctx.store.as_ref(), Key::of(user.0)).await?;
    if user.value.email.as_str() != address {
        return Err(Error::Conflict("the address of this account has changed since the mail was sent".into()));
    }
    if !user.value.email_verified {
        user.value.email_verified = true;
        user.value.updated_at = ctx.clock.now();
        user.save(ctx.store.as_ref()).await?;
    }
    Ok(())
}
