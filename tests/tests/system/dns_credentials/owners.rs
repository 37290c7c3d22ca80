//! Two owners want values at the same name.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use domain::Context;
use domain::dns_records::{self, DNS_NAMES, DNS_RECORDS, PublishError};
use domain::entity;
use domain::ids::{DnsCredentialId, OperationId, UserId};
use domain::operations::{self, Operation};
use domain::ports::{DnsAccess, DnsWriteError, DnsWriter, Expect, Key, Query, Table, TxtChange, Write};
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use system_tests::need;
use system_tests::steward::{Client, StewardOptions, eventually};

use super::{KEY, Zones};

const HOST: &str = "_acme-challenge.victim.lab.example";

/// A writer that keeps what it was told, with the secret that it was told with; a secret of `slow` takes for ever.
#[derive(Debug, Default)]
struct Told(Mutex<Vec<(String, TxtChange)>>);

#[async_trait]
impl DnsWriter for Told {
    fn check(&self, _: &DnsAccess) -> Result<(), DnsWriteError> {
        Ok(())
    }

    async fn write(&self, access: &DnsAccess, change: &TxtChange) -> Result<(), DnsWriteError> {
        let secret = access.fields["api_token"].expose_secret().to_owned();
        self.0.lock().unwrap().push((secret.clone(), change.clone()));
        if secret == "slow" {
            std::future::pending::<()>().await;
        }
        Ok(())
    }
}

impl Told {
    fn take(&self) -> Vec<(String, TxtChange)> {
        std::mem::take(&mut self.0.lock().unwrap())
    }
}

struct Two {
    lab: Zones,
    ctx: Context,
    told: Arc<Told>,
}

impl Two {
    async fn start() -> Self {
        let lab = Zones::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
        let told = Arc::<Told>::default();
        let ctx = Context { zones: told.clone(), ..lab.steward.ctx.clone() };
        Self { lab, ctx, told }
    }

    /// A credential with this token at a provider that is told the whole of a name; whose it is, and its id.
    async fn credential(&self, of: &Client, token: &str) -> (UserId, DnsCredentialId) {
        let new = json!({"name": token, "provider": "duckdns", "fields": {"api_token": token}, "zone": "lab.example"});
        let id = of.post("/api/dns-credentials", new).await.expect(201)["id"].as_i64().unwrap();
        let owner = of.get("/api/v1/users/profile").await.ok()["data"]["id"].as_i64().unwrap();
        (UserId(owner), DnsCredentialId(id))
    }

    async fn publish(&self, holder: i64, of: (UserId, DnsCredentialId), value: &str) -> Result<(), PublishError> {
        let values = [value.to_owned()];
        dns_records::publish(&self.ctx, OperationId(holder), of.0, of.1, HOST, &values).await
    }

    async fn remove(&self, holder: i64, owner: UserId) {
        let store = self.ctx.store.as_ref();
        let id = operations::next_id(store).await.unwrap();
        let removal = dns_records::removal(id, owner, OperationId(holder), self.ctx.clock.now());
        store.write(entity::insert(&removal).unwrap()).await.unwrap();
        dns_records::remove(&self.ctx, id).await.unwrap();
        let removal = entity::load::<Operation>(store, Key::of(id.0)).await.unwrap().value;
        assert_eq!(removal.error, None);
    }

    async fn put(&self, table: &'static Table, item: Value) {
        let Value::Object(item) = item else { panic!("an item is an object") };
        self.ctx.store.write(Write::Put { table, item, expect: Expect::Absent }).await.unwrap();
    }

