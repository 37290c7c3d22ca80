//! What must be true whatever has happened.

use std::collections::BTreeSet;
use std::time::Duration;

use domain::acme::{self, Account};
use domain::certificates::{Certificate, State};
use domain::entity::{self, Stored};
use domain::ids::{CertificateId, OperationId, UserId};
use domain::operations::{Next, OPERATIONS, Operation, Progress};
use domain::ports::{Key, Query, QueueName};
use domain::{counter, list};
use system_tests::steward::{Lab, Worker};

/// The administrator's id.
const ADMIN: UserId = UserId(1);

/// Longer than a lease, and than a delivered job is hidden.
pub const LATER: Duration = Duration::from_secs(121);

pub async fn certificate(lab: &Lab, id: i64) -> Certificate {
    let stored: Stored<Certificate> = entity::load(lab.steward.ctx.store.as_ref(), Key::of(id)).await.unwrap();
    assert_eq!(stored.value.id, CertificateId(id));
    stored.value
}

pub async fn operation(lab: &Lab, id: i64) -> Operation {
    let stored: Stored<Operation> = entity::load(lab.steward.ctx.store.as_ref(), Key::of(id)).await.unwrap();
    assert_eq!(stored.value.id, OperationId(id));
    stored.value
}

async fn count(lab: &Lab, name: &str) -> u64 {
    let item = lab.steward.ctx.store.get(&counter::COUNTERS, counter::key(name)).await.unwrap();
    counter::value(item.as_ref())
}

async fn in_vault(lab: &Lab, prefix: &str) -> BTreeSet<String> {
    lab.steward.ctx.vault.list(prefix).await.unwrap().into_iter().map(|name| name.0).collect()
}

/// One certificate came of the order: at the CA, in the store, and with its key in the vault.
pub async fn assert_issued_once(lab: &Lab, id: i64, operation: i64) {
    let ended = self::operation(lab, operation).await;
    assert_eq!((ended.state, ended.percent(), ended.lease), (Progress::Succeeded, 100, None), "{:?}", ended.error);
    let certificate = certificate(lab, id).await;
    let State::Issued(issued) = &certificate.state else { panic!("{:?}", certificate.state) };
    let serials = lab.pebble.issued_for(&certificate.order.as_ref().unwrap().url);
    assert_eq!(serials.len(), 1, "the CA issued {serials:?}");
    assert_eq!(issued.serial.trim_start_matches('0'), serials[0].trim_start_matches('0'));
}

/// Counters agree with rows; the vault holds the keys of what there is, each with its certificate, and nothing else.
pub async fn assert_whole(lab: &Lab) {
    let ctx = &lab.steward.ctx;
    let ids = list::ids_of::<Certificate>(ctx.store.as_ref(), "by_owner", ADMIN.0.into()).await.unwrap();
    let certificates: Vec<Stored<Certificate>> = list::rows(ctx.store.as_ref(), &ids).await.unwrap();
    assert_eq!(count(lab, &Certificate::total(ADMIN)).await, certificates.len() as u64);
    let accounts = acme::of_owner(ctx.store.as_ref(), ADMIN).await.unwrap();
    for account in &accounts {
        let references = certificates.iter().filter(|row| row.value.account == account.value.id).count();
        assert_eq!(count(lab, &Account::references(account.value.id)).await, references as u64);
    }
    let account_keys: BTreeSet<_> = accounts.iter().map(|row| Account::secret(row.value.id).0).collect();
    assert_eq!(in_vault(lab, "acme-accounts/").await, account_keys);
    let mut keys = BTreeSet::new();
    for row in &certificates {
        let Some(issued) = row.value.issued() else { continue };
        let name = row.value.key_name();
        let key = ctx.vault.get(&name).await.unwrap().expect("the key of an issued certificate");
        assert!(tls::matches_key(&issued.chain, &key).unwrap(), "{name}");
        assert!(ctx.vault.previous(&name).await.unwrap().is_none(), "{name} was replaced");
        keys.insert(name.0);
    }
    assert_eq!(in_vault(lab, "certificates/").await, keys);
}

/// Lets a worker go on until no operation is open.
pub async fn work_off(lab: &Lab) {
    let _worker = Worker::start(&lab.steward.ctx);
    let mut query = Query::of(&OPERATIONS, "open");
    query.index = Some("by_open");
    for _ in 0..600 {
        if lab.steward.ctx.store.query(query.clone()).await.unwrap().items.is_empty() {
            return;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    panic!("operations are still open: {:?}", lab.steward.ctx.store.query(query).await.unwrap().items);
}

/// Delivers what is left on the queue, long after all is done: it must change nothing.
pub async fn deliver_leftovers(lab: &Lab) {
    let ctx = &lab.steward.ctx;
    lab.steward.clock.advance(LATER);
    loop {
        let left = ctx.queue.receive(QueueName::Issuer, 100, LATER).await.unwrap();
        if left.is_empty() {
            return;
        }
        for delivery in left {
            assert_eq!(issuer::handle(ctx, &delivery.job).await.unwrap(), Next::Done);
            ctx.queue.delete(QueueName::Issuer, &delivery.receipt).await.unwrap();
        }
    }
}
