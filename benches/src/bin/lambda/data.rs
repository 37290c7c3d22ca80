use std::net::IpAddr;
use std::sync::Arc;

use aws::Aws;
use domain::certificates::{Certificate, KeyType, State};
use domain::ids::{AccountId, CertificateId, OperationId, UserId};
use domain::names::DomainName;
use domain::operations::{Operation, Progress, Work};
use domain::ports::{Clock, Entropy, Key};
use domain::targets::TargetPolicy;
use domain::{Context, Registration, Settings, counter, entity, users};
use steward_http::Tokens;
use system::{SystemClock, SystemEntropy};

use crate::{Result, STACK};

const CERTIFICATES: i64 = 25;

/// Puts an administrator, a page of certificates and an operation that has ended into the tables; the administrator's token.
pub async fn put(environment: &[(String, String)], mails: &std::path::Path) -> Result<String> {
    let ctx = context(environment, mails)?;
    users::register_first_admin(&ctx, Some("correct horse battery staple")).await?;
    let now = ctx.clock.now();
    let owner = UserId(1);
    let mut writes = vec![counter::add(&Certificate::total(owner), CERTIFICATES)];
    for id in 1..=CERTIFICATES {
        let certificate = Certificate {
            id: CertificateId(id),
            owner,
            domain: DomainName::parse("domain", &format!("shop-{id}.customers.example.com"))?,
            alt_domains: Vec::new(),
            issuer: "letsencrypt".into(),
            account: AccountId(1),
            key_type: KeyType::EcP256,
            note: format!("customer {id}"),
            method: Default::default(),
            profile: None,
            reuse_key: false,
            auto_renew: true,
            version: 0,
            renewal: None,
            order: None,
            state: State::Unissued,
            created_at: now,
            updated_at: now,
        };
        writes.push(entity::insert(&certificate)?);
    }
    let work = Work::Issue { certificate: CertificateId(1) };
    let mut operation = Operation::new(OperationId(1), owner, work, domain::certificates::automatic_steps(), now);
    // Else the sweep would soon take its job for lost.
    operation.state = Progress::Succeeded;
    writes.push(entity::insert(&operation)?);
    ctx.store.transact(writes).await?;
    let admin = entity::load::<users::User>(ctx.store.as_ref(), Key::of(owner.0)).await?;
    Ok(Tokens::default().new_session(&ctx, &admin.value).await?)
}

/// The ports as the functions have them.
fn context(environment: &[(String, String)], mails: &std::path::Path) -> Result<Context> {
    let variable = |name: &str| environment.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let (clock, entropy): (Arc<dyn Clock>, Arc<dyn Entropy>) = (Arc::new(SystemClock), Arc::new(SystemEntropy));
    let aws = Aws::new(aws::Settings::of(STACK, variable)?, Arc::clone(&entropy))?;
    let policy = TargetPolicy::new(vec![IpAddr::from([127, 0, 0, 1]).into()]);
    Ok(Context {
        store: aws.store(),
        queue: aws.queue(),
        vault: aws.vault(),
        scheduler: aws.scheduler(),
        ca: Arc::new(acme::InstantCa::new(policy.clone(), Arc::clone(&clock))),
        messenger: Arc::new(webhook::HttpMessenger::new(policy.clone())?),
        dns: Arc::new(dns::Authoritative::new(None, policy.clone())?),
        zones: Arc::new(domain::ports::Absent),
        prober: Arc::new(probe::RustlsProber::new(policy.clone(), Arc::clone(&clock))),
        remote: Arc::new(ssh::SshRemote::new(policy, Arc::clone(&entropy))),
        mailer: Arc::new(mail::Directory::new(mails, Arc::clone(&clock), Arc::clone(&entropy))?),
        clock,
        entropy,
        settings: Settings {
            public_url: "https://api.example.com".into(),
            registration: Registration::Closed,
            trusted_proxies: Vec::new(),
        },
    })
}
