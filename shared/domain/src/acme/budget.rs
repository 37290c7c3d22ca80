//! A local ledger of the limits that a CA publishes: what would be refused there is not asked for. A budget refills
//! evenly (GCRA): one integer, the time at which all of it will be free again.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::Provider;
use crate::entity::{self, Entity, Stored, from_item};
use crate::ids::AccountId;
use crate::names::DomainName;
use crate::ports::{Attribute, Item, Key, Store, StoreError, Table};
use crate::{Context, Error, Result};

/// What is used up of each limit, by limit and subject.
pub static ACME_BUDGETS: Table = Table {
    name: "acme_budgets",
    partition: Attribute::text("subject"),
    sort: None,
    indexes: &[],
    ttl: Some("expires"),
};

/// How often a row is written anew that somebody else has written.
const TRIES: usize = 8;
/// The most rows one call reads.
const READ_AT_ONCE: usize = 100;

/// What a CA counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LimitKind {
    /// New orders of an account.
    NewOrders,
    /// Certificates for a registered domain and what is below it.
    CertificatesPerDomain,
    /// Certificates for one exact set of names.
    CertificatesPerNames,
    /// Failed validations of a name by an account.
    FailedValidations,
}

impl LimitKind {
    /// Every kind.
    pub const ALL: [Self; 4] =
        [Self::NewOrders, Self::CertificatesPerDomain, Self::CertificatesPerNames, Self::FailedValidations];

    /// Its name in the API.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NewOrders => "new_orders",
            Self::CertificatesPerDomain => "certificates_per_domain",
            Self::CertificatesPerNames => "certificates_per_names",
            Self::FailedValidations => "failed_validations",
        }
    }

    fn words(self) -> &'static str {
        match self {
            Self::NewOrders => "new orders of an account",
            Self::CertificatesPerDomain => "certificates for a registered domain",
            Self::CertificatesPerNames => "certificates for the same names",
            Self::FailedValidations => "failed validations of a name",
        }
    }
}

/// A limit of a CA: so many in so many seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// What is counted.
    pub kind: LimitKind,
    /// How many may be.
    pub of: u32,
    /// In how many seconds.
    pub per_seconds: u32,
}

/// Why an order is made: renewals are counted differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// A certificate for names that had none.
    New,
    /// The same names again, without `replaces`.
    Renewal,
    /// A renewal that names the certificate it replaces (RFC 9773 §5), which Let's Encrypt does not count.
    AriRenewal,
}

/// How much of a limit is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Which limit.
    pub limit: LimitKind,
    /// For which account, domain or name.
    pub subject: String,
    /// How many are used now.
    pub used: u32,
    /// How many there are.
    pub of: u32,
    /// In how many seconds.
    pub per_seconds: u32,
    /// When all are free again; none when they are.
    pub resets_at: Option<Timestamp>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Bucket {
    subject: String,
    full_at: Timestamp,
}

impl Entity for Bucket {
    const TABLE: &'static Table = &ACME_BUDGETS;
    const NAME: &'static str = "budget";

    fn key(&self) -> Key {
        Key::of(self.subject.as_str())
    }

    fn index(&self, item: &mut Item) {
        item.insert("expires".into(), (self.full_at.as_second() + 86_400).into());
    }
}

/// One limit for one subject.
struct Gauge {
    limit: Limit,
    subject: String,
    key: String,
}

impl Gauge {
    fn new(provider: &Provider, kind: LimitKind, subject: String) -> Option<Self> {
        let limit = *provider.limits().iter().find(|limit| limit.kind == kind && limit.of > 0)?;
        let hash = hex::encode(&Sha256::digest(&subject)[..16]);
        Some(Self { limit, key: format!("{}/{}/{hash}", provider.id, kind.as_str()), subject })
    }

    fn interval(&self) -> SignedDuration {
        SignedDuration::from_millis(i64::from(self.limit.per_seconds) * 1000 / i64::from(self.limit.of))
    }

