use std::time::{Duration, Instant};

use domain::alerts::{self, Finding, Kind, Level, Observation, Subject};
use domain::certificates::Certificate;
use domain::ids::{CertificateId, MonitorId, UserId};
use domain::jobs::Job;
use domain::ports::{Key, QueueName};
use domain::{deployments, entity, operations};
use futures_util::future::join_all;
use serde_json::{Value, json};
use system_tests::peers::Manner;
use system_tests::steward::{eventually, next_check};

use super::parties::{Parties, Party};

/// So many of Amy's jobs go to each of her peers: more than there were slots for everybody once.
const EACH: usize = 6;

/// Everything that is done on a queue for a user. [`Flow::of`] makes a new job a new flow, or says why it is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flow {
    Issue,
    Renew,
    CredentialTest,
    RemoveRecords,
    ServerTest,
    Deploy,
    Rollout,
    Check,
    Deliver,
    Purge,
}

impl Flow {
    pub const ALL: [Self; 10] = [
        Self::Issue,
        Self::Renew,
        Self::CredentialTest,
        Self::RemoveRecords,
        Self::ServerTest,
        Self::Deploy,
        Self::Rollout,
        Self::Check,
        Self::Deliver,
        Self::Purge,
    ];

    /// The flow that a job belongs to; none for what Steward does on its own or what goes to no peer of a user's.
    pub fn of(job: &Job) -> Option<Self> {
        match job {
            Job::Issue { .. } => Some(Self::Issue),
            Job::Renew { .. } => Some(Self::Renew),
            Job::TestDnsCredential { .. } => Some(Self::CredentialTest),
            Job::RemoveRecords { .. } => Some(Self::RemoveRecords),
            Job::TestServer { .. } => Some(Self::ServerTest),
            Job::Deploy { .. } => Some(Self::Deploy),
            Job::Rollout { .. } => Some(Self::Rollout),
            Job::Check { .. } => Some(Self::Check),
            Job::Notify { .. } | Job::Deliver { .. } => Some(Self::Deliver),
            Job::Purge { .. } => Some(Self::Purge),
            // The mail server is the operator's.
            Job::Confirm { .. } | Job::VerifyEmail { .. } => None,
            Job::Reap { .. } | Job::Sweep | Job::Repair | Job::Resume { .. } | Job::TrimAudit | Job::Audit { .. } => {
                None
            }
        }
    }

    /// Begins Amy's work at a peer of this manner.
    pub async fn begun_by_amy(self, parties: &Parties, manner: Manner) {
        let (amy, peer) = (&parties.amy, parties.hostile(manner));
        let name = |n: usize| format!("{self:?}-{manner:?}-{n}.amy.example").to_lowercase();
        if self == Self::Deliver {
            amy.hook(&format!("http://{peer}/hook")).await;
        }
        let begun = (0..EACH).map(async |n| match self {
            Self::Issue | Self::RemoveRecords => {
                let credential = amy.credential(&format!("http://{peer}")).await;
                amy.order(&name(n), credential).await;
            }
            Self::Renew => {
                let id = parties.plant(amy, &name(n)).await;
                renew(parties, amy, id).await;
            }
            Self::CredentialTest => {
                let credential = amy.credential(&format!("http://{peer}")).await;
                amy.client.post(&format!("/api/dns-credentials/{credential}/test"), json!({})).await.expect(202);
            }
            Self::ServerTest => {
                let server = amy.server_at(peer).await;
                amy.client.post(&format!("/api/servers/{server}/ssh/test"), json!({})).await.expect(202);
            }
            Self::Deploy => {
                let deployment = parties.deployment(amy, amy.server_at(peer).await, &name(n)).await.1;
                amy.client.post(&format!("/api/deployments/{deployment}/run"), json!({})).await.expect(202);
            }
            Self::Rollout => {
                let (certificate, _) = parties.deployment(amy, amy.server_at(peer).await, &name(n)).await;
                roll_out(parties, certificate).await;
            }
            Self::Check => check(parties, amy.monitor(peer, "www.amy.example", None).await).await,
            Self::Deliver => tell(parties, amy, &name(n)).await,
            Self::Purge => {
                let server = amy.server_at(peer).await;
                amy.client.delete(&format!("/api/servers/{server}")).await.ok();
            }
        });
        join_all(begun).await;
    }

