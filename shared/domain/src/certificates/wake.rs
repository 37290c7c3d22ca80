use std::time::Duration;

use super::renew::start;
use super::watch::watch;
use super::{Certificate, Renewal, Renewed, State, schedule, tell};
use crate::acme::Account;
use crate::entity::{self, Stored};
use crate::ids::CertificateId;
use crate::ports::{CaError, Key};
use crate::{Context, Error, Result};

/// Does what is due for a certificate. It looks for the records that the owner has to make. If the certificate is issued,
/// it asks the CA when to renew it (RFC 9773), and renews it when that time has come. Then it sets the time of the next
/// look. Waking it too often, or twice at once, does no harm.
pub async fn wake(ctx: &Context, id: CertificateId) -> Result<()> {
    let store = ctx.store.as_ref();
    let Some(mut certificate) = entity::find::<Certificate>(store, Key::of(id.0)).await? else { return Ok(()) };
    if let Some(reason) = super::stopped(ctx, &certificate.value).await? {
        return stop(ctx, &mut certificate, reason).await;
    }
    watch(ctx, &mut certificate).await?;
    let State::Issued(issued) = &certificate.value.state else { return schedule(ctx, &certificate.value).await };
    let now = ctx.clock.now();
    let mut changed = certificate.value.renewal.as_mut().is_some_and(Renewal::stand_no_more);
    if certificate.value.renewal.is_none() {
        let issued_at = issued.valid_from;
        certificate.value.renewal = Some(Renewal::of(id, issued, certificate.value.account, issued_at));
        changed = true;
    }
    if certificate.value.renewal.as_ref().is_some_and(|renewal| renewal.is_to_be_looked_at(now)) {
        look(ctx, &mut certificate.value).await?;
        changed = true;
    }
    let auto_renew = certificate.value.auto_renew;
    if auto_renew && certificate.value.renewal.as_ref().is_some_and(|renewal| renewal.is_due(now)) {
        begin(ctx, &mut certificate).await?;
    } else if changed {
        certificate.save(store).await?;
    }
    schedule(ctx, &certificate.value).await?;
    tell(ctx, &certificate.value).await
}

/// Leaves the certificate alone, and says why. It is not scheduled again: the daily repair asks again, and so does the
/// return of its owner.
async fn stop(ctx: &Context, certificate: &mut Stored<Certificate>, reason: String) -> Result<()> {
    tracing::warn!(certificate = %certificate.value.id, reason, "not renewed");
    let new = certificate.value.renewal.as_mut().is_some_and(|renewal| renewal.stand_still(reason));
    if new { certificate.save(ctx.store.as_ref()).await } else { Ok(()) }
}

/// Asks the CA for its window. Where it gives none, or does not answer, the plan stands.
async fn look(ctx: &Context, certificate: &mut Certificate) -> Result<()> {
    let Some(issued) = certificate.issued() else { return Ok(()) };
    let account: Option<Stored<Account>> = entity::find(ctx.store.as_ref(), Key::of(certificate.account.0)).await?;
    let said = match &account {
        Some(account) => ctx.ca.renewal_info(&account.value.directory, &issued.chain).await,
        None => Ok(None),
    };
    let (id, now) = (certificate.id, ctx.clock.now());
    let Some(renewal) = &mut certificate.renewal else { return Ok(()) };
    match said {
        Ok(Some(info)) => renewal.suggest(id, info, now),
        Ok(None) => renewal.no_suggestion(now),
        Err(error) => {
            tracing::warn!(certificate = %id, %error, "the CA does not say when to renew; the plan stands");
            renewal.not_told(asked(&error), now);
        }
    }
    Ok(())
}

fn asked(error: &CaError) -> Option<Duration> {
    match error {
        CaError::Later { retry_after, .. } => *retry_after,
        CaError::Refused(_) | CaError::Gone(_) | CaError::NoAccount(_) => None,
    }
}

/// Starts the renewal; what the CA or the account stands against counts as a failed attempt, unless it is only to wait.
async fn begin(ctx: &Context, certificate: &mut Stored<Certificate>) -> Result<()> {
    match start(ctx, certificate).await {
        Ok(Renewed::Started(operation)) => {
            tracing::info!(certificate = %certificate.value.id, %operation, "its renewal has begun");
            Ok(())
        }
        Ok(Renewed::AwaitingRecords) => {
            tracing::info!(certificate = %certificate.value.id, "its renewal waits for records");
            Ok(())
        }
        Err(Error::Internal(cause)) => Err(Error::Internal(cause)),
        Err(Error::PutOff { message, retry_after }) => put_off(ctx, certificate, &message, retry_after).await,
        Err(Error::TooMany { message, retry_after }) => {
            put_off(ctx, certificate, &message, Duration::from_secs(retry_after)).await
        }
        Err(error) => {
            let reason = error.to_string();
            tracing::warn!(certificate = %certificate.value.id, reason, "its renewal could not begin");
            if let Some(renewal) = &mut certificate.value.renewal {
                renewal.failed(&reason, ctx.clock.now());
            }
            certificate.save(ctx.store.as_ref()).await
        }
    }
}

async fn put_off(ctx: &Context, certificate: &mut Stored<Certificate>, reason: &str, wait: Duration) -> Result<()> {
    tracing::info!(certificate = %certificate.value.id, reason, ?wait, "its renewal waits, as the CA asks");
    if let Some(renewal) = &mut certificate.value.renewal {
        renewal.put_off(reason, wait, ctx.clock.now());
    }
    certificate.save(ctx.store.as_ref()).await
}
