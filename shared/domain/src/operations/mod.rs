//! Long work: its state, steps and attempts. An operation is the progress bar and the outbox (DESIGN §5).

mod lease;
mod purge;
mod recover;
mod stopped;
mod sweep;

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

pub use lease::{Leased, take};
pub use purge::purge;
pub use recover::recover;
pub use stopped::{give_back, is_suspect, panic_words, panicked, retire, stopped};
pub use sweep::{SWEEP_SCHEDULE, sweep};

use crate::Result;
use crate::alerts::Notice;
use crate::entity::Entity;
use crate::ids::{
    CertificateId, ChannelId, DeploymentId, DeploymentRunId, DnsCredentialId, OperationId, ServerId, UserId,
};
use crate::jobs::Job;
use crate::ports::{Attribute, Index, Item, Key, Projection, Queue, QueueName, SecretName, Store, Table};
use crate::users::Owned;

/// Operations; those not finished are in `by_open`, the longest untouched first. One that waits for a time counts as
/// touched then.
pub static OPERATIONS: Table = Table {
    name: "operations",
    partition: Attribute::number("id"),
    sort: None,
    indexes: &[Index {
        name: "by_open",
        partition: Attribute::text("open"),
        sort: Attribute::number("touched"),
        projection: Projection::All,
    }],
    ttl: Some("expires_at"),
};

/// How long an operation that has ended is kept.
const KEPT: SignedDuration = SignedDuration::from_hours(90 * 24);
/// A lease that ends later than this was written by a clock that has been set back since.
const LONGEST_LEASE: SignedDuration = SignedDuration::from_mins(30);
/// So many attempts in a row that ended with their process are enough.
const UNFINISHED_MAX: u32 = 2;

/// What is to be done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Work {
    /// Bring a certificate's order to its end.
    Issue {
        /// The certificate.
        certificate: CertificateId,
    },
    /// Connect to a server and say what runs there.
    TestServer {
        /// The server.
        server: ServerId,
    },
    /// Bring a certificate to a server.
    Deploy {
        /// The deployment.
        deployment: DeploymentId,
        /// The run of it.
        run: DeploymentRunId,
    },
    /// Start the runs that bring a renewed certificate to its servers.
    Rollout {
        /// The certificate.
        certificate: CertificateId,
    },
    /// Remove the secrets of something that was deleted.
    Purge {
        /// Their names.
        secrets: Vec<SecretName>,
    },
    /// Remove the DNS records that were made for an operation that has ended.
    RemoveRecords {
        /// That operation.
        holder: OperationId,
    },
    /// Try a DNS credential out.
    TestDnsCredential {
        /// The credential.
        credential: DnsCredentialId,
        /// The zone to write in.
        zone: String,
        /// The value to write.
        value: String,
    },
    /// Give an alert's news to every channel of its owner.
    Notify {
        /// What is new.
        notice: Box<Notice>,
        /// The channels that have it.
        told: Vec<ChannelId>,
    },
    /// Send what waits for a channel, until nothing does.
    Deliver {
        /// The channel.
        channel: ChannelId,
    },
}

/// How far an operation, or one of its steps, has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Progress {
    /// Not begun.
    Pending,
    /// Begun.
    Running,
    /// Done.
    Succeeded,
    /// Given up.
    Failed,
}

/// One step of an operation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Step {
    /// What it does, e.g. `finalize`.
    pub name: String,
    /// How far it has come.
    pub state: Progress,
    /// When it began.
    pub started_at: Option<Timestamp>,
    /// When it ended, well or not.
    pub finished_at: Option<Timestamp>,
    /// What a person should know of it.
    pub detail: Option<String>,
}

impl Step {
    fn pending(name: &str) -> Self {
        Self { name: name.to_owned(), state: Progress::Pending, started_at: None, finished_at: None, detail: None }
    }

    fn is_open(&self) -> bool {
        matches!(self.state, Progress::Pending | Progress::Running)
    }
}

/// The right to work on an operation until a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// Who holds it: random, new for each delivery.
    pub holder: String,
    /// When it ends by itself.
    pub until: Timestamp,
}

/// What a worker has to do with a job it has worked on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: it is finished.
    Done,
    /// Send it to itself again, to be received after this time.
    Again(Duration),
}

