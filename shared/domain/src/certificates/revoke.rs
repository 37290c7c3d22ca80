use super::{Certificate, State};
use crate::acme::{self, Account};
use crate::alerts::{self, Subject};
use crate::entity::{self, Stored};
use crate::ports::{Key, StoreError};
use crate::{Context, Error, Result};

/// Revokes an issued certificate at its CA (RFC 8555 §7.6), then records it. Repeating it after a lost answer is safe.
pub async fn revoke(ctx: &Context, certificate: &mut Stored<Certificate>) -> Result<()> {
    let now = ctx.clock.now();
    let chain = match &certificate.value.state {
        State::Issued(issued) if issued.valid_to <= now => {
            return Err(Error::Conflict("the certificate has expired; there is nothing to revoke".into()));
        }
        State::Issued(issued) => issued.chain.clone(),
        State::Revoked { .. } => return Err(Error::Conflict("the certificate is revoked already".into())),
        State::Unissued | State::Verifying { .. } | State::Issuing { .. } | State::Failed { .. } => {
            let status = certificate.value.status(now).as_str();
            let reason = format!("only an issued certificate can be revoked; this one is {status}");
            return Err(Error::Conflict(reason));
        }
    };
    let store = ctx.store.as_ref();
    let account: Stored<Account> = entity::load(store, Key::of(certificate.value.account.0)).await?;
    let account = account.value.unlock(ctx.vault.as_ref()).await?;
    if let Err(error) = ctx.ca.revoke(&account, &chain).await {
        acme::heed(ctx, account.id, &[], &error).await;
        return Err(error.into());
    }
    loop {
        certificate.value.mark_revoked(ctx.clock.now())?;
        match store.write(certificate.update()?).await {
            // A note was written while the CA was at work.
            Err(StoreError::Unexpected { .. }) => {
                *certificate = entity::load(store, Key::of(certificate.value.id.0)).await?;
            }
            written => {
                written?;
                certificate.written();
                alerts::forget(ctx, Subject::Certificate(certificate.value.id)).await;
                return Ok(());
            }
        }
    }
}
