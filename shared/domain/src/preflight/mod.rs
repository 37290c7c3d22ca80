//! What can be known before a CA is asked: whether names lie in zones, whether CAA allows the CA, whether challenges can
//! be answered, and what is left of the CA's limits. The CA decides; a lookup that fails is only a warning.

mod caa;
mod names;
mod order;
mod plan;

use std::time::Duration;

use futures_util::stream::{self, StreamExt};
use tokio::time::Instant;

pub use plan::{Plan, Request, plan};

use crate::acme::budget::{self, Budget};
use crate::names::DomainName;
use crate::{Context, Result};

/// How long all of it may take.
const WITHIN: Duration = Duration::from_secs(10);
/// How many names are looked at once.
const AT_ONCE: usize = 24;

/// What a check came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CheckState {
    /// As it should be.
    Ok,
    /// Not known, or worth a look.
    Warning,
    /// The order would fail.
    Failed,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Check {
    /// The name it is about.
    pub name: String,
    /// What was looked at: `zone`, `caa`, `challenge`; of the order as a whole `names`, `account`, `duplicate`.
    pub check: &'static str,
    /// What it came to.
    pub state: CheckState,
    /// Why, and what to do.
    pub detail: String,
}

/// All that was looked at.
#[derive(Clone, Debug)]
pub struct Report {
    /// Whether nothing failed.
    pub ok: bool,
    /// Every check, in the order of the names.
    pub checks: Vec<Check>,
    /// What is used of the CA's limits.
    pub budget: Vec<Budget>,
}

impl Report {
    /// The first thing that failed, in words.
    pub fn failure(&self) -> Option<String> {
        let failed = self.checks.iter().find(|check| check.state == CheckState::Failed)?;
        Some(format!("{}: {}", failed.name, failed.detail))
    }
}

/// Looks at everything, and at what speaks against the order now: the account, and other orders for the same names.
pub async fn report(ctx: &Context, plan: &Plan) -> Result<Report> {
    let (looked, standing) = futures_util::join!(check(ctx, plan), order::standing(ctx, plan));
    let mut report = looked?;
    report.checks.extend(standing?);
    report.ok = report.failure().is_none();
    Ok(report)
}

/// Looks at everything that an order would fail over at once, for ten seconds at most.
pub async fn check(ctx: &Context, plan: &Plan) -> Result<Report> {
    let deadline = Instant::now() + WITHIN;
    let of_name = |name: DomainName| async move { names::check(ctx, plan, &name, deadline).await };
    let checks = stream::iter(plan.names.clone()).map(of_name).buffered(AT_ONCE).collect::<Vec<_>>();
    let account = plan.account.as_ref().map(|account| account.id);
    let (checks, budget) = futures_util::join!(checks, budget::show(ctx, &plan.provider, account, &plan.names));
    let checks: Vec<Check> = checks.into_iter().flatten().chain(order::redundant(plan)).collect();
    let budget = budget?;
    let ok = checks.iter().all(|check| check.state != CheckState::Failed);
    Ok(Report { ok, checks, budget })
}