    /// When it is full again after one more.
    fn after_one(&self, full_at: Timestamp, now: Timestamp) -> Timestamp {
        full_at.max(now).checked_add(self.interval()).unwrap_or(now)
    }

    /// How long until one more fits in.
    fn wait(&self, full_at: Timestamp, now: Timestamp) -> Option<SignedDuration> {
        let over = self.after_one(full_at, now).duration_since(now);
        let wait = over - SignedDuration::from_secs(i64::from(self.limit.per_seconds));
        wait.is_positive().then_some(wait)
    }

    fn show(&self, full_at: Timestamp, now: Timestamp) -> Budget {
        let (ahead, each) = (full_at.duration_since(now).as_millis(), self.interval().as_millis().max(1));
        let used = (ahead.max(0) + each - 1) / each;
        let used = u32::try_from(used).unwrap_or(u32::MAX).min(self.limit.of);
        Budget {
            limit: self.limit.kind,
            subject: self.subject.clone(),
            used,
            of: self.limit.of,
            per_seconds: self.limit.per_seconds,
            resets_at: (full_at > now).then_some(full_at),
        }
    }

    async fn take(&self, ctx: &Context, even_if_none_is_left: bool) -> Result<()> {
        let (store, now) = (ctx.store.as_ref(), ctx.clock.now());
        for _ in 0..TRIES {
            let found = entity::find::<Bucket>(store, Key::of(self.key.as_str())).await?;
            let full_at = found.as_ref().map_or(now, |bucket| bucket.value.full_at);
            if let Some(wait) = self.wait(full_at, now).filter(|_| !even_if_none_is_left) {
                return Err(self.too_many(wait));
            }
            let full_at = self.after_one(full_at, now);
            let write = match found {
                Some(mut bucket) => {
                    bucket.value.full_at = full_at;
                    bucket.update()?
                }
                None => entity::insert(&Bucket { subject: self.key.clone(), full_at })?,
            };
            match store.write(write).await {
                Err(StoreError::Unexpected { .. }) => {}
                other => return Ok(other?),
            }
        }
        Err(StoreError::Unexpected { index: 0 }.into())
    }

    fn too_many(&self, wait: SignedDuration) -> Error {
        let Limit { kind, of, per_seconds } = self.limit;
        let (words, hours) = (kind.words(), per_seconds.div_ceil(3600));
        let message = format!(
            "the CA allows {of} {words} in {hours} h, and those for {} are used up; the next is free in {} min",
            self.subject,
            wait.as_secs() / 60 + 1
        );
        Error::TooMany { message, retry_after: u64::try_from(wait.as_secs()).unwrap_or_default() + 1 }
    }
}

/// The domain that a CA counts a name under: the registered one (the public suffix and one label).
pub fn registered_domain(name: &DomainName) -> String {
    psl::domain_str(name.base()).unwrap_or(name.base()).to_owned()
}

fn per_domain(provider: &Provider, names: &[DomainName]) -> Vec<Gauge> {
    let mut domains: Vec<String> = names.iter().map(registered_domain).collect();
    domains.sort();
    domains.dedup();
    domains.into_iter().filter_map(|name| Gauge::new(provider, LimitKind::CertificatesPerDomain, name)).collect()
}

fn per_names(provider: &Provider, names: &[DomainName]) -> Option<Gauge> {
    let mut names: Vec<&str> = names.iter().map(DomainName::as_str).collect();
    names.sort_unstable();
    Gauge::new(provider, LimitKind::CertificatesPerNames, names.join(","))
}

fn per_account(provider: &Provider, account: AccountId) -> Option<Gauge> {
    Gauge::new(provider, LimitKind::NewOrders, format!("account {account}"))
}

fn failed(provider: &Provider, account: AccountId, name: &str) -> Option<Gauge> {
    Gauge::new(provider, LimitKind::FailedValidations, format!("{name} by account {account}"))
}

