//! From one machine to AWS and back: what a person sees is there on each side, and what was begun goes on.

use std::net::{IpAddr, Ipv4Addr};
use std::time::Duration;

use domain::audit::{AuditEntry, By, Outcome};
use domain::ids::UserId;
use domain::jobs::Job;
use domain::ports::{Clock, QueueName, Schedule, ScheduleName, When};
use serde_json::{Value, json};
use system::SystemClock;
use system_tests::aws::Emulator;
use system_tests::need;
use system_tests::peers::{Pebble, PebbleOptions};
use system_tests::steward::{Client, Lab, Steward, StewardOptions, eventually};
use tempfile::TempDir;

use super::commands::{At, export, import};
use crate::drills::books::work_off;

/// An entry of the audit trail that a job makes.
fn entry(action: &str) -> Job {
    let at = SystemClock.now();
    let id = format!("{:013x}-{action}", at.as_millisecond());
    let (source, target) = ("a test".into(), "nothing".into());
    Job::Audit {
        entry: AuditEntry {
            id,
            at,
            user: Some(UserId(1)),
            name: None,
            by: By::default(),
            source,
            action: action.into(),
            target,
            outcome: Outcome::default(),
        },
    }
}

async fn plan(steward: &Steward, name: &str, when: When) {
    let schedule = Schedule { name: ScheduleName(name.into()), when, queue: QueueName::Auditor, job: entry(name) };
    steward.ctx.scheduler.set(schedule).await.unwrap();
}

fn in_an_hour() -> When {
    When::At(SystemClock.now() + jiff::SignedDuration::from_hours(1))
}

/// The chain and the key of a certificate, which belong together.
async fn downloaded(client: &Client, id: i64) -> (Vec<u8>, Vec<u8>) {
    let chain = client.get(&format!("/api/certificates/{id}/download?format=fullchain")).await.bytes;
    let key = client.get(&format!("/api/certificates/{id}/download?format=key")).await.bytes;
    let secret = String::from_utf8(key.clone()).unwrap().into();
    assert!(tls::matches_key(std::str::from_utf8(&chain).unwrap(), &secret).unwrap());
    (chain, key)
}

async fn ended(client: &Client, operation: i64) -> Value {
    eventually("the end of the operation", || async {
        let shown = client.get(&format!("/api/operations/{operation}")).await.ok();
        (shown["state"] == "succeeded" || shown["state"] == "failed").then_some(shown)
    })
    .await
}

async fn audited(client: &Client, action: &str) {
    eventually(&format!("the audit entry of {action}"), || async {
        client.get("/api/audit?limit=100").await.ok().to_string().contains(action).then_some(())
    })
    .await;
}

/// An address that Anna never logged in from.
const GUESSING: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 3));

/// What must be the same everywhere: sessions, passwords, a lock, totals, notes, what is to be downloaded.
struct Seen {
    admin: Client,
    certificate: i64,
    files: (Vec<u8>, Vec<u8>),
}

