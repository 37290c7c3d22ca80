use super::{Certificate, Order};
use crate::acme::Account;
use crate::ports::{CaError, NewOrder};
use crate::{Context, Result};

/// Makes an order for a certificate at its CA, and gives what to record of it. A renewal says which certificate it
/// takes the place of, to the CA and the account that issued that one (RFC 9773 §5); a CA that refuses to hear it is
/// not told again.
pub async fn place(ctx: &Context, account: &Account, certificate: &mut Certificate) -> Result<Order> {
    let ca_account = account.unlock(ctx.vault.as_ref()).await?;
    let mut new = NewOrder {
        names: certificate.names().cloned().collect(),
        profile: certificate.profile.clone(),
        replaces: replaces(ctx, account, certificate).await?,
    };
    let order = match ctx.ca.new_order(&ca_account, &new).await {
        Err(CaError::Refused(reason)) if new.replaces.is_some() => {
            tracing::warn!(certificate = %certificate.id, reason, "ordered without naming the certificate it replaces");
            if let Some(renewal) = &mut certificate.renewal {
                renewal.replaces_refused = true;
            }
            new.replaces = None;
            ctx.ca.new_order(&ca_account, &new).await?
        }
        made => made?,
    };
    Ok(Order { url: order.url, challenges: order.challenges })
}

async fn replaces(ctx: &Context, account: &Account, certificate: &Certificate) -> Result<Option<String>> {
    let (Some(issued), Some(renewal)) = (certificate.issued(), &certificate.renewal) else { return Ok(None) };
    if renewal.replaces_refused || renewal.issued_with != account.id {
        return Ok(None);
    }
    let meta = ctx.ca.meta(&account.directory).await?;
    Ok(meta.renewal_info.then(|| issued.chain.clone()))
}