/// A piece of long work.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Operation {
    /// Its id.
    pub id: OperationId,
    /// Whose it is.
    pub owner: UserId,
    /// What is to be done.
    #[serde(flatten)]
    pub work: Work,
    /// How far it has come.
    pub state: Progress,
    /// Its steps, in order.
    pub steps: Vec<Step>,
    /// How often a worker has taken it up.
    pub attempts: u32,
    /// Who works on it now.
    pub lease: Option<Lease>,
    /// How many attempts in a row ended without a word: the process died, or was cut off.
    #[serde(default)]
    pub unfinished: u32,
    /// Nobody takes it up before this time: the other side asked for a pause.
    #[serde(default)]
    pub resume_at: Option<Timestamp>,
    /// Since when the other side says that it does not know what this is about.
    #[serde(default)]
    pub missing_since: Option<Timestamp>,
    /// Why it failed.
    pub error: Option<String>,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Entity for Operation {
    const TABLE: &'static Table = &OPERATIONS;
    const NAME: &'static str = "operation";

    fn key(&self) -> Key {
        Key::of(self.id.0)
    }

    fn index(&self, item: &mut Item) {
        if self.is_open() {
            item.insert("open".into(), "open".into());
            let touched = self.resume_at.map_or(self.updated_at, |at| at.max(self.updated_at));
            item.insert("touched".into(), touched.as_millisecond().into());
        } else {
            let expires = self.updated_at.saturating_add(KEPT).unwrap_or(Timestamp::MAX);
            item.insert("expires_at".into(), expires.as_second().into());
        }
    }
}

impl Owned for Operation {
    fn owner(&self) -> UserId {
        self.owner
    }
}

