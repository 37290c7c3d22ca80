use super::{ACCOUNTS, Account, AccountStatus};
use crate::Result;
use crate::entity::{self, Stored};
use crate::ids::{ProviderId, UserId};
use crate::list::{Listing, PageRequest};
use crate::ports::{Query, Store};

/// Which accounts of an owner.
#[derive(Clone, Copy, Debug, Default)]
pub struct Filter {
    /// Those at this provider.
    pub provider: Option<ProviderId>,
    /// Those with this status.
    pub status: Option<AccountStatus>,
}

/// Every account of an owner, newest first. They are few: one call reads them.
pub async fn of_owner(store: &dyn Store, owner: UserId) -> Result<Vec<Stored<Account>>> {
    let mut query = Query::of(&ACCOUNTS, owner.0);
    query.index = Some("by_owner");
    query.descending = true;
    entity::every(store, query).await
}

/// A page of an owner's accounts, newest first.
pub async fn list(store: &dyn Store, owner: UserId, filter: Filter, request: &PageRequest) -> Result<Listing<Account>> {
    let fits = |account: &Account| {
        filter.provider.is_none_or(|provider| account.provider == provider)
            && filter.status.is_none_or(|status| account.status == status)
    };
    let all = of_owner(store, owner).await?.into_iter().map(|stored| stored.value).filter(fits);
    let all: Vec<Account> = all.collect();
    let skip = (request.page as usize - 1).saturating_mul(request.per_page as usize);
    let total = all.len() as u64;
    Ok(Listing { rows: all.into_iter().skip(skip).take(request.per_page as usize).collect(), total })
}
