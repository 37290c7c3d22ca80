use std::collections::BTreeMap;
use std::ops::AddAssign;

use super::list::{Good, LOGGED, MS_ITSELF, MS_OF_CA, MS_OF_CALL, MS_OF_PASSWORD, Price};
use crate::aws::Charge;
use crate::walk::Visit;

/// Where a password is hashed.
const HASHING: [&str; 6] = [
    "POST /api/auth/login",
    "POST /api/login",
    "POST /api/v1/users/login",
    "POST /api/add_user",
    "POST /api/v1/users/register",
    "PUT /api/v1/users/profile",
];

/// How much of what.
#[derive(Clone, Debug, Default)]
pub struct Bill(BTreeMap<Good, f64>);

impl Bill {
    /// What one visit to a route, or one job, takes in a function of this much memory.
    pub fn of(visit: &Visit<Charge>, gigabytes: f64) -> Self {
        let mut bill = Self::default();
        let count = |service: &str| visit.calls.iter().filter(|call| call.service == service).count();
        let job = visit.path.is_empty();
        bill.add(Good::ApiRequest, if job { 0.0 } else { 1.0 });
        bill.add(Good::LambdaRequest, 1.0);
        let hashed = if HASHING.contains(&visit.route.as_str()) { MS_OF_PASSWORD } else { 0.0 };
        let ms = MS_ITSELF + MS_OF_CALL * float(visit.calls.len()) + MS_OF_CA * float(visit.ca) + hashed;
        bill.add(Good::GbSecond, gigabytes * ms / 1e3);
        bill.add(Good::ReadUnit, visit.calls.iter().map(|call| call.reads).sum());
        bill.add(Good::WriteUnit, visit.calls.iter().map(|call| call.writes).sum());
        bill.add(Good::SqsRequest, float(count("sqs")));
        bill.add(Good::SecretCall, float(count("secretsmanager")));
        bill.add(Good::LogGb, LOGGED / 1e9);
        bill
    }

    /// Adds so many of a good.
    pub fn add(&mut self, good: Good, count: f64) {
        // The sum of nothing is -0.
        *self.0.entry(good).or_default() += count + 0.0;
    }

    /// The same so many times.
    #[must_use]
    pub fn times(&self, times: f64) -> Self {
        Self(self.0.iter().map(|(good, count)| (*good, count * times)).collect())
    }

    /// How many of a good.
    pub fn count(&self, good: Good) -> f64 {
        self.0.get(&good).copied().unwrap_or_default()
    }

    /// The lines of it: the price, how many, their dollars, and what is left of these beyond what is free.
    pub fn lines(&self) -> impl Iterator<Item = (Price, f64, f64, f64)> {
        let lines = Price::ALL.into_iter().map(|price| {
            let (count, each) = (self.count(price.good), price.dollars / price.of);
            (price, count, count * each, (count - price.free).max(0.0) * each)
        });
        lines.filter(|(_, count, ..)| *count > 0.0)
    }

    /// In dollars.
    pub fn total(&self) -> f64 {
        self.lines().map(|(_, _, dollars, _)| dollars).sum()
    }

    /// In dollars, where an account has nothing else that uses up what is free.
    pub fn total_beyond_free(&self) -> f64 {
        self.lines().map(|(_, _, _, dollars)| dollars).sum()
    }
}

impl AddAssign<Self> for Bill {
    fn add_assign(&mut self, other: Self) {
        other.0.into_iter().for_each(|(good, count)| self.add(good, count));
    }
}

#[expect(clippy::cast_precision_loss, reason = "a few calls")]
pub(super) fn float(count: usize) -> f64 {
    count as f64
}