impl Operation {
    /// A new operation with its steps ahead of it.
    pub fn new(id: OperationId, owner: UserId, work: Work, steps: &[&str], now: Timestamp) -> Self {
        Self {
            id,
            owner,
            work,
            state: Progress::Pending,
            steps: steps.iter().map(|name| Step::pending(name)).collect(),
            attempts: 0,
            lease: None,
            unfinished: 0,
            resume_at: None,
            missing_since: None,
            error: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Whether there is still something to do.
    pub fn is_open(&self) -> bool {
        matches!(self.state, Progress::Pending | Progress::Running)
    }

    /// Steps done, of all steps, in percent.
    pub fn percent(&self) -> u8 {
        if self.state == Progress::Succeeded {
            return 100;
        }
        let done = self.steps.iter().filter(|step| step.state == Progress::Succeeded).count();
        u8::try_from(done * 100 / self.steps.len().max(1)).unwrap_or(100)
    }

    /// Whether the named step is done.
    pub fn is_done(&self, name: &str) -> bool {
        self.steps.iter().any(|step| step.name == name && step.state == Progress::Succeeded)
    }

    /// The step that is next.
    pub fn next_step(&self) -> Option<&str> {
        self.steps.iter().find(|step| step.is_open()).map(|step| step.name.as_str())
    }

    /// Marks the named step as begun, if it was not, and says what it waits for.
    pub fn begin(&mut self, name: &str, detail: Option<String>, now: Timestamp) {
        self.updated_at = now;
        if let Some(step) = self.steps.iter_mut().find(|step| step.name == name) {
            step.started_at.get_or_insert(now);
            step.state = Progress::Running;
            step.detail = detail;
        }
    }

    /// Marks the named step as done.
    pub fn complete(&mut self, name: &str, now: Timestamp) {
        self.complete_with(name, None, now);
    }

    /// Marks the named step as done, with what it found.
    pub fn complete_with(&mut self, name: &str, found: Option<String>, now: Timestamp) {
        self.begin(name, found, now);
        self.unfinished = 0;
        if let Some(step) = self.steps.iter_mut().find(|step| step.name == name) {
            step.state = Progress::Succeeded;
            step.finished_at = Some(now);
        }
    }

    /// Ends the operation well.
    pub fn succeed(&mut self, now: Timestamp) {
        for step in self.steps.iter_mut().filter(|step| step.is_open()) {
            step.started_at.get_or_insert(now);
            step.finished_at = Some(now);
            step.state = Progress::Succeeded;
        }
        (self.state, self.lease, self.updated_at) = (Progress::Succeeded, None, now);
    }

    /// Ends the operation at the step it is in, with a reason a person can act on.
    pub fn fail(&mut self, reason: &str, now: Timestamp) {
        self.fail_step(reason, now);
        (self.state, self.lease, self.updated_at) = (Progress::Failed, None, now);
        self.error = Some(reason.to_owned());
    }

    /// Ends the step it is in with a reason, drops those ahead, and goes on with another one.
    pub fn divert(&mut self, step: &str, reason: &str, now: Timestamp) {
        self.fail_step(reason, now);
        self.steps.retain(|step| !step.is_open());
        self.steps.push(Step::pending(step));
        (self.unfinished, self.updated_at) = (0, now);
    }

    fn fail_step(&mut self, reason: &str, now: Timestamp) {
        if let Some(step) = self.steps.iter_mut().find(|step| step.is_open()) {
            step.started_at.get_or_insert(now);
            step.finished_at = Some(now);
            step.state = Progress::Failed;
            step.detail = Some(reason.to_owned());
        }
    }

    /// Gives the lease back and puts the operation aside for a while, with what the step at hand waits for.
    pub fn pause(&mut self, pause: Duration, detail: Option<String>, now: Timestamp) {
        if let Some(step) = self.next_step().map(str::to_owned) {
            self.begin(&step, detail, now);
        }
        (self.lease, self.resume_at, self.updated_at) = (None, now.checked_add(pause).ok(), now);
        self.unfinished = 0;
    }

    /// Keeps the lease, because something of the work is recorded.
    pub fn keep_lease(&mut self, until: Timestamp) {
        self.lease = self.lease.take().map(|lease| Lease { until, ..lease });
        self.unfinished = 0;
    }

    /// The lease that keeps others away now.
    pub fn held(&self, now: Timestamp) -> Option<&Lease> {
        let latest = now.saturating_add(LONGEST_LEASE).unwrap_or(Timestamp::MAX);
        self.lease.as_ref().filter(|lease| now < lease.until && lease.until <= latest)
    }

    /// Takes note of an attempt that ended without a word, and takes its lease.
    pub fn was_interrupted(&mut self) {
        self.lease = None;
        self.unfinished = self.unfinished.saturating_add(1);
    }

    /// Why it is not tried again: what took the process down with it twice would do it a third time.
    pub fn set_aside(&self) -> Option<String> {
        (self.unfinished >= UNFINISHED_MAX).then(|| {
            format!(
                "set aside: Steward ended {} times while it worked on this, and does not try again by itself",
                self.unfinished
            )
        })
    }

    /// How long it is still to be left alone. A pause that began later than now was set by a clock that has been set
    /// back since; it is over.
    pub fn paused(&self, now: Timestamp) -> Option<Duration> {
        if self.updated_at > now.saturating_add(SignedDuration::from_secs(5)).unwrap_or(now) {
            return None;
        }
        let left = self.resume_at?.duration_since(now);
        Duration::try_from(left).ok().filter(|left| !left.is_zero())
    }

    /// The job that drives it, and the queue that job belongs on.
    pub fn job(&self) -> (QueueName, Job) {
        match self.work {
            Work::Issue { .. } => (QueueName::Issuer, Job::Issue { operation: self.id }),
            Work::Purge { .. } => (QueueName::Issuer, Job::Purge { operation: self.id }),
            Work::RemoveRecords { .. } => (QueueName::Issuer, Job::RemoveRecords { operation: self.id }),
            Work::TestDnsCredential { .. } => (QueueName::Issuer, Job::TestDnsCredential { operation: self.id }),
            Work::TestServer { .. } => (QueueName::Deployer, Job::TestServer { operation: self.id }),
            Work::Deploy { .. } => (QueueName::Deployer, Job::Deploy { operation: self.id }),
            Work::Rollout { .. } => (QueueName::Deployer, Job::Rollout { operation: self.id }),
            Work::Notify { .. } => (QueueName::Notifier, Job::Notify { operation: self.id }),
            Work::Deliver { .. } => (QueueName::Notifier, Job::Deliver { operation: self.id }),
        }
    }
}

/// The next operation id.
pub async fn next_id(store: &dyn Store) -> Result<OperationId> {
    Ok(OperationId(crate::counter::next_id(store, "operation").await?))
}

/// Sends the job of an operation that was just committed. A failure is only logged: the sweep sends it again.
pub async fn send(queue: &dyn Queue, operation: &Operation) {
    send_after(queue, operation, Duration::ZERO).await;
}

/// The same, to be received after a pause.
pub async fn send_after(queue: &dyn Queue, operation: &Operation, pause: Duration) {
    let (name, job) = operation.job();
    if let Err(error) = queue.send_for(operation.owner, name, &job, pause).await {
        tracing::warn!(operation = %operation.id, %error, "job not sent; the sweep will send it");
    }
}
