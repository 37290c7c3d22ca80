//! Records of several holders under one name.

use domain::dns_records::{self, PublishError};
use domain::ids::{DnsCredentialId, OperationId, UserId};
use domain::operations::{self, Operation, Work};
use domain::ports::Key;
use domain::repair::REPAIR_SCHEDULE;
use domain::{Context, entity};
use system_tests::need;
use system_tests::steward::{StewardOptions, Worker};

use super::{KEY, LATER, STRONGER, Zones, ended};

const HOST: &str = "_acme-challenge.lab.example";

/// An operation that is under way.
async fn holder(ctx: &Context) -> OperationId {
    let id = operations::next_id(ctx.store.as_ref()).await.unwrap();
    let work = Work::Purge { secrets: Vec::new() };
    let mut operation = Operation::new(id, UserId(1), work, &["purge"], ctx.clock.now());
    operation.pause(LATER * 1000, None, ctx.clock.now());
    ctx.store.write(entity::insert(&operation).unwrap()).await.unwrap();
    id
}

async fn publish(ctx: &Context, holder: OperationId, id: i64, host: &str, values: &[&str]) -> Result<(), PublishError> {
    let values: Vec<String> = values.iter().map(|value| (*value).to_owned()).collect();
    loop {
        match dns_records::publish(ctx, holder, UserId(1), DnsCredentialId(id), host, &values).await {
            Err(PublishError::Later { reason, retry_after: Some(pause) }) if reason.contains("under way") => {
                tokio::time::sleep(pause / 10).await;
            }
            other => return other,
        }
    }
}

