//! A Steward that is a process of its own, killed by SIGKILL again and again while orders are under way.

use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::time::Duration;

use clap::Parser;
use domain::jobs::Job;
use domain::ports::{Clock, QueueName, Schedule, ScheduleName, When};
use reqwest::Method;
use serde_json::{Value, json};
use steward::Config;
use system::{SystemClock, SystemEntropy};
use system_tests::need;
use system_tests::peers::{Pebble, PebbleOptions};
use system_tests::steward::{ADMIN_PASSWORD, Client};
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};
use tokio::sync::Mutex;

/// How often it is killed.
const ROUNDS: u32 = 15;
/// The environment variable with the child's command line, an option on each line.
const CHILD: &str = "STEWARD_TEST_CHILD";

/// Not a test: the Steward that the test below starts from its own program. Without being asked it does nothing.
#[tokio::test(flavor = "multi_thread")]
async fn child() {
    let Ok(options) = std::env::var(CHILD) else { return };
    let config = Config::parse_from(std::iter::once("steward").chain(options.lines()));
    steward::run(config).await.unwrap();
}

struct Alive {
    process: Child,
    url: String,
}

/// Starts the child; it answers when this returns.
async fn start(data: &Path, dns: std::net::SocketAddr) -> Alive {
    let options = [
        "--listen=127.0.0.1:0".to_owned(),
        format!("--data={}", data.display()),
        format!("--admin-password={ADMIN_PASSWORD}"),
        format!("--dns={dns}"),
        "--allow-targets=127.0.0.0/8".to_owned(),
    ];
    let mut process = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "drills::sigkill::child", "--nocapture"])
        .env(CHILD, options.join("\n"))
        .stdout(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(process.stdout.take().unwrap()).lines();
    let url = async {
        while let Some(line) = lines.next_line().await.unwrap() {
            if let Some((_, rest)) = line.split_once("Steward answers at ") {
                return rest.split(' ').next().unwrap().to_owned();
            }
        }
        panic!("it ended before it answered")
    };
    let url = tokio::time::timeout(Duration::from_secs(30), url).await.expect("an answer within 30 s");
    tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
    Alive { process, url }
}

/// What was answered with 2xx, and so must not be lost.
#[derive(Default)]
struct Promised {
    users: Vec<String>,
    /// Certificates with their order's records.
    ordered: Vec<Value>,
    /// Certificates that were verified.
    verified: Vec<i64>,
    /// Certificates with the note that was last accepted, and the one that was tried last.
    notes: Vec<(i64, String)>,
    deleted: Vec<i64>,
}

/// Calls the API one request after another until it no longer answers.
async fn keep_busy(pebble: &Pebble, url: &str, name: &str, promised: &Mutex<Promised>) -> Option<()> {
    let login = json!({"username": "admin", "password": ADMIN_PASSWORD});
    let session = Client::new(url).attempt(Method::POST, "/api/auth/login", login).await?;
    let admin = Client::new(url).with_token(session["token"].as_str().unwrap());
    for n in 0.. {
        let user = format!("u{name}x{n}");
        let body = json!({"username": user, "password": "a good password", "email": format!("{user}@example.com")});
        admin.attempt(Method::POST, "/api/add_user", body).await?;
        promised.lock().await.users.push(user);

        let body = json!({"domain": format!("{name}-{n}.example"), "issuer": "pebble"});
        let ordered = admin.attempt(Method::POST, "/api/certificates", body).await?;
        let id = ordered["id"].as_i64().unwrap();
        promised.lock().await.ordered.push(ordered.clone());
        for record in ordered["verification_records"].as_array().unwrap() {
            let (host, value) = (record["host"].as_str().unwrap(), record["value"].as_str().unwrap());
            pebble.challtestsrv().set_txt(host, value).await;
        }
        let verified = admin.attempt(Method::POST, &format!("/api/certificates/{id}/verify"), json!({})).await?;
        assert_eq!(verified["success"], true, "{verified}");
        promised.lock().await.verified.push(id);

        let note = format!("note of {name} {n}");
        admin.attempt(Method::PUT, &format!("/api/certificates/{id}"), json!({"note": note})).await?;
        promised.lock().await.notes.push((id, note));

        let body = json!({"domain": format!("gone-{name}-{n}.example"), "issuer": "pebble"});
        let gone = admin.attempt(Method::POST, "/api/certificates", body).await?["id"].as_i64().unwrap();
        admin.attempt(Method::DELETE, &format!("/api/certificates/{gone}"), json!({})).await?;
        promised.lock().await.deleted.push(gone);
    }
    None
}

