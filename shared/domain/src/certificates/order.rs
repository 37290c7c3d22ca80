use super::{Certificate, Order, create};
use crate::acme::budget::{self, Purpose};
use crate::acme::{self, Account, Provider};
use crate::operations::Progress;
use crate::ports::{CaError, NewOrder};
use crate::{Context, Result};

/// Makes an order for a certificate at its CA, and gives what to record of it. A renewal says which certificate it
/// takes the place of, to the CA and the account that issued that one (RFC 9773 §5); a CA that refuses to hear it is
/// not told again. A disabled account orders nothing.
pub async fn place(ctx: &Context, account: &Account, certificate: &mut Certificate) -> Result<Order> {
    create::refuse_disabled(account)?;
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
    let ca_account = account.unlock(ctx.vault.as_ref()).await?;
    let mut new = NewOrder {
        names: certificate.names().cloned().collect(),
        profile: certificate.profile.clone(),
        replaces: replaces(ctx, account, certificate).await?,
    };
    let purpose = purpose(certificate.issued().is_some(), new.replaces.is_some());
    budget::spend(ctx, provider, account.id, &new.names, purpose).await?;
    let order = match ctx.ca.new_order(&ca_account, &new).await {
        // A CA may also fail over it: most likely the order was made before, and the answer was lost.
        Err(CaError::Refused(reason) | CaError::Later { reason, retry_after: None }) if new.replaces.is_some() => {
            budget::spend(ctx, provider, account.id, &new.names, Purpose::Renewal).await?;
            tracing::warn!(certificate = %certificate.id, reason, "ordered without naming the certificate it replaces");
            new.replaces = None;
            let order = ctx.ca.new_order(&ca_account, &new).await?;
            if let Some(renewal) = &mut certificate.renewal {
                renewal.replaces_refused = true;
            }
            order
        }
        made => made?,
    };
    Ok(Order { url: order.url, challenges: order.challenges, replaces: new.replaces.is_some() })
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
