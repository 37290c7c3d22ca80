//! A walk over every route and job, for whoever counts what they cause.

mod alerts;
mod certificates;
mod creates;
mod dns;
mod monitors;
mod reads;
mod servers;
mod users;

use domain::operations::Next;
use domain::ports::QueueName;
use reqwest::Method;
use serde_json::Value;

use crate::steward::{Client, CountingStore, Lab, Steward, routes};

/// The lists; every other GET is of one thing.
const LISTS: [&str; 12] = [
    "/api/certificates",
    "/api/servers",
    "/api/deployments",
    "/api/dns-credentials",
    "/api/dns-providers",
    "/api/monitors",
    "/api/v1/users",
    "/api/v1/acme/accounts",
    "/api/v1/acme/providers",
    "/api/audit",
    "/api/channels",
    "/api/alerts",
];

/// Where something is made.
const CREATES: [&str; 10] = [
    "/api/channels",
    "/api/monitors",
    "/api/add_user",
    "/api/v1/users/register",
    "/api/v1/acme/providers/create",
    "/api/v1/acme/account/create",
    "/api/certificates",
    "/api/servers",
    "/api/deployments",
    "/api/dns-credentials",
];

/// What counts.
pub trait Meter {
    /// One of what it counts.
    type Call;

    /// Those since the last time.
    fn take(&self) -> Vec<Self::Call>;
}

impl Meter for CountingStore {
    type Call = String;

    fn take(&self) -> Vec<String> {
        CountingStore::take(self)
    }
}

/// One request that succeeded, or one delivery of a job, and what it caused.
#[derive(Clone, Debug)]
pub struct Visit<C> {
    /// The route, e.g. `GET /api/certificates/{id}`, or the worker and its job.
    pub route: String,
    /// Who sent it: `user`, `administrator`, `nobody` … or `worker`.
    pub by: &'static str,
    /// The path with its query; empty for a job.
    pub path: String,
    /// What was called.
    pub calls: Vec<C>,
    /// How many requests the CA got.
    pub ca: usize,
}

impl<C> Visit<C> {
    /// How many calls of the store it may make (those for ACME aside): 2 for a GET, 3 for a page of a list, 3 for a
    /// create. What a distributor reads of their users' is one more, for whose it is, and the first order of somebody
    /// who has no account at the CA registers one.
    pub fn limit(&self) -> Option<usize> {
        let (method, path) = self.route.split_once(' ')?;
        match method {
            _ if matches!(self.by, "nobody" | "distributor" | "newcomer" | "worker") => None,
            "GET" if LISTS.contains(&path) => Some(3),
            "GET" => Some(2),
            "POST" if CREATES.contains(&path) => Some(3),
            _ => None,
        }
    }
}

/// A walk over one Steward, whose workers do not run: the walk does their jobs.
pub struct Walk<'a, M: Meter> {
    steward: &'a Steward,
    lab: Option<&'a Lab>,
    meter: &'a M,
    /// What it has seen.
    pub visits: Vec<Visit<M::Call>>,
}

impl<'a, M: Meter> Walk<'a, M> {
    /// One that needs no CA.
    pub fn over(steward: &'a Steward, meter: &'a M) -> Self {
        Self { steward, lab: None, meter, visits: Vec::new() }
    }

    /// One over all there is. Fails when a route was left out.
    pub async fn over_everything(lab: &'a Lab, meter: &'a M) -> Vec<Visit<M::Call>> {
        let mut walk = Self { lab: Some(lab), ..Self::over(&lab.steward, meter) };
        walk.creates(lab).await;
        walk.certificates(lab).await;
        walk.servers().await;
        walk.dns().await;
        walk.monitors(lab).await;
        walk.sweep().await;
        walk.alerts().await;
        walk.users().await;
        walk.reads().await;
        walk.distributor().await;
        let all = routes(&lab.steward).await.into_iter().map(|route| route.name());
        let left: Vec<_> = all.filter(|name| !walk.visits.iter().any(|visit| visit.route == *name)).collect();
        assert!(left.is_empty(), "nobody went to {left:?}");
        walk.visits
    }

    /// Sends a request; its answer.
    async fn send(
        &mut self,
        (by, caller): (&'static str, &Client),
        method: Method,
        route: &str,
        path: &str,
        body: Value,
    ) -> Value {
        let body = (!body.is_null()).then(|| body.to_string());
        let (_, before) = (self.meter.take(), self.ca());
        let reply = caller.send(method.clone(), path, body).await;
        let (calls, ca) = (self.meter.take(), self.ca() - before);
        assert!(reply.status.is_success(), "{method} {path}: {} {}", reply.status, reply.json);
        self.visits.push(Visit { route: format!("{method} {route}"), by, path: path.to_owned(), calls, ca });
        if method != Method::GET || path.contains("/download") || path.contains("verify_email") {
            self.job(QueueName::Auditor).await;
        }
        reply.json
    }

    /// A request whose route has no variable.
    async fn to(&mut self, who: (&'static str, &Client), method: Method, path: &str, body: Value) -> Value {
        let route = path.split('?').next().unwrap_or(path);
        self.send(who, method, route, path, body).await
    }

    /// Does jobs of a queue until one of this name was done: others may come first, since a queue of AWS has no order.
    async fn job_named(&mut self, queue: QueueName, name: &str) {
        let wanted = format!("{}: {name}", queue.as_str());
        loop {
            self.job(queue).await;
            if self.visits.last().is_some_and(|visit| visit.route == wanted) {
                return;
            }
        }
    }

    /// Takes one job off a queue and does it, as a worker on Lambda would, which leaves taking and deleting to AWS;
    /// what it asks for next.
    async fn job(&mut self, queue: QueueName) -> Next {
        let ctx = &self.steward.ctx;
        let (_, before) = (self.meter.take(), self.ca());
        let mut taken = ctx.queue.receive(queue, 1, std::time::Duration::from_secs(60)).await.unwrap();
        let delivery = taken.pop().unwrap_or_else(|| panic!("no job on the queue {}", queue.as_str()));
        let next = match queue {
            QueueName::Issuer => issuer::handle(ctx, &delivery.job).await.unwrap(),
            QueueName::Deployer => deployer::handle(ctx, &delivery.job).await.unwrap(),
            QueueName::Auditor => auditor::handle(ctx, &delivery.job).await.unwrap(),
            QueueName::Prober => prober::handle(ctx, &delivery.job).await.unwrap(),
            QueueName::Notifier => notifier::handle(ctx, &delivery.job).await.unwrap(),
        };
        if let Next::Again(pause) = next {
            ctx.queue.send(queue, &delivery.job, pause).await.unwrap();
        }
        ctx.queue.delete(queue, &delivery.receipt).await.unwrap();
        let (calls, ca) = (self.meter.take(), self.ca() - before);
        let job = serde_json::to_value(&delivery.job).unwrap();
        let route = format!("{}: {}", queue.as_str(), job["job"].as_str().unwrap());
        self.visits.push(Visit { route, by: "worker", path: String::new(), calls, ca });
        next
    }

    fn ca(&self) -> usize {
        self.lab.map_or(0, |lab| lab.pebble.requests())
    }
}
