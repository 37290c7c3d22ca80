use std::time::Duration;

use super::{Certificate, Order, create};
use crate::acme::budget::{self, Purpose};
use crate::acme::{self, Account, Provider};
use crate::names::DomainName;
use crate::operations::Progress;
use crate::ports::{CaError, NewOrder, OrderView};
use crate::{Context, Error, Result};

/// When an order is made again that the CA has not shown after making it: its servers catch up within seconds.
const NOT_SHOWN_YET: Duration = Duration::from_secs(60);

/// Makes an order for a certificate at its CA, and gives what to record of it. A renewal says which certificate it
/// takes the place of, to the CA and the account that issued that one (RFC 9773 §5); a CA that refuses to hear it is
/// not told again. A disabled account orders nothing.
pub async fn place(ctx: &Context, account: &Account, certificate: &mut Certificate) -> Result<Order> {
    create::refuse_unusable(account)?;
    let provider = acme::find_provider(ctx.store.as_ref(), "issuer", &account.provider_name).await?;
    place_at(ctx, &provider, account, certificate).await
}

/// The same, at a provider that was read already.
pub(super) async fn place_at(
    ctx: &Context,
    provider: &Provider,
    account: &Account,
    certificate: &mut Certificate,
) -> Result<Order> {
    let names: Vec<DomainName> = certificate.names().cloned().collect();
    account.refuse_early(&names, ctx.clock.now())?;
    let ca_account = account.unlock(ctx.vault.as_ref()).await?;
    let mut new =
        NewOrder { names, profile: certificate.profile.clone(), replaces: replaces(ctx, account, certificate).await? };
    let purpose = purpose(certificate.issued().is_some(), new.replaces.is_some());
    budget::spend(ctx, provider, account.id, &new.names, purpose).await?;
    let order = match ctx.ca.new_order(&ca_account, &new).await {
        // A CA may also fail over it: most likely the order was made before, and the answer was lost.
        Err(CaError::Refused(reason) | CaError::Later { reason, retry_after: None }) if new.replaces.is_some() => {
            budget::spend(ctx, provider, account.id, &new.names, Purpose::Renewal).await?;
            tracing::warn!(certificate = %certificate.id, reason, "ordered without naming the certificate it replaces");
            new.replaces = None;
            let order = made(ctx, account, &new, ctx.ca.new_order(&ca_account, &new).await).await?;
            if let Some(renewal) = &mut certificate.renewal {
                renewal.replaces_refused = true;
            }
            order
        }
        other => made(ctx, account, &new, other).await?,
    };
    let replaces = new.replaces.is_some();
    Ok(Order { url: order.url, challenges: order.challenges, replaces, watch: None, proven: false })
}

/// What the CA made; what it says of the account instead is remembered.
async fn made(
    ctx: &Context,
    account: &Account,
    new: &NewOrder,
    outcome: std::result::Result<OrderView, CaError>,
) -> Result<OrderView> {
    let order = match outcome {
        Ok(order) => order,
        Err(error) => {
            acme::heed(ctx, account.id, &new.names, &error).await;
            return Err(match error {
                CaError::NoAccount(reason) => Error::Conflict(format!("{}: {reason}", account.deactivated())),
                CaError::Gone(reason) => Error::PutOff {
                    message: format!("the CA does not show the order that it has just made: {reason}; order again"),
                    retry_after: NOT_SHOWN_YET,
                },
                other => other.into(),
            });
        }
    };
    match order.challenges.iter().find(|proven| !new.names.iter().any(|name| name.base() == proven.name)) {
        None => Ok(order),
        Some(stranger) => Err(Error::Conflict(format!(
            "the CA asks to prove {}, which was not ordered; check the provider's directoryUrl",
            stranger.name.chars().take(253).collect::<String>()
        ))),
    }
}

/// Counts how an order ended against the CA's limits: a certificate that was issued, or names that were not proven.
pub async fn count(ctx: &Context, certificate: &Certificate, state: Progress, unproven: bool) -> Result<()> {
    let Some(order) = &certificate.order else { return Ok(()) };
    let provider = acme::find_provider(ctx.store.as_ref(), "issuer", &certificate.issuer).await?;
    if state == Progress::Succeeded {
        let names: Vec<_> = certificate.names().cloned().collect();
        let purpose = purpose(certificate.version > 0, order.replaces);
        return budget::issued(ctx, &provider, &names, purpose).await;
    }
    for challenge in order.challenges.iter().filter(|challenge| unproven && challenge.pending) {
        budget::failed_validation(ctx, &provider, certificate.account, &challenge.name).await?;
    }
    Ok(())
}

/// What counts against the CA's limits: a renewal by its own window does not.
fn purpose(is_renewal: bool, by_window: bool) -> Purpose {
    match (is_renewal, by_window) {
        (false, _) => Purpose::New,
        (true, true) => Purpose::AriRenewal,
        (true, false) => Purpose::Renewal,
    }
}

async fn replaces(ctx: &Context, account: &Account, certificate: &Certificate) -> Result<Option<String>> {
    let (Some(issued), Some(renewal)) = (certificate.issued(), &certificate.renewal) else { return Ok(None) };
    if renewal.replaces_refused || renewal.issued_with != account.id {
        return Ok(None);
    }
    let meta = ctx.ca.meta(&account.directory).await?;
    Ok(meta.renewal_info.then(|| issued.chain.clone()))
}