    async fn is_left(&self, key: &str) -> bool {
        self.ctx.store.get(&DNS_NAMES, Key::of(key)).await.unwrap().is_some()
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_one_is_never_written_with_the_credential_of_the_other() {
    need!("named");
    let two = Two::start().await;
    let (victim, attacker) = (two.lab.steward.user("victim").await, two.lab.steward.user("attacker").await);
    let victim = two.credential(&victim, "the victim's").await;
    let attacker = two.credential(&attacker, "the attacker's").await;
    two.publish(1001, victim, "proof of the victim").await.unwrap();
    two.publish(1002, attacker, "proof of the attacker").await.unwrap();
    two.remove(1001, victim.0).await;
    two.publish(1003, victim, "another proof of the victim").await.unwrap();
    two.remove(1002, attacker.0).await;
    two.remove(1003, victim.0).await;

    let told = two.told.take();
    assert_eq!(told.len(), 6);
    for (token, change) in told {
        let other = if token == "the victim's" { "attacker" } else { "victim" };
        let values: Vec<_> = [change.add, change.remove, change.wanted].concat();
        assert!(values.iter().all(|value| !value.ends_with(other)), "{token}: {values:?}");
    }
    let mut query = Query::of(&DNS_RECORDS, "live");
    query.index = Some("by_live");
    assert_eq!(two.ctx.store.query(query).await.unwrap().items.len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn one_does_not_wait_for_the_provider_of_the_other() {
    need!("named");
    let two = Two::start().await;
    let (one, other) = (two.lab.steward.user("one").await, two.lab.steward.user("other").await);
    let slow = two.credential(&one, "slow").await;
    let quick = two.credential(&other, "quick").await;
    let stuck = async { two.publish(1001, slow, "never there").await };
    let free = async {
        eventually("the slow provider", async || (!two.told.0.lock().unwrap().is_empty()).then_some(())).await;
        tokio::time::timeout(Duration::from_secs(5), two.publish(1002, quick, "there")).await.unwrap().unwrap();
        tokio::time::timeout(Duration::from_secs(5), two.remove(1002, quick.0)).await.unwrap();
    };
    tokio::select! {
        _ = stuck => panic!("a provider that never answers has answered"),
        () = free => {}
    }
}

/// Rows as Steward wrote them while a name had one row for everybody.
#[tokio::test(flavor = "multi_thread")]
async fn rows_of_before_are_cleared_by_each_for_itself() {
    need!("named");
    let two = Two::start().await;
    let (one, other) = (two.lab.steward.user("one").await, two.lab.steward.user("other").await);
    let (one, other) = (two.credential(&one, "one").await, two.credential(&other, "other").await);
    let wanted = |value: &str, holder: i64| json!({"value": value, "holder": holder});
    let all = [wanted("of one", 1001), wanted("of other", 1002), wanted("of one too", 1003)];
    let lease = json!({"holder": "1003", "until": "2020-01-01T00:00:00Z"});
    two.put(&DNS_NAMES, json!({"host": HOST, "wanted": all, "lease": lease, "v": 1, "rev": 7})).await;
    for (holder, of, value) in [(1001, one, "of one"), (1002, other, "of other"), (1003, one, "of one too")] {
        let row = json!({
            "holder": holder, "host": HOST, "owner": of.0, "credential": of.1, "at": HOST, "zone": "lab.example",
            "values": [value], "made": "there", "created_at": "2026-01-01T00:00:00Z", "live": "live", "since": 1,
            "v": 1, "rev": 1,
        });
        two.put(&DNS_RECORDS, row).await;
    }
    two.remove(1001, one.0).await;
    let (token, change) = two.told.take().pop().unwrap();
    assert_eq!(
        (token.as_str(), change.remove, change.wanted),
        ("one", vec!["of one".into()], vec!["of one too".into()])
    );
    assert!(two.is_left(HOST).await, "the other's part is still there");
    two.publish(1004, other, "new of other").await.unwrap();
    let (token, change) = two.told.take().pop().unwrap();
    assert_eq!((token.as_str(), change.wanted), ("other", vec!["new of other".to_owned(), "of other".to_owned()]));
    assert!(!two.is_left(HOST).await, "everybody has taken their part");
    for (holder, of) in [(1002, other), (1003, one), (1004, other)] {
        two.remove(holder, of.0).await;
    }
    let (_, change) = two.told.take().pop().unwrap();
    assert_eq!((change.remove, change.wanted), (vec!["new of other".to_owned()], Vec::new()));
    for credential in [one.1, other.1] {
        assert!(!two.is_left(&format!("{credential}/{HOST}")).await);
    }
}

/// A change through another credential undid it: after a while it is made again.
#[tokio::test(flavor = "multi_thread")]
async fn what_another_credential_undid_is_made_again() {
    need!("named");
    let lab = Zones::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let anna = lab.steward.user("anna").await;
    let owner = UserId(anna.get("/api/v1/users/profile").await.ok()["data"]["id"].as_i64().unwrap());
    let id = DnsCredentialId(lab.credential(&anna, &KEY, Some("lab.example")).await);
    let ctx = &lab.steward.ctx;
    let values = ["proof".to_owned()];
    dns_records::publish(ctx, OperationId(1001), owner, id, HOST, &values).await.unwrap();
    // As another credential would: past the ledger.
    let row = entity::load::<domain::dns_credentials::DnsCredential>(ctx.store.as_ref(), Key::of(id.0)).await.unwrap();
    let access = domain::dns_credentials::access(ctx.vault.as_ref(), &row.value).await.unwrap().unwrap();
    let undone = TxtChange {
        zone: "lab.example".into(),
        host: HOST.into(),
        add: Vec::new(),
        remove: values.to_vec(),
        wanted: Vec::new(),
    };
    ctx.zones.write(&access, &undone).await.unwrap();
    assert_eq!(lab.txt(HOST).await, Vec::<String>::new());
    let minute = Duration::from_secs(60);
    dns_records::repeat(ctx, OperationId(1001), minute).await.unwrap();
    assert_eq!(lab.txt(HOST).await, Vec::<String>::new(), "too early");
    lab.steward.clock.advance(minute * 2);
    dns_records::repeat(ctx, OperationId(1001), minute).await.unwrap();
    assert_eq!(lab.txt(HOST).await, values);
}
