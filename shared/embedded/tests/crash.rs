//! A process that is killed loses nothing that it acknowledged, and half-writes no transaction.

mod support;

use std::env;
use std::io::{BufRead, BufReader, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

use domain::counter;
use domain::ids::OperationId;
use domain::jobs::Job;
use domain::ports::{Expect, Key, Query, Queue, QueueName, SecretName, Store, Vault, Write};
use domain::users::{USER_NAMES, USERS};
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use support::{directory, open};

const DATA: &str = "STEWARD_CRASH_TEST_DATA";
const ROUNDS: u32 = 30;

/// The killed process: this test binary, told by its environment where to write.
#[tokio::test(flavor = "multi_thread")]
async fn writes_until_it_is_killed() {
    let Some(data) = env::var_os(DATA).map(PathBuf::from) else { return };
    let embedded = open(&data);
    let (store, queue, vault) = (embedded.store(), embedded.queue(), embedded.vault());
    loop {
        let id = counter::next_id(store.as_ref(), "crash").await.unwrap();
        let user = json!({ "id": id, "listing": "user", "search": format!("user {id}"), "rev": 1 });
        let name = json!({ "name": format!("username/{id}"), "user": id });
        let put = |table, item: &serde_json::Value| Write::Put {
            table,
            item: item.as_object().unwrap().clone(),
            expect: Expect::Absent,
        };
        store.transact(vec![put(&USERS, &user), put(&USER_NAMES, &name), counter::add("crash", 1)]).await.unwrap();
        acknowledge("row", id);
        queue.send(QueueName::Issuer, &job(id), Duration::ZERO).await.unwrap();
        acknowledge("job", id);
        vault.put(&SecretName(format!("crash/{id}")), &SecretString::from(format!("secret {id}"))).await.unwrap();
        acknowledge("secret", id);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_survives_sigkill() {
    let (_parent, data) = directory();
    let mut acknowledged: Vec<(String, i64)> = Vec::new();
    let mut delivered: Vec<Job> = Vec::new();
    for round in 0..ROUNDS {
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["writes_until_it_is_killed", "--exact", "--nocapture"])
            .env(DATA, &data)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
        // Another moment of the cycle each round.
        let target = acknowledged.len() + 3 + (round as usize * 7) % 20;
        while acknowledged.len() < target {
            let line = lines.next().expect("the process ended by itself");
            acknowledged.extend(parse(&line));
        }
        child.kill().unwrap();
        acknowledged.extend(lines.filter_map(|line| parse(&line)));
        child.wait().unwrap();
        verify(&data, &acknowledged, &mut delivered).await;
    }
    assert!(acknowledged.len() > 300, "{} acknowledged", acknowledged.len());
}

/// `delivered` gathers the jobs of every round: they stay hidden once they were received.
async fn verify(data: &Path, acknowledged: &[(String, i64)], delivered: &mut Vec<Job>) {
    let embedded = open(data);
    let (store, queue, vault) = (embedded.store(), embedded.queue(), embedded.vault());
    loop {
        let deliveries = queue.receive(QueueName::Issuer, 100, Duration::from_secs(600)).await.unwrap();
        if deliveries.is_empty() {
            break;
        }
        delivered.extend(deliveries.into_iter().map(|delivery| delivery.job));
    }
    for (kind, id) in acknowledged {
        match kind.as_str() {
            "row" => assert!(store.get(&USERS, Key::of(*id)).await.unwrap().is_some(), "row {id} was lost"),
            "job" => assert!(delivered.contains(&job(*id)), "job {id} was lost"),
            _ => {
                let secret = vault.get(&SecretName(format!("crash/{id}"))).await.unwrap();
                assert_eq!(secret.expect("a secret was lost").expose_secret(), format!("secret {id}"));
            }
        }
    }
    let listing = Query { index: Some("by_listing"), ..Query::of(&USERS, "user") };
    let users = store.query(listing).await.unwrap().items;
    let total = counter::value(store.get(&counter::COUNTERS, counter::key("crash")).await.unwrap().as_ref());
    assert_eq!(users.len() as u64, total, "a transaction is whole or not there");
    for user in users {
        let name = Key::of(format!("username/{}", user["id"]));
        assert!(store.get(&USER_NAMES, name).await.unwrap().is_some(), "a transaction is whole or not there");
    }
}

fn acknowledge(kind: &str, id: i64) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "acknowledged {kind} {id}").and_then(|()| out.flush()).unwrap();
}

/// A line that was not cut short by the kill.
fn parse(line: &str) -> Option<(String, i64)> {
    let (kind, id) = line.strip_prefix("acknowledged ")?.split_once(' ')?;
    Some((kind.to_owned(), id.parse().ok()?))
}

fn job(id: i64) -> Job {
    Job::Issue { operation: OperationId(id) }
}
