//! How long a CA asks an account to wait (`Retry-After`, RFC 8555 §6.6): until then the CA is not asked again, by no
//! order that the wait is about.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::budget::registered_domain;
use super::{Account, AccountStatus};
use crate::entity::{self, Stored};
use crate::ids::AccountId;
use crate::names::DomainName;
use crate::ports::{CaError, Key};
use crate::{Context, Error, Result};

/// No peer's wait is longer than 30 days (`dial::LONGEST_WAIT`).
const LONGEST: SignedDuration = SignedDuration::from_hours(31 * 24);
/// A shorter wait is over before anybody could ask again.
const SHORTEST: Duration = Duration::from_secs(1);
/// The most waits that are remembered of an account; of more, those that end first are forgotten.
const WAITS_MAX: usize = 20;
/// The longest reason that is remembered, in characters.
const REASON_MAX: usize = 500;
/// How often the account is written anew because somebody else wrote it.
const TRIES: usize = 5;

/// Which orders of an account a CA asks to wait.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "of", content = "name", rename_all = "snake_case")]
pub enum Scope {
    /// All of them.
    Account,
    /// New ones only: an order that was made goes on.
    NewOrders,
    /// Those for names below this registered domain.
    Domain(String),
    /// Those for this name.
    Name(String),
    /// Those for one exact set of names, as its SHA-256 in hex.
    Names(String),
}

/// A wait that a CA asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wait {
    /// Which orders.
    pub scope: Scope,
    /// Until when.
    pub until: Timestamp,
    /// Why, in the CA's words.
    pub reason: String,
}

impl Scope {
    /// The orders that a reason is about: a limit that names what it counts stops no other order.
    fn of(reason: &str, names: &[DomainName]) -> Self {
        let reason = reason.to_lowercase();
        if ["exact set of", "same set of"].iter().any(|words| reason.contains(words)) {
            return Self::Names(set(names));
        }
        let words: Vec<&str> = reason
            .split(|c: char| !c.is_ascii_alphanumeric() && !"-._*".contains(c))
            .map(|word| word.trim_start_matches("*.").trim_matches('.'))
            .collect();
        let named = |name: &&DomainName| words.contains(&name.base());
        if reason.contains("authorizations")
            && let Some(name) = names.iter().find(named)
        {
            return Self::Name(name.base().to_owned());
        }
        if let Some(domain) = names.iter().map(registered_domain).find(|domain| words.contains(&domain.as_str())) {
            return Self::Domain(domain);
        }
        match names.iter().find(named) {
            Some(name) => Self::Name(name.base().to_owned()),
            None if reason.contains("new orders") => Self::NewOrders,
            None => Self::Account,
        }
    }

    fn covers(&self, names: &[DomainName]) -> bool {
        match self {
            Self::Account => true,
            Self::NewOrders => !names.is_empty(),
            Self::Domain(domain) => names.iter().any(|name| registered_domain(name) == *domain),
            Self::Name(base) => names.iter().any(|name| name.base() == base),
            Self::Names(hash) => set(names) == *hash,
        }
    }
}

/// The same for the same names, in whatever order.
fn set(names: &[DomainName]) -> String {
    let mut names: Vec<&str> = names.iter().map(DomainName::as_str).collect();
    names.sort_unstable();
    hex::encode(Sha256::digest(names.join(",")))
}

impl Account {
    /// What an order for these names has to wait for, the longest wait of several.
    pub fn wait(&self, names: &[DomainName], now: Timestamp) -> Option<&Wait> {
        // One that ends later was written by a clock that has been set back since.
        let latest = now.saturating_add(LONGEST).unwrap_or(now);
        let asked = |wait: &&Wait| wait.until > now && wait.until <= latest && wait.scope.covers(names);
        let waits = self.waits.iter().filter(asked);
        waits.max_by_key(|wait| wait.until)
    }

    /// The error of asking for these names while the CA asks to wait.
    pub fn refuse_early(&self, names: &[DomainName], now: Timestamp) -> Result<()> {
        let Some(Wait { until, reason, .. }) = self.wait(names, now) else { return Ok(()) };
        Err(Error::PutOff {
            message: format!("the CA asked ACME account {} to wait until {until:.0}: {reason}", self.id),
            retry_after: Duration::try_from(until.duration_since(now)).unwrap_or_default(),
        })
    }