/// While it is down: a job and a schedule that come due before it is up again.
async fn leave_work(data: &Path, dns: std::net::SocketAddr, round: u32) {
    let arguments = ["steward".to_owned(), format!("--data={}", data.display()), format!("--dns={dns}")];
    let parts = steward::open(&Config::parse_from(arguments), Arc::new(SystemClock), Arc::new(SystemEntropy)).unwrap();
    let entry = |action: &str| {
        let at = SystemClock.now();
        let (id, action) = (format!("{:013x}-{action}", at.as_millisecond()), format!("{action}.{round}"));
        let (source, target) = ("drill".into(), "nothing".into());
        Job::Audit {
            entry: domain::audit::AuditEntry {
                id,
                at,
                user: Some(domain::ids::UserId(1)),
                name: None,
                by: Default::default(),
                source,
                action,
                target,
                outcome: Default::default(),
            },
        }
    };
    let ctx = &parts.ctx;
    ctx.queue.send(QueueName::Auditor, &entry("job"), Duration::from_millis(1)).await.unwrap();
    let name = ScheduleName(format!("drill-{round}"));
    let when = When::At(SystemClock.now());
    let schedule = Schedule { name, when, queue: QueueName::Auditor, job: entry("schedule") };
    ctx.scheduler.set(schedule).await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_that_was_promised_is_lost() {
    need!("pebble", "pebble-challtestsrv");
    let pebble = Pebble::start(PebbleOptions::default()).await;
    let dns = pebble.challtestsrv().dns_addr();
    let directory = tempfile::tempdir().unwrap();
    let data = directory.path().join("data");
    let promised = Mutex::new(Promised::default());

    let mut alive = start(&data, dns).await;
    let admin = Client::new(&alive.url).login("admin", ADMIN_PASSWORD).await;
    let provider = json!({"name": "pebble", "directoryUrl": pebble.directory_url(), "requiresEab": false,
        "rootCaPem": pebble.root_pem()});
    admin.post("/api/v1/acme/providers/create", provider).await.ok();
    let account = json!({"providerName": "pebble", "email": "ops@example.com"});
    admin.post("/api/v1/acme/account/create", account).await.ok();

    for round in 0..ROUNDS {
        let random: u16 = u16::from_be_bytes(domain::ports::EntropyExt::bytes::<2>(&SystemEntropy));
        let life = Duration::from_millis(300 + u64::from(random % 1200));
        let names = [format!("a{round}"), format!("b{round}")];
        let url = alive.url.clone();
        let busy = async {
            tokio::join!(keep_busy(&pebble, &url, &names[0], &promised), keep_busy(&pebble, &url, &names[1], &promised))
        };
        let killed = async {
            tokio::time::sleep(life).await;
            alive.process.kill().await.unwrap();
        };
        // The callers see the connection break, and stop.
        tokio::join!(busy, killed);
        leave_work(&data, dns, round).await;
        alive = start(&data, dns).await;
    }

    let promised = promised.into_inner();
    println!(
        "{ROUNDS} kills; promised {} users, {} orders, {} verified, {} notes, {} deletions",
        promised.users.len(),
        promised.ordered.len(),
        promised.verified.len(),
        promised.notes.len(),
        promised.deleted.len()
    );
    assert!(promised.verified.len() >= ROUNDS as usize / 2, "too few to say anything");
    let admin = Client::new(&alive.url).login("admin", ADMIN_PASSWORD).await;
    check(&pebble, &admin, &promised).await;
    check_work_left(&admin).await;
}

async fn check(pebble: &Pebble, admin: &Client, promised: &Promised) {
    for id in &promised.verified {
        let path = format!("/api/certificates/{id}");
        let mut shown = admin.get(&path).await.ok();
        for _ in 0..600 {
            if !matches!(shown["status"].as_str(), Some("verifying" | "issuing")) {
                break;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
            shown = admin.get(&path).await.ok();
        }
        assert_eq!(shown["status"], "issued", "{shown}");
        let file = admin.get(&format!("{path}/download?format=fullchain")).await;
        let key = admin.get(&format!("{path}/download?format=key")).await;
        let key = String::from_utf8(key.bytes).unwrap().into();
        assert!(tls::matches_key(std::str::from_utf8(&file.bytes).unwrap(), &key).unwrap());
    }
    for order in &promised.ordered {
        let shown = admin.get(&format!("/api/certificates/{}", order["id"])).await.ok();
        assert_eq!(shown["domain"], order["domain"]);
    }
    for (id, note) in &promised.notes {
        assert_eq!(admin.get(&format!("/api/certificates/{id}")).await.ok()["note"], *note);
    }
    for id in &promised.deleted {
        admin.get(&format!("/api/certificates/{id}")).await.expect(404);
    }
    for user in &promised.users {
        admin.login(user, "a good password").await;
    }
    // The CA has issued no order twice.
    let log = pebble.log();
    let mut orders: Vec<_> = log
        .lines()
        .filter(|line| line.contains("Issued certificate serial"))
        .filter_map(|line| line.rsplit(' ').next())
        .collect();
    let issued = orders.len();
    orders.sort_unstable();
    orders.dedup();
    assert_eq!(orders.len(), issued);
}

/// What came due while it was down has run.
async fn check_work_left(admin: &Client) {
    let mut missing = Vec::new();
    for _ in 0..200 {
        let done = actions(admin).await;
        let expected = (0..ROUNDS).flat_map(|round| [format!("job.{round}"), format!("schedule.{round}")]);
        missing = expected.filter(|action| !done.contains(action)).collect();
        if missing.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    panic!("never ran: {missing:?}");
}

/// The whole audit trail's actions.
async fn actions(admin: &Client) -> Vec<String> {
    let (mut actions, mut before) = (Vec::new(), String::new());
    loop {
        let page = admin.get(&format!("/api/audit?limit=100&before={before}")).await.ok();
        let entries = page["entries"].as_array().unwrap();
        let Some(last) = entries.last() else { return actions };
        before = last["id"].as_str().unwrap().to_owned();
        actions.extend(entries.iter().map(|entry| entry["action"].as_str().unwrap().to_owned()));
    }
}