    /// Does Ben's work with peers that are well; how long that took.
    pub async fn done_by_ben(self, parties: &Parties, when: &str) -> Duration {
        let ben = &parties.ben;
        let name = format!("{self:?}-{when}.ben.example").to_lowercase();
        let start = Instant::now();
        match self {
            Self::Issue => {
                let ordered = ben.order(&name, parties.bens_credential).await;
                ben.succeeded(ordered["operation_id"].as_i64().unwrap()).await;
            }
            Self::RemoveRecords => {
                let ordered = ben.order(&name, parties.bens_credential).await;
                ben.succeeded(ordered["operation_id"].as_i64().unwrap()).await;
                let host = format!("_acme-challenge.{name}");
                eventually("the record to be gone", async || {
                    let answers = parties.steward.ctx.dns.txt(&host).await.ok()?;
                    let left = answers.iter().any(|answer| answer.values.as_ref().is_ok_and(|found| !found.is_empty()));
                    (!left).then_some(())
                })
                .await;
            }
            Self::Renew => {
                let id = parties.plant_for(ben, &name, parties.bens_credential).await;
                renew(parties, ben, id).await;
                eventually("the renewal", async || {
                    let shown = ben.client.get(&format!("/api/certificates/{id}")).await.ok();
                    (shown["version"] == 1).then_some(())
                })
                .await;
            }
            Self::CredentialTest => {
                let path = format!("/api/dns-credentials/{}/test", parties.bens_credential);
                ben.succeeds(&path).await;
            }
            Self::ServerTest => ben.succeeds(&format!("/api/servers/{}/ssh/test", parties.bens_server)).await,
            Self::Deploy => {
                let deployment = parties.deployment(ben, parties.bens_server, &name).await.1;
                ben.succeeds(&format!("/api/deployments/{deployment}/run")).await;
            }
            Self::Rollout => {
                let (certificate, deployment) = parties.deployment(ben, parties.bens_server, &name).await;
                roll_out(parties, certificate).await;
                eventually("the deployment", async || {
                    let shown = ben.client.get(&format!("/api/deployments/{deployment}")).await.ok();
                    (shown["status"] == "deployed").then_some(())
                })
                .await;
            }
            Self::Check => {
                let root = parties.authority.root_pem();
                let id = ben.monitor(parties.nginx.address(), "www.example.com", Some(&root)).await;
                check(parties, id).await;
                eventually("the check", async || {
                    let shown = ben.client.get(&format!("/api/monitors/{id}")).await.ok();
                    (shown["status"] == "normal").then_some(())
                })
                .await;
            }
            Self::Deliver => {
                let before = parties.sink.requests().len();
                tell(parties, ben, &name).await;
                eventually("the message", async || {
                    let channels = ben.client.get("/api/channels").await.ok();
                    assert_eq!(channels["channels"][0]["last_error"], Value::Null, "{channels}");
                    (parties.sink.requests().len() > before).then_some(())
                })
                .await;
            }
            Self::Purge => {
                let server = ben.server_at(parties.sshd.address()).await;
                let secrets =
                    async || parties.steward.ctx.vault.list(&format!("servers/{server}/")).await.unwrap().is_empty();
                assert!(!secrets().await, "it has a key");
                ben.client.delete(&format!("/api/servers/{server}")).await.ok();
                eventually("the secrets to go", async || secrets().await.then_some(())).await;
            }
        }
        start.elapsed()
    }
}

async fn renew(parties: &Parties, party: &Party, certificate: i64) {
    let job = Job::Renew { certificate: CertificateId(certificate) };
    assert_eq!(Flow::of(&job), Some(Flow::Renew));
    let queue = &parties.steward.ctx.queue;
    queue.send_for(UserId(party.id), QueueName::Issuer, &job, Duration::ZERO).await.unwrap();
}

async fn roll_out(parties: &Parties, certificate: i64) {
    let ctx = &parties.steward.ctx;
    let store = ctx.store.as_ref();
    let row = entity::load::<Certificate>(store, Key::of(certificate)).await.unwrap().value;
    let rollout = deployments::rollout(operations::next_id(store).await.unwrap(), &row, ctx.clock.now());
    store.write(entity::insert(&rollout).unwrap()).await.unwrap();
    operations::send(ctx.queue.as_ref(), &rollout).await;
}

/// As the schedule does, without the wait for it.
async fn check(parties: &Parties, monitor: i64) {
    let due = next_check(&parties.steward.ctx, monitor).await;
    let job = Job::Check { monitor: MonitorId(monitor), due };
    parties.steward.ctx.queue.send(QueueName::Prober, &job, Duration::ZERO).await.unwrap();
}

async fn tell(parties: &Parties, party: &Party, name: &str) {
    let number = i64::from(u32::from_be_bytes(domain::ports::EntropyExt::bytes::<4>(&system::SystemEntropy)));
    let finding = Some(Finding { level: Level::Critical, text: format!("{name} does not answer.") });
    let (owner, subject) = (UserId(party.id), Subject::Monitor(MonitorId(number)));
    let seen = Observation { owner, subject, name, kind: Kind::Unreachable, finding };
    alerts::observe(&parties.steward.ctx, seen).await.unwrap();
}

/// What the API says of an operation, once it has ended.
pub async fn ended(party: &Party, operation: i64) -> Value {
    eventually(&format!("the end of operation {operation}"), async || {
        let shown = party.client.get(&format!("/api/operations/{operation}")).await.ok();
        (shown["state"] == "succeeded" || shown["state"] == "failed").then_some(shown)
    })
    .await
}
