//! A disk that is full: Steward says so, an administrator can log in and make room, and then it goes on.

use std::fs::{self, File};
use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use domain::audit::{self, AuditEntry, By, Outcome};
use reqwest::Method;
use serde_json::{Value, json};
use system_tests::need;
use system_tests::steward::{Client, Steward, StewardOptions, eventually};

/// A file system of its own, in memory.
struct Disk(tempfile::TempDir);

impl Disk {
    /// `None`, aloud, where this user may not mount one.
    fn mount(mebibytes: usize) -> Option<Self> {
        let directory = tempfile::tempdir().unwrap();
        let size = format!("size={mebibytes}m");
        let mounted = Command::new("mount").args(["-t", "tmpfs", "-o", &size, "tmpfs"]).arg(directory.path()).status();
        if mounted.is_ok_and(|status| status.success()) {
            return Some(Self(directory));
        }
        let required = std::env::var("STEWARD_TEST_REQUIRE_PEERS").is_ok_and(|value| value == "1");
        assert!(!required, "a file system cannot be mounted, and STEWARD_TEST_REQUIRE_PEERS=1 demands it");
        eprintln!("SKIPPED: this user may not mount a file system");
        None
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    /// Writes until nothing more goes.
    fn fill(&self) {
        let mut file = File::options().append(true).create(true).open(self.path().join("filler")).unwrap();
        while file.write_all(&[0; 4096]).is_ok() {}
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").args(["--lazy"]).arg(self.path()).status();
    }
}

fn channel(name: &str) -> Value {
    json!({"name": name, "kind": "email", "address": "ops@example.com"})
}

/// The problems that health tells of, once it does.
async fn problems(nobody: &Client, status: u16) -> Value {
    eventually("health", async || {
        let reply = nobody.get("/api/health").await;
        (reply.status.as_u16() == status).then_some(reply.json)
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_administrator_makes_room_on_a_full_disk() {
    need!("mount", "umount");
    let Some(disk) = Disk::mount(64) else { return };
    let data = disk.path().join("data");
    let steward = Steward::start(StewardOptions { data: Some(data), ..StewardOptions::default() }).await;
    let (admin, nobody) = (steward.admin().await, steward.client());
    let entry = |n: usize| AuditEntry {
        id: format!("old-{n}"),
        at: steward.ctx.clock.now(),
        user: None,
        name: None,
        by: By::Steward,
        source: "steward".into(),
        action: "test.act".into(),
        target: "x".repeat(8_000),
        outcome: Outcome::Unknown,
    };
    for n in 0..1_500 {
        audit::append(&steward.ctx, &entry(n)).await.unwrap();
    }
    steward.clock.advance(Duration::from_secs(10 * 24 * 60 * 60));
    let admin_later = steward.admin().await;
    drop(admin);
    assert_eq!(problems(&nobody, 200).await["problems"], json!([]));

    disk.fill();
    let refused = eventually("a refusal", async || {
        let reply = admin_later.post("/api/channels", channel("more")).await;
        // What was in reserve is Steward's to use once the disk is full.
        if reply.status != 503 && steward.ctx.store.out_of_room().is_none() {
            disk.fill();
        }
        (reply.status == 503 && String::from_utf8_lossy(&reply.bytes).contains("disk")).then_some(reply.json)
    });
    assert!(refused.await["error"].as_str().unwrap().contains("POST /api/audit/purge"));
    let health = problems(&nobody, 503).await;
    assert_eq!(health["status"], "failing");
    assert!(health["problems"][0].as_str().unwrap().contains("the disk is full"), "{health}");

    // The administrator logs in, also after wrong passwords, and makes room.
    let wrong = json!({"username": "admin", "password": "a-wrong-password"});
    nobody.post("/api/auth/login", wrong).await.expect(401);
    let admin = steward.admin().await;
    let before = (steward.ctx.clock.now() - jiff::SignedDuration::from_hours(8 * 24)).to_string();
    let purged = admin.post("/api/audit/purge", json!({"before": before})).await.ok();
    assert!(purged["removed"].as_u64().unwrap() >= 1_500, "{purged}");
    assert_eq!(purged["more"], false);
    let verdict = audit::verify(steward.ctx.store.as_ref(), steward.ctx.vault.as_ref()).await.unwrap();
    assert!(verdict.is_ok(), "{verdict:?}");

    // There is room within the database, although the disk is as full as before.
    problems(&nobody, 200).await;
    let reply = admin.send(Method::POST, "/api/channels", Some(channel("more").to_string())).await;
    assert_eq!(reply.status, 201, "{}", String::from_utf8_lossy(&reply.bytes));
    fs::remove_file(disk.path().join("filler")).unwrap();
    eventually("the reserve", async || disk.path().join("data/reserve").exists().then_some(())).await;
    let by_admin = super::audit::entries(&admin, "POST /api/audit/purge", 1).await.remove(0);
    assert_eq!((&by_admin["status"], &by_admin["user_id"]), (&json!(200), &json!(1)));
    steward.stop().await;

    // Where the disk was filled meanwhile, it starts in its reserve, and there still is room within the database.
    disk.fill();
    let data = disk.path().join("data");
    let again = Steward::start(StewardOptions { data: Some(data), ..StewardOptions::default() }).await;
    again.admin().await;
    assert_eq!(problems(&again.client(), 200).await["problems"], json!([]));
    again.stop().await;
}
