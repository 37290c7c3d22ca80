use domain::certificates::{Certificate, Issued, KeyType, Method, State};
use domain::ids::{AccountId, CertificateId, UserId};
use domain::monitors::Monitor;
use domain::names::DomainName;
use domain::ports::Key;
use domain::{Context, acme, counter, entity};
use jiff::{SignedDuration, Timestamp};

/// The row of a certificate that was never ordered, in this state; [`put_certificates`] gives it its id.
pub fn certificate_row(owner: i64, account: i64, domain: &str, state: State) -> Certificate {
    let now = Timestamp::now();
    Certificate {
        id: CertificateId(0),
        owner: UserId(owner),
        domain: DomainName::parse("domain", domain).unwrap(),
        alt_domains: Vec::new(),
        issuer: "pebble".to_owned(),
        account: AccountId(account),
        key_type: KeyType::EcP256,
        note: String::new(),
        method: Method::Manual,
        profile: None,
        reuse_key: false,
        auto_renew: true,
        version: 0,
        renewal: None,
        order: None,
        state,
        created_at: now,
        updated_at: now,
    }
}

/// What a CA issued, as far as a row tells; valid until so many days from now.
pub fn issued_until(days: i64) -> State {
    let now = Timestamp::now();
    State::Issued(Issued {
        chain: String::new(),
        valid_from: now - SignedDuration::from_hours(24 * 90),
        valid_to: now + SignedDuration::from_hours(24 * days),
        serial: "01".to_owned(),
        fingerprint: String::new(),
        issuer_name: "CN=nobody".to_owned(),
    })
}

/// Writes rows with what is counted of them, as orders do; their ids.
pub async fn put_certificates(ctx: &Context, rows: Vec<Certificate>) -> Vec<i64> {
    let mut ids = Vec::new();
    for mut row in rows {
        row.id = CertificateId(counter::next_id(ctx.store.as_ref(), "certificate").await.unwrap());
        let writes = vec![
            counter::add(&Certificate::total(row.owner), 1),
            counter::add(&acme::Account::references(row.account), 1),
            entity::insert(&row).unwrap(),
        ];
        ctx.store.transact(writes).await.unwrap();
        ids.push(row.id.0);
    }
    ids
}

/// When a monitor is looked at next, to the millisecond that its job carries; the API shows whole seconds.
pub async fn next_check(ctx: &Context, monitor: i64) -> Timestamp {
    let row = entity::load::<Monitor>(ctx.store.as_ref(), Key::of(monitor)).await.unwrap();
    row.value.next_check.unwrap()
}
