use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use super::{User, attempts, find_by_name, known_source};
use crate::entity::{self, Stored};
use crate::ids::UserId;
use crate::jobs::Job;
use crate::names::Email;
use crate::ports::{EntropyExt, Key, Mail, QueueName};
use crate::{Context, Error, Result};

/// A second mail to one address is not sent within this time, in seconds.
const PAUSE: i64 = 60;
/// How long a link is good.
const GOOD_FOR: Duration = Duration::from_secs(24 * 60 * 60);
/// So many links of one user are good at once: no more mails go to an address in a day.
const MOST: usize = 5;
/// The pauses after each failed attempt.
const BACKOFF: [Duration; 4] =
    [Duration::from_secs(60), Duration::from_secs(5 * 60), Duration::from_secs(15 * 60), Duration::from_secs(15 * 60)];

/// What proves that somebody reads a user's mail: the SHA-256 of the token in the link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EmailProof {
    hash: String,
    until: Timestamp,
}

/// Takes the order for the mail that proves an address. Whoever asks gets the same answer after the same calls, whether
/// or not a user has the address: a worker looks, and sends.
pub async fn request_verification(ctx: &Context, address: &str, source: &str) -> Result<()> {
    let address = Email::parse("email", address)?;
    if !ctx.mailer.is_set() {
        return Err(Error::Conflict("no mail is sent from here; ask an administrator to set a mail server".into()));
    }
    attempts::admit_mail(ctx, &known_source::network(source)).await?;
    let job = Job::VerifyEmail { address, attempt: 0 };
    Ok(ctx.queue.send(QueueName::Notifier, &job, Duration::ZERO).await?)
}

/// Sends the mail that proves an address. Nothing is sent for an address nobody registered, that is verified already,
/// or that was written to a moment ago or five times in a day.
pub async fn send_verification(ctx: &Context, address: &Email, attempt: u32) -> Result<()> {
    let store = ctx.store.as_ref();
    let Some(mut user) = find_by_name(store, address.as_str()).await? else { return Ok(()) };
    let now = ctx.clock.now();
    let just_sent = user.value.verification_sent_at.is_some_and(|at| now.duration_since(at).as_secs() < PAUSE);
    user.value.email_proofs.retain(|proof| proof.until > now);
    if user.value.email_verified || just_sent || user.value.email_proofs.len() >= MOST {
        return Ok(());
    }
    let token = format!("{:016x}{}", user.value.id.0, ctx.entropy.hex::<24>());
    let until = now.checked_add(GOOD_FOR).map_err(|e| Error::Internal(e.to_string()))?;
    user.value.email_proofs.push(EmailProof { hash: hash(&token), until });
    user.value.verification_sent_at = Some(now);
    match user.save(store).await {
        // Somebody asks at the same time: one of the two sends it.
        Err(Error::Conflict(_)) => return Ok(()),
        saved => saved?,
    }
    let mail = Mail {
        to: user.value.email.to_string(),
        subject: "Confirm your address".into(),
        body: format!(
            "Hello {},\n\nopen this link within 24 hours to confirm that this address is yours:\n\n\
             {}/api/verify_email?token={token}\n\nIf you did not ask for this, do nothing.\n\nSteward\n",
            user.value.username, ctx.settings.public_url
        ),
    };
    let Err(error) = ctx.mailer.send(&mail).await else { return Ok(()) };
    // Nothing was sent: the next attempt is not to be taken for a second mail.
    user.value.email_proofs.pop();
    user.value.verification_sent_at = None;
    user.save(store).await?;
    let Some(pause) = usize::try_from(attempt).ok().and_then(|attempt| BACKOFF.get(attempt)) else {
        tracing::error!(%error, "a verification mail was given up");
        return Ok(());
    };
    tracing::warn!(%error, ?pause, "a verification mail was not taken; it is tried again");
    let job = Job::VerifyEmail { address: address.clone(), attempt: attempt + 1 };
    Ok(ctx.queue.send(QueueName::Notifier, &job, *pause).await?)
}

/// The user whose address a token out of a mail proves.
pub async fn by_email_token(ctx: &Context, token: &str) -> Result<Stored<User>> {
    let wrong = || Error::invalid("token", "is not valid or has expired; ask for another mail");
    let id = token.get(..16).and_then(|id| i64::from_str_radix(id, 16).ok()).ok_or_else(wrong)?;
    let user: Option<Stored<User>> = entity::find(ctx.store.as_ref(), Key::of(UserId(id).0)).await?;
    let (user, now, hash) = (user.ok_or_else(wrong)?, ctx.clock.now(), hash(token));
    let proves = |proof: &EmailProof| proof.until > now && bool::from(proof.hash.as_bytes().ct_eq(hash.as_bytes()));
    if user.value.email_proofs.iter().any(proves) { Ok(user) } else { Err(wrong()) }
}

/// Marks the address of a user as proven.
pub async fn confirm_email(ctx: &Context, mut user: Stored<User>) -> Result<()> {
    if !user.value.email_verified {
        user.value.email_verified = true;
        user.value.updated_at = ctx.clock.now();
        user.save(ctx.store.as_ref()).await?;
    }
    Ok(())
}

fn hash(token: &str) -> String {
    hex::encode(Sha256::digest(token.as_bytes()))
}
