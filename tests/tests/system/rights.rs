//! Rights are asked for when something runs, not only when it is made: each flow, after its owner has lost them.

use domain::alerts::{self, Finding, Kind, Level, Observation, Subject};
use domain::certificates::Certificate;
use domain::entity;
use domain::ids::{CertificateId, MonitorId, OperationId, UserId};
use domain::jobs::Job;
use domain::operations::{self, Operation, Work};
use domain::ports::{Key, QueueName};
use serde_json::{Value, json};
use system_tests::need;
use system_tests::peers::{Reaction, WebhookSink};
use system_tests::steward::{
    Client, SITE, SiteLab, Steward, StewardOptions, add_server, certificate_row, eventually, issued_until, next_check,
    put_certificates,
};

async fn idle() -> Steward {
    Steward::start(StewardOptions { idle: true, ..StewardOptions::default() }).await
}

async fn id_of(caller: &Client) -> i64 {
    caller.get("/api/v1/users/profile").await.ok()["data"]["id"].as_i64().unwrap()
}

async fn set_role(admin: &Client, user: i64, role: &str) {
    admin.put(&format!("/api/v1/users/{user}"), json!({"role": role})).await.ok();
}

async fn set_status(admin: &Client, user: i64, verb: &str) {
    admin.post(&format!("/api/v1/users/{user}/{verb}"), Value::Null).await.ok();
}

/// A user with their id.
async fn user(steward: &Steward, name: &str) -> (Client, i64) {
    let caller = steward.user(name).await;
    let id = id_of(&caller).await;
    (caller, id)
}

/// Commits an operation and works on it, as a worker would.
async fn work_on(steward: &Steward, owner: i64, work: Work, steps: &[&str]) -> Operation {
    let ctx = &steward.ctx;
    let id = operations::next_id(ctx.store.as_ref()).await.unwrap();
    let operation = Operation::new(id, UserId(owner), work, steps, ctx.clock.now());
    ctx.store.write(entity::insert(&operation).unwrap()).await.unwrap();
    let (queue, job) = operation.job();
    handle(steward, queue, &job).await;
    operation_of(steward, id).await
}

async fn handle(steward: &Steward, queue: QueueName, job: &Job) {
    let ctx = &steward.ctx;
    match queue {
        QueueName::Issuer => issuer::handle(ctx, job).await,
        QueueName::Deployer => deployer::handle(ctx, job).await,
        QueueName::Prober => prober::handle(ctx, job).await,
        QueueName::Notifier => notifier::handle(ctx, job).await,
        QueueName::Auditor => auditor::handle(ctx, job).await,
    }
    .unwrap();
}

async fn operation_of(steward: &Steward, id: OperationId) -> Operation {
    entity::load(steward.ctx.store.as_ref(), Key::of(id.0)).await.unwrap().value
}

#[track_caller]
fn assert_stopped(operation: &Operation, words: &str) {
    assert!(!operation.is_open(), "{operation:?}");
    assert!(operation.error.as_deref().unwrap_or_default().contains(words), "{operation:?}");
}

const SUSPENDED: &str = "is suspended";

/// A distributor's server, and the certificate of a customer they brought.
struct Customer {
    lab: SiteLab,
    distributor: Client,
    distributor_id: i64,
    certificate: i64,
    deployment: i64,
    path: std::path::PathBuf,
}

impl Customer {
    async fn start() -> Self {
        let lab = SiteLab::start().await;
        let (distributor, distributor_id) = user(&lab.steward, "dora").await;
        set_role(&lab.admin, distributor_id, "distributor").await;
        let body = json!({"username": "carl", "password": "a good password", "email": "carl@example.com"});
        distributor.post("/api/add_user", body).await.ok();
        let customer = id_of(&lab.steward.client().login("carl", "a good password").await).await;
        let (chain, key) = lab.authority.issue(&[SITE]);
        let certificate = lab.steward.plant_issued(customer, SITE, &chain, &key).await;
        let server = add_server(&distributor, &lab.sshd, lab.sshd.address(), "other").await;
        let path = lab.steward.data().join("theirs");
        std::fs::create_dir(&path).unwrap();
        let body = json!({"certificate_id": certificate, "server_id": server, "deploy_path": path,
            "config": {"kind": "files"}});
        let made = distributor.post("/api/deployments", body).await.expect(201);
        let deployment = made["id"].as_i64().unwrap();
        Self { lab, distributor, distributor_id, certificate, deployment, path }
    }