impl Seen {
    async fn check(&self, steward: &Steward) {
        let admin = self.admin.at(steward.url());
        assert_eq!(admin.get(&format!("/api/certificates/{}", self.certificate)).await.ok()["note"], "the first");
        assert_eq!(downloaded(&admin, self.certificate).await, self.files);
        // Locked where the failures came from, and nowhere else.
        let login = json!({"username": "anna", "password": "a good password"});
        let nobody = steward.client();
        assert_eq!(nobody.from_source(GUESSING).post("/api/auth/login", login.clone()).await.status.as_u16(), 429);
        let elsewhere: IpAddr = [127, 0, 0, 2].into();
        nobody.from_source(elsewhere).post("/api/auth/login", login).await.ok();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_moves_to_aws_and_back() {
    need!("pebble", "pebble-challtestsrv");
    let Some(emulator) = Emulator::start().await else { return };
    emulator.make_sweep().await;
    let directory = TempDir::with_prefix("steward-test-").unwrap();
    let path = |name: &str| directory.path().join(name);
    let pebble = Pebble::start(PebbleOptions::default()).await;
    let dns = Some(pebble.challtestsrv().dns_addr());
    let url = pebble.directory_url();
    let options = StewardOptions { idle: true, data: Some(path("data")), ..StewardOptions::default() };
    let lab = Lab::beside(pebble, &url, options).await;

    let ordered = lab.order(&["first.example", "*.first.example"]).await;
    lab.make_records(&ordered).await;
    let first = ordered["id"].as_i64().unwrap();
    lab.verify(first).await;
    work_off(&lab).await;
    lab.admin.put(&format!("/api/certificates/{first}"), json!({"note": "the first"})).await.ok();
    lab.steward.user("anna").await;
    for _ in 0..10 {
        let guess = json!({"username": "anna", "password": "a wrong password"});
        lab.steward.client().from_source(GUESSING).post("/api/auth/login", guess).await.expect(401);
    }
    // An order nobody works on yet, a job that a worker had when it died, and something for later.
    let ordered = lab.order(&["second.example"]).await;
    lab.make_records(&ordered).await;
    let (second, operation) = (ordered["id"].as_i64().unwrap(), lab.verify(ordered["id"].as_i64().unwrap()).await);
    let queue = &lab.steward.ctx.queue;
    queue.send(QueueName::Auditor, &entry("held"), Duration::ZERO).await.unwrap();
    while !queue.receive(QueueName::Auditor, 100, Duration::from_secs(120)).await.unwrap().is_empty() {}
    plan(&lab.steward, "later/überall", in_an_hour()).await;
    let Lab { pebble: _pebble, steward, admin } = lab;
    let seen = Seen { files: downloaded(&admin, first).await, admin, certificate: first };
    steward.stop().await;

    let settings = emulator.settings();
    let there = export(At::Data(&path("data")), &path("there")).await.ok();
    assert!(there["jobs"].0 > 1 && there["schedules"].0 > 0, "{there:?}");
    assert_eq!((there["certificates"].0, there["login_failures"].0), (2, 1));
    assert_eq!(import(&path("there"), At::Aws(&settings)).await.ok(), there);
    assert_eq!(export(At::Aws(&settings), &path("again")).await.ok(), there);

    let options = StewardOptions { dns, deployment: Some(settings.clone()), ..StewardOptions::default() };
    let cloud = Steward::start(options).await;
    let admin = seen.admin.at(cloud.url());
    assert_eq!(ended(&admin, operation).await["state"], "succeeded");
    downloaded(&admin, second).await;
    audited(&admin, "held").await;
    seen.check(&cloud).await;
    let body = json!({"domain": "third.example", "issuer": "pebble"});
    assert_eq!(admin.post("/api/certificates", body).await.expect(201)["id"], second + 1);
    cloud.stop().await;

    let back = export(At::Aws(&settings), &path("back")).await.ok();
    // The second was issued there, and is looked at from then on.
    assert_eq!((back["certificates"].0, back["schedules"].0), (3, there["schedules"].0 + 1));
    assert_eq!(import(&path("back"), At::Data(&path("new"))).await.ok(), back);
    assert_eq!(export(At::Data(&path("new")), &path("last")).await.ok(), back);
    let home = Steward::start(StewardOptions { dns, data: Some(path("new")), ..StewardOptions::default() }).await;
    seen.check(&home).await;
    let admin = seen.admin.at(home.url());
    assert_eq!(admin.get("/api/certificates").await.ok()["total"], 3);
    downloaded(&admin, second).await;
    home.clock.advance(Duration::from_secs(3600));
    audited(&admin, "later/überall").await;
}

/// A schedule that came due while nothing ran fires on AWS as soon as it is there.
#[tokio::test(flavor = "multi_thread")]
async fn what_came_due_on_the_way_fires_on_arrival() {
    let Some(emulator) = Emulator::start().await else { return };
    emulator.make_sweep().await;
    let directory = TempDir::with_prefix("steward-test-").unwrap();
    let (data, path) = (directory.path().join("data"), directory.path().join("export"));
    let options = StewardOptions { idle: true, data: Some(data.clone()), ..StewardOptions::default() };
    let steward = Steward::start(options).await;
    plan(&steward, "overdue", When::At(SystemClock.now())).await;
    steward.stop().await;
    assert_eq!(export(At::Data(&data), &path).await.ok()["schedules"].0, 1);
    import(&path, At::Aws(&emulator.settings())).await.ok();
    let options = StewardOptions { deployment: Some(emulator.settings()), ..StewardOptions::default() };
    let cloud = Steward::start(options).await;
    audited(&cloud.admin().await, "overdue").await;
}
