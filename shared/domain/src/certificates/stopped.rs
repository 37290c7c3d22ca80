use super::Certificate;
use crate::acme::ACCOUNTS;
use crate::dns_credentials::DNS_CREDENTIALS;
use crate::entity;
use crate::ports::{Item, Key};
use crate::users::{self, Touched, USERS, User};
use crate::{Context, Result};

/// Why nothing is ordered for a certificate now: its owner is not active, or may no longer reach the ACME account or
/// the DNS credential that it is ordered with. One store call, unless one of them is somebody else's.
pub async fn stopped(ctx: &Context, certificate: &Certificate) -> Result<Option<String>> {
    let (owner, account) = (certificate.owner, certificate.account);
    let mut keys = vec![(&USERS, Key::of(owner.0)), (&ACCOUNTS, Key::of(account.0))];
    let credential = certificate.method.credential();
    keys.extend(credential.map(|id| (&DNS_CREDENTIALS, Key::of(id.0))));
    let mut items = ctx.store.get_many(keys).await?.into_iter();
    let user: Option<User> = items.next().flatten().map(entity::from_item).transpose()?.map(|row| row.value);
    let (account_row, credential_row) = (items.next().flatten(), items.next().flatten());
    let things = [
        of(account_row, "ACME account", account.0),
        credential.and_then(|id| of(credential_row, "DNS credential", id.0)),
    ];
    let others: Vec<Touched> = things.into_iter().flatten().filter(|thing| thing.owner != owner).collect();
    let decided = match others.is_empty() {
        true => users::may_go_on(user.as_ref(), &[], &[]),
        false => users::ask_again(ctx, owner, &[], &others).await?,
    };
    Ok(decided.err().map(|barred| barred.to_string()))
}

/// A row that is there, as something touched.
fn of(row: Option<Item>, kind: &str, id: i64) -> Option<Touched> {
    let owner = row?.get("owner")?.as_i64().map(crate::ids::UserId)?;
    Some(Touched::new(kind, id, owner))
}