fn failures(provider: &Provider, account: AccountId, names: &[DomainName]) -> Vec<Gauge> {
    let mut bases: Vec<&str> = names.iter().map(DomainName::base).collect();
    bases.sort_unstable();
    bases.dedup();
    bases.into_iter().filter_map(|name| failed(provider, account, name)).collect()
}

async fn read(store: &dyn Store, gauges: &[Gauge], now: Timestamp) -> Result<Vec<Timestamp>> {
    let mut full = Vec::new();
    for some in gauges.chunks(READ_AT_ONCE) {
        let keys = some.iter().map(|gauge| (&ACME_BUDGETS, Key::of(gauge.key.as_str()))).collect();
        for item in store.get_many(keys).await? {
            let bucket: Option<Stored<Bucket>> = item.map(from_item).transpose()?;
            full.push(bucket.map_or(now, |bucket| bucket.value.full_at));
        }
    }
    Ok(full)
}

/// What is used of each limit that an order for these names would meet: of several domains or names under one limit,
/// the one with most used. Nothing for a CA that publishes none.
pub async fn show(
    ctx: &Context,
    provider: &Provider,
    account: Option<AccountId>,
    names: &[DomainName],
) -> Result<Vec<Budget>> {
    let mut gauges: Vec<Gauge> = account.and_then(|account| per_account(provider, account)).into_iter().collect();
    gauges.extend(per_domain(provider, names));
    gauges.extend(per_names(provider, names));
    gauges.extend(account.into_iter().flat_map(|account| failures(provider, account, names)));
    let now = ctx.clock.now();
    let full = read(ctx.store.as_ref(), &gauges, now).await?;
    let mut shown: Vec<Budget> = Vec::new();
    for budget in gauges.iter().zip(full).map(|(gauge, full_at)| gauge.show(full_at, now)) {
        match shown.iter_mut().find(|other| other.limit == budget.limit) {
            Some(other) if other.used < budget.used => *other = budget,
            Some(_) => {}
            None => shown.push(budget),
        }
    }
    Ok(shown)
}

/// Counts a new order before the CA is asked for it; [`Error::TooMany`], with the time to wait, when the CA would
/// refuse it or the certificate it is for.
pub async fn spend(
    ctx: &Context,
    provider: &Provider,
    account: AccountId,
    names: &[DomainName],
    purpose: Purpose,
) -> Result<()> {
    if purpose == Purpose::AriRenewal {
        return Ok(());
    }
    let mut gauges = failures(provider, account, names);
    gauges.extend(per_names(provider, names));
    if purpose == Purpose::New {
        gauges.extend(per_domain(provider, names));
    }
    let now = ctx.clock.now();
    let full = read(ctx.store.as_ref(), &gauges, now).await?;
    let waits = gauges.iter().zip(full).filter_map(|(gauge, full_at)| Some((gauge.wait(full_at, now)?, gauge)));
    if let Some((wait, gauge)) = waits.max_by_key(|(wait, _)| *wait) {
        return Err(gauge.too_many(wait));
    }
    match per_account(provider, account).filter(|_| purpose == Purpose::New) {
        Some(orders) => orders.take(ctx, false).await,
        None => Ok(()),
    }
}

/// Counts a certificate that was issued.
pub async fn issued(ctx: &Context, provider: &Provider, names: &[DomainName], purpose: Purpose) -> Result<()> {
    let mut gauges = Vec::new();
    match purpose {
        Purpose::AriRenewal => {}
        Purpose::Renewal => gauges.extend(per_names(provider, names)),
        Purpose::New => {
            gauges.extend(per_names(provider, names));
            gauges.extend(per_domain(provider, names));
        }
    }
    for gauge in gauges {
        gauge.take(ctx, true).await?;
    }
    Ok(())
}

/// Counts a validation that the CA said has failed; `name` without `*.`.
pub async fn failed_validation(ctx: &Context, provider: &Provider, account: AccountId, name: &str) -> Result<()> {
    match failed(provider, account, name) {
        Some(gauge) => gauge.take(ctx, true).await,
        None => Ok(()),
    }
}