/// Ends a holder, and removes what was made for it.
async fn end(ctx: &Context, id: OperationId) {
    let mut stored = entity::load::<Operation>(ctx.store.as_ref(), Key::of(id.0)).await.unwrap();
    stored.value.succeed(ctx.clock.now());
    let removal = operations::next_id(ctx.store.as_ref()).await.unwrap();
    let removal = dns_records::removal(removal, UserId(1), id, ctx.clock.now());
    ctx.store.transact(vec![stored.update().unwrap(), entity::insert(&removal).unwrap()]).await.unwrap();
    let next = dns_records::remove(ctx, removal.id).await.unwrap();
    assert_eq!(next, operations::Next::Done);
    let removal = entity::load::<Operation>(ctx.store.as_ref(), Key::of(removal.id.0)).await.unwrap().value;
    assert_eq!(removal.error, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn parallel_orders_never_touch_each_others_values() {
    need!("named");
    let lab = Zones::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let admin = lab.steward.admin().await;
    let ctx = &lab.steward.ctx;
    let id = lab.credential(&admin, &KEY, Some("lab.example")).await;
    let (one, two) = (holder(ctx).await, holder(ctx).await);
    let (first, second) = tokio::join!(
        publish(ctx, one, id, HOST, &["apex", "wildcard"]),
        publish(ctx, two, id, HOST, &["wildcard", "other"]),
    );
    first.unwrap();
    second.unwrap();
    assert_eq!(lab.txt(HOST).await, ["apex", "other", "wildcard"]);
    // Again: nothing changes, and nobody is asked.
    lab.steward.store.take();
    publish(ctx, one, id, HOST, &["apex"]).await.unwrap();
    assert_eq!(lab.steward.store.take(), ["get dns_records"]);

    end(ctx, one).await;
    assert_eq!(lab.txt(HOST).await, ["other", "wildcard"], "a value that two made goes with the last");
    let refused = admin.delete(&format!("/api/dns-credentials/{id}")).await;
    assert_eq!(refused.status, 409);
    end(ctx, two).await;
    assert_eq!(lab.txt(HOST).await, Vec::<String>::new());
    admin.delete(&format!("/api/dns-credentials/{id}")).await.expect(200);
}

#[tokio::test(flavor = "multi_thread")]
async fn twenty_at_once_lose_nothing() {
    need!("named");
    let lab = Zones::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let admin = lab.steward.admin().await;
    let ctx = &lab.steward.ctx;
    let id = lab.credential(&admin, &KEY, Some("lab.example")).await;
    let mut holders = Vec::new();
    for _ in 0..20 {
        holders.push(holder(ctx).await);
    }
    let made = holders.iter().map(|holder| async move {
        publish(ctx, *holder, id, HOST, &["shared", &format!("of {holder}")]).await.unwrap();
    });
    futures_util::future::join_all(made).await;
    assert_eq!(lab.txt(HOST).await.len(), 21);
    for holder in holders {
        end(ctx, holder).await;
    }
    assert_eq!(lab.txt(HOST).await, Vec::<String>::new());
}

#[tokio::test(flavor = "multi_thread")]
async fn what_others_wrote_stays() {
    need!("named");
    let lab = Zones::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let admin = lab.steward.admin().await;
    let ctx = &lab.steward.ctx;
    let id = lab.credential(&admin, &KEY, None).await;
    let one = holder(ctx).await;
    publish(ctx, one, id, "kept.lab.example", &["ours"]).await.unwrap();
    assert_eq!(lab.txt("kept.lab.example").await, ["of somebody else", "ours"]);
    end(ctx, one).await;
    assert_eq!(lab.txt("kept.lab.example").await, ["of somebody else"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_alias_leads_to_its_target() {
    need!("named");
    let lab = Zones::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let admin = lab.steward.admin().await;
    let ctx = &lab.steward.ctx;
    let anywhere = lab.credential(&admin, &STRONGER, None).await;
    let lab_only = lab.credential(&admin, &KEY, Some("lab.example")).await;
    let one = holder(ctx).await;
    publish(ctx, one, anywhere, "_acme-challenge.alias.lab.example", &["v"]).await.unwrap();
    assert_eq!(lab.txt("here.other.example").await, ["v"]);
    end(ctx, one).await;
    assert_eq!(lab.txt("here.other.example").await, Vec::<String>::new());

    let two = holder(ctx).await;
    for (host, said) in [
        ("_acme-challenge.alias.lab.example", "an alias of here.other.example, is not in lab.example"),
        ("_acme-challenge.ring.lab.example", "loop"),
        ("_acme-challenge.www.closed.example", "is not in lab.example"),
    ] {
        let error = publish(ctx, two, lab_only, host, &["v"]).await.unwrap_err();
        assert!(matches!(error, PublishError::Refused(_)), "{error}");
        assert!(error.to_string().contains(said), "{error}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn another_users_credential_is_of_no_use() {
    need!("named");
    let lab = Zones::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let anna = lab.steward.user("anna").await;
    let ctx = &lab.steward.ctx;
    let id = lab.credential(&anna, &KEY, None).await;
    let error = publish(ctx, holder(ctx).await, id, HOST, &["v"]).await.unwrap_err();
    assert_eq!(error.to_string(), "DNS credential not found");
    assert_eq!(lab.txt(HOST).await, Vec::<String>::new());
}

/// A holder that ended without its removal, and one that was never committed.
#[tokio::test(flavor = "multi_thread")]
async fn what_nobody_removed_is_removed_by_the_daily_repair() {
    need!("named");
    let lab = Zones::start(StewardOptions { idle: true, ..StewardOptions::default() }).await;
    let admin = lab.steward.admin().await;
    let ctx = &lab.steward.ctx;
    let id = lab.credential(&admin, &KEY, Some("lab.example")).await;
    let (open, over) = (holder(ctx).await, holder(ctx).await);
    let never = operations::next_id(ctx.store.as_ref()).await.unwrap();
    for (holder, value) in [(open, "open"), (over, "over"), (never, "never")] {
        publish(ctx, holder, id, HOST, &[value]).await.unwrap();
    }
    let mut stored = entity::load::<Operation>(ctx.store.as_ref(), Key::of(over.0)).await.unwrap();
    stored.value.succeed(ctx.clock.now());
    stored.save(ctx.store.as_ref()).await.unwrap();
    assert_eq!(dns_records::sweep(ctx).await.unwrap(), 0, "young records are left alone");
    lab.steward.clock.advance(LATER);
    assert_eq!(dns_records::sweep(ctx).await.unwrap(), 2);
    let _worker = Worker::start(ctx);
    let gone = || async { (lab.txt(HOST).await == ["open"]).then_some(()) };
    system_tests::steward::eventually("the removal", gone).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_repair_is_scheduled() {
    need!("named");
    let lab = Zones::start(StewardOptions::default()).await;
    let schedules = lab.steward.ctx.scheduler.list().await.unwrap();
    assert!(schedules.iter().any(|schedule| schedule.name.0 == REPAIR_SCHEDULE), "{schedules:?}");
    let admin = lab.steward.admin().await;
    let id = lab.credential(&admin, &KEY, Some("lab.example")).await;
    let begun = admin.post(&format!("/api/dns-credentials/{id}/test"), serde_json::json!({})).await.expect(202);
    assert_eq!(ended(&admin, &begun["operation_id"]).await["state"], "succeeded");
}