    fn remember(&mut self, wait: Wait, now: Timestamp) {
        self.waits.retain(|known| known.until > now && (known.scope != wait.scope || known.until > wait.until));
        if !self.waits.iter().any(|known| known.scope == wait.scope) {
            self.waits.push(wait);
        }
        if self.waits.len() > WAITS_MAX {
            self.waits.sort_by_key(|wait| std::cmp::Reverse(wait.until));
            self.waits.truncate(WAITS_MAX);
        }
    }
}

/// Remembers what an error of the CA says of the account it was called with: how long it is to wait, or that it was
/// deactivated. A failure is only logged: the error itself says the same to whoever called.
pub async fn heed(ctx: &Context, id: AccountId, names: &[DomainName], error: &CaError) {
    let now = ctx.clock.now();
    let learnt: Box<dyn Fn(&mut Account) + Send + Sync> = match error {
        CaError::Later { reason, retry_after: Some(wait) } if *wait >= SHORTEST => {
            let Ok(until) = now.checked_add(*wait) else { return };
            let reason: String = reason.chars().take(REASON_MAX).collect();
            let wait = Wait { scope: Scope::of(&reason, names), until, reason };
            Box::new(move |account| account.remember(wait.clone(), now))
        }
        CaError::NoAccount(_) => Box::new(|account| account.status = AccountStatus::Deactivated),
        CaError::Later { .. } | CaError::Refused(_) | CaError::Gone(_) => return,
    };
    if let Err(error) = write(ctx, id, learnt).await {
        tracing::warn!(account = %id, %error, "what the CA said of the account is not remembered");
    }
}

async fn write(ctx: &Context, id: AccountId, learnt: Box<dyn Fn(&mut Account) + Send + Sync>) -> Result<()> {
    let store = ctx.store.as_ref();
    let mut tries = 0;
    loop {
        let Some(mut account): Option<Stored<Account>> = entity::find(store, Key::of(id.0)).await? else {
            return Ok(());
        };
        learnt(&mut account.value);
        account.value.updated_at = ctx.clock.now();
        match account.save(store).await {
            Err(Error::Conflict(_)) if tries < TRIES => tries += 1,
            saved => return saved,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(texts: &[&str]) -> Vec<DomainName> {
        texts.iter().map(|text| DomainName::parse("domain", text).unwrap()).collect()
    }

    /// The sentences are those of Let's Encrypt's documentation and of Boulder.
    #[test]
    fn a_limit_stops_the_orders_it_is_about() {
        let ordered = names(&["www.shop.example.com", "*.shop.example.com"]);
        for (reason, scope) in [
            ("rateLimited: too many new orders (300) from this account in the last 3h0m0s", Scope::NewOrders),
            ("the CA answered 503 Service Unavailable", Scope::Account),
            ("rateLimited: Service busy; retry later: see https://letsencrypt.org/docs/rate-limits/", Scope::Account),
            (
                "rateLimited: too many certificates (50) already issued for \"example.com\" in the last 168h0m0s",
                Scope::Domain("example.com".into()),
            ),
            (
                "rateLimited: too many certificates (5) already issued for this exact set of identifiers in the last \
                 168h0m0s, retry after 2026-12-01 10:00:00 UTC",
                Scope::Names(set(&names(&["*.shop.example.com", "www.shop.example.com"]))),
            ),
            (
                "rateLimited: too many failed authorizations (5) for \"shop.example.com\" in the last 1h0m0s",
                Scope::Name("shop.example.com".into()),
            ),
        ] {
            assert_eq!(Scope::of(reason, &ordered), scope, "{reason}");
            // An order that was made waits for what stops the whole account only.
            assert_eq!(scope.covers(&[]), scope == Scope::Account, "{reason}");
        }
    }

    #[test]
    fn another_order_waits_only_where_it_is_meant() {
        let (one, other) = (names(&["a.example.com"]), names(&["b.example.com"]));
        for (scope, itself, sibling, stranger) in [
            (Scope::Account, true, true, true),
            (Scope::Domain("example.com".into()), true, true, false),
            (Scope::Name("a.example.com".into()), true, false, false),
            (Scope::Names(set(&one)), true, false, false),
        ] {
            assert_eq!(scope.covers(&one), itself, "{scope:?}");
            assert_eq!(scope.covers(&other), sibling, "{scope:?}");
            assert_eq!(scope.covers(&names(&["a.example.org"])), stranger, "{scope:?}");
        }
    }
}
