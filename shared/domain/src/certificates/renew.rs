use super::{Attempt, Certificate, Method, Renewal, State, begin, place, schedule};
use crate::acme::Account;
use crate::entity::{self, Stored};
use crate::ids::OperationId;
use crate::ports::Key;
use crate::{Context, Error, Result};

/// What became of a renewal that was asked for.
#[derive(Debug)]
pub enum Renewed {
    /// The operation is under way.
    Started(OperationId),
    /// It is ordered, and waits for its owner to make the records.
    AwaitingRecords,
}

/// Renews an issued certificate now, whatever its schedule says. Refused within an hour of its last issue.
pub async fn renew(ctx: &Context, certificate: &mut Stored<Certificate>) -> Result<Renewed> {
    let now = ctx.clock.now();
    let State::Issued(issued) = &certificate.value.state else {
        let status = certificate.value.status(now).as_str();
        return Err(Error::Conflict(format!("only an issued certificate can be renewed; this one is {status}")));
    };
    let (id, account) = (certificate.value.id, certificate.value.account);
    let plan = || Renewal::of(id, issued, account, issued.valid_from);
    let renewal = certificate.value.renewal.clone().unwrap_or_else(plan);
    let rests_until = renewal.rests_until();
    certificate.value.renewal = Some(renewal.clone());
    match renewal.attempt {
        Attempt::Verifying { operation } | Attempt::Issuing { operation } => Ok(Renewed::Started(operation)),
        _ if rests_until > now => Err(Error::Conflict(format!(
            "the certificate was issued less than an hour ago; it can be renewed from {rests_until:.0} on"
        ))),
        Attempt::AwaitingRecords => Ok(Renewed::AwaitingRecords),
        Attempt::Idle => start(ctx, certificate).await,
    }
}

/// Begins a renewal whose time has come: the operation, or the order whose records its owner makes.
pub(super) async fn start(ctx: &Context, certificate: &mut Stored<Certificate>) -> Result<Renewed> {
    match certificate.value.method {
        Method::Manual => {
            order(ctx, certificate).await?;
            Ok(Renewed::AwaitingRecords)
        }
        Method::Dns { .. } | Method::Delegated | Method::Http => {
            Ok(Renewed::Started(begin(ctx, certificate).await?.id))
        }
    }
}

/// Makes an order whose records the owner has to make, and has them looked for.
pub(super) async fn order(ctx: &Context, certificate: &mut Stored<Certificate>) -> Result<()> {
    let store = ctx.store.as_ref();
    let account: Stored<Account> = entity::load(store, Key::of(certificate.value.account.0)).await?;
    let order = place(ctx, &account.value, &mut certificate.value).await?;
    certificate.value.await_records(order, ctx.clock.now())?;
    certificate.save(store).await?;
    schedule(ctx, &certificate.value).await
}