    async fn run(&self, caller: &Client) -> Value {
        let path = format!("/api/deployments/{}/run", self.deployment);
        let operation = caller.post(&path, json!({})).await.expect(202)["operation_id"].as_i64().unwrap();
        self.lab.ended(operation).await
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_of_who_is_no_distributor_any_more_brings_no_certificate() {
    need!("nginx", "sshd", "openssl");
    let there = Customer::start().await;
    set_role(&there.lab.admin, there.distributor_id, "user").await;
    let ended = there.run(&there.distributor).await;
    let words = format!("dora may no longer reach certificate {}", there.certificate);
    assert!(ended["state"] == "failed" && ended["error"].as_str().unwrap().contains(&words), "{ended}");
    assert_eq!(std::fs::read_dir(&there.path).unwrap().count(), 0, "something was written");
    let shown = there.lab.shown(there.deployment).await;
    assert_eq!(shown["status"], "failed", "{shown}");
    assert!(shown.to_string().contains(&words), "{shown}");

    // Who may reach both lets it run; a distributor again, she may herself.
    let ended = there.run(&there.lab.admin).await;
    assert_eq!(ended["state"], "succeeded", "{ended}");
    set_role(&there.lab.admin, there.distributor_id, "distributor").await;
    assert_eq!(there.run(&there.distributor).await["state"], "succeeded");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_brings_it_to_no_server_of_who_lost_the_right() {
    need!("nginx", "sshd", "openssl");
    let there = Customer::start().await;
    assert_eq!(there.run(&there.distributor).await["state"], "succeeded");
    let served = || std::fs::read(there.path.join("fullchain.pem")).unwrap();
    let before = served();
    set_role(&there.lab.admin, there.distributor_id, "user").await;
    let (chain, key) = there.lab.authority.issue(&[SITE]);
    there.lab.steward.replace_issued(there.certificate, &chain, Some(&key)).await;
    let store = there.lab.steward.ctx.store.as_ref();
    let row = entity::load::<Certificate>(store, Key::of(there.certificate)).await.unwrap().value;
    let id = operations::next_id(store).await.unwrap();
    let rollout = domain::deployments::rollout(id, &row, there.lab.steward.ctx.clock.now());
    store.write(entity::insert(&rollout).unwrap()).await.unwrap();
    operations::send(there.lab.steward.ctx.queue.as_ref(), &rollout).await;
    there.lab.ended(id.0).await;
    eventually("the end of the run", async || {
        let shown = there.lab.shown(there.deployment).await;
        (shown["status"] == "failed" && shown.to_string().contains("may no longer reach")).then_some(())
    })
    .await;
    assert_eq!(served(), before);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rollout_of_a_suspended_owner_starts_nothing() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let (_, anna) = user(&steward, "anna").await;
    let certificate = put_certificates(&steward.ctx, vec![certificate_row(anna, 1, SITE, issued_until(60))]).await[0];
    set_status(&admin, anna, "suspend").await;
    let work = Work::Rollout { certificate: CertificateId(certificate) };
    assert_stopped(&work_on(&steward, anna, work, &["start"]).await, SUSPENDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_suspended_owner_has_nothing_renewed_until_they_are_back() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let (_, anna) = user(&steward, "anna").await;
    let mut row = certificate_row(anna, 1, SITE, issued_until(1));
    row.method = domain::certificates::Method::Http;
    let id = put_certificates(&steward.ctx, vec![row]).await[0];
    set_status(&admin, anna, "suspend").await;
    let job = Job::Renew { certificate: CertificateId(id) };
    handle(&steward, QueueName::Issuer, &job).await;
    let row = async || {
        let store = steward.ctx.store.as_ref();
        entity::load::<Certificate>(store, Key::of(id)).await.unwrap().value
    };
    assert_eq!(row().await.operation(), None, "it is being renewed");
    let schedules = async || {
        let all = steward.ctx.scheduler.list().await.unwrap();
        all.into_iter().filter(|schedule| schedule.name.0 == format!("certificate-{id}")).count()
    };
    assert_eq!(schedules().await, 0);

    set_status(&admin, anna, "reactivate").await;
    let waiting = steward.ctx.queue.waiting(QueueName::Issuer).await.unwrap();
    let resume = waiting.into_iter().find(|job| matches!(job, Job::Resume { .. })).expect("a job that wakes them");
    handle(&steward, QueueName::Issuer, &resume).await;
    assert!(steward.ctx.queue.waiting(QueueName::Issuer).await.unwrap().contains(&job));
    handle(&steward, QueueName::Issuer, &job).await;
    assert!(row().await.operation().is_some(), "it is not renewed");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_order_of_a_deleted_owner_ends_and_says_why() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let (_, anna) = user(&steward, "anna").await;
    let mut row = certificate_row(anna, 1, SITE, domain::certificates::State::Unissued);
    row.method = domain::certificates::Method::Http;
    let id = put_certificates(&steward.ctx, vec![row]).await[0];
    let store = steward.ctx.store.as_ref();
    let mut stored = entity::load::<Certificate>(store, Key::of(id)).await.unwrap();
    let begun = domain::certificates::begin(&steward.ctx, &mut stored).await.unwrap();
    admin.delete(&format!("/api/v1/users/{anna}")).await.ok();
    handle(&steward, QueueName::Issuer, &Job::Issue { operation: begun.id }).await;
    assert_stopped(&operation_of(&steward, begun.id).await, "its owner was deleted");
    let shown = admin.get(&format!("/api/certificates/{id}")).await.ok();
    assert!(shown.to_string().contains("its owner was deleted"), "{shown}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_monitor_of_a_suspended_owner_stands_still_until_they_are_back() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let (anna, anna_id) = user(&steward, "anna").await;
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let at = silent.local_addr().unwrap();
    let body = json!({"domain": "www.example.com", "port": at.port(), "ip_address": "127.0.0.1"});
    let id = anna.post("/api/monitors", body).await.expect(201)["id"].as_i64().unwrap();
    let shown = async || admin.get(&format!("/api/monitors/{id}")).await.ok();
    let due = next_check(&steward.ctx, id).await;
    set_status(&admin, anna_id, "suspend").await;
    handle(&steward, QueueName::Prober, &Job::Check { monitor: MonitorId(id), due }).await;
    let stopped = shown().await;
    assert_eq!(stopped["last_check"], Value::Null, "it was looked at: {stopped}");
    assert!(stopped["stopped"].as_str().unwrap_or_default().contains(SUSPENDED), "{stopped}");

    set_status(&admin, anna_id, "reactivate").await;
    let resume = Job::Resume { user: UserId(anna_id) };
    assert!(steward.ctx.queue.waiting(QueueName::Issuer).await.unwrap().contains(&resume));
    handle(&steward, QueueName::Issuer, &resume).await;
    let again = shown().await;
    assert_eq!(again["stopped"], Value::Null, "{again}");
    let next: jiff::Timestamp = again["next_check"].as_str().unwrap().parse().unwrap();
    assert!(next.duration_since(steward.ctx.clock.now()).as_secs() <= 30, "{again}");
}

#[tokio::test(flavor = "multi_thread")]
async fn news_for_a_suspended_owner_waits_for_them() {
    let steward = Steward::start(StewardOptions::default()).await;
    let (admin, sink) = (steward.admin().await, WebhookSink::start().await);
    let (anna, anna_id) = user(&steward, "anna").await;
    let hook = json!({"name": "hook", "kind": "webhook", "url": sink.url("/hook")});
    let channel = anna.post("/api/channels", hook).await.expect(201)["id"].as_i64().unwrap();
    let see = async |monitor| {
        let finding = Some(Finding { level: Level::Critical, text: "It does not answer.".into() });
        let (owner, subject) = (UserId(anna_id), Subject::Monitor(MonitorId(monitor)));
        let seen = Observation { owner, subject, name: "www.example.com", kind: Kind::Unreachable, finding };
        alerts::observe(&steward.ctx, seen).await.unwrap();
    };
    // A first message is refused, and would be sent again.
    sink.next(Reaction::new(500, "not now"));
    see(1).await;
    eventually("a message that waits", async || {
        (admin.get(&format!("/api/channels/{channel}")).await.ok()["state"] == "failing").then_some(())
    })
    .await;
    set_status(&admin, anna_id, "suspend").await;
    see(2).await;
    steward.clock.advance(std::time::Duration::from_secs(120));
    eventually("the end of the delivery", async || {
        let shown = admin.get(&format!("/api/channels/{channel}")).await.ok();
        shown["last_error"].as_str().is_some_and(|error| error.contains(SUSPENDED)).then_some(())
    })
    .await;
    assert_eq!(sink.requests().len(), 1, "more than the message from before");
    set_status(&admin, anna_id, "reactivate").await;
    eventually("the message that waited", async || (sink.requests().len() == 2).then_some(())).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dns_credential_of_a_suspended_owner_is_not_used() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let (_, anna) = user(&steward, "anna").await;
    let credential = steward.plant_dns_credential(anna).await;
    set_status(&admin, anna, "suspend").await;
    let work = Work::TestDnsCredential {
        credential: domain::ids::DnsCredentialId(credential),
        zone: "example.com".into(),
        value: "x".into(),
    };
    assert_stopped(&work_on(&steward, anna, work, &["write", "read", "remove"]).await, SUSPENDED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_a_suspended_owner_is_not_connected_to() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let (anna, anna_id) = user(&steward, "anna").await;
    let server = json!({"type": "nginx", "name": "web1", "ip_address": "127.0.0.1"});
    let server = anna.post("/api/servers", server).await.expect(201)["id"].as_i64().unwrap();
    set_status(&admin, anna_id, "suspend").await;
    let work = Work::TestServer { server: domain::ids::ServerId(server) };
    assert_stopped(&work_on(&steward, anna_id, work, &["connect", "identify"]).await, SUSPENDED);
}

/// An administrator who is one no more answers for nobody's names with the credential of theirs.
#[tokio::test(flavor = "multi_thread")]
async fn the_delegation_zone_of_a_former_administrator_is_used_no_more() {
    let steward = idle().await;
    let admin = steward.admin().await;
    let (other, other_id) = user(&steward, "otto").await;
    set_role(&admin, other_id, "admin").await;
    let credential = steward.plant_dns_credential(other_id).await;
    let zone = json!({"dns_credential_id": credential, "zone": "example.com"});
    other.put("/api/delegation", zone).await.ok();
    domain::delegation::credential(&steward.ctx).await.unwrap();
    set_role(&admin, other_id, "user").await;
    let refused = domain::delegation::credential(&steward.ctx).await.unwrap_err().to_string();
    assert!(refused.contains("no active administrator any more"), "{refused}");
}
