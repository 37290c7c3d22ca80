use domain::acme::{Account, AccountStatus};
use domain::certificates::{Certificate, Issued, KeyType, State};
use domain::entity::{self, Entity};
use domain::ids::{AccountId, CertificateId, OperationId, ProviderId, UserId};
use domain::names::{DomainName, Email};
use domain::operations::{Operation, Progress, Work};
use domain::ports::{Directory, Write};
use domain::{counter, operations};
use jiff::ToSpan;

use super::Steward;

/// Rows put into the store by hand, for tests that need something to refuse and no CA.
impl Steward {
    /// An order that waits for its records.
    pub async fn plant_certificate(&self, owner: i64, domain: &str) -> i64 {
        self.plant(owner, domain, State::Unissued).await
    }

    /// A certificate that was valid until a day ago.
    pub async fn plant_expired_certificate(&self, owner: i64, domain: &str) -> i64 {
        let now = self.ctx.clock.now();
        let issued = Issued {
            chain: String::new(),
            valid_from: now - 2160.hours(),
            valid_to: now - 24.hours(),
            serial: "01".into(),
            fingerprint: "00".into(),
            issuer_name: "planted".into(),
        };
        self.plant(owner, domain, State::Issued(issued)).await
    }

    async fn plant(&self, owner: i64, domain: &str, state: State) -> i64 {
        let id = counter::next_id(self.ctx.store.as_ref(), "certificate").await.unwrap();
        let now = self.ctx.clock.now();
        let certificate = Certificate {
            id: CertificateId(id),
            owner: UserId(owner),
            domain: DomainName::parse("domain", domain).unwrap(),
            alt_domains: Vec::new(),
            issuer: "letsencrypt".into(),
            account: AccountId(1_000_000),
            key_type: KeyType::EcP256,
            note: String::new(),
            order: None,
            state,
            created_at: now,
            updated_at: now,
        };
        self.keep(&certificate, vec![counter::add(&Certificate::total(UserId(owner)), 1)]).await;
        id
    }

    /// An active account at Let's Encrypt that is not the default one.
    pub async fn plant_account(&self, owner: i64) -> i64 {
        let id = counter::next_id(self.ctx.store.as_ref(), "acme-account").await.unwrap();
        let now = self.ctx.clock.now();
        let account = Account {
            id: AccountId(id),
            owner: UserId(owner),
            provider: ProviderId(1),
            provider_name: "letsencrypt".into(),
            directory: Directory { url: "https://127.0.0.1:1/dir".into(), root_ca_pem: None },
            email: Email::parse("email", "ops@example.com").unwrap(),
            status: AccountStatus::Active,
            is_default: false,
            account_url: "https://127.0.0.1:1/account".into(),
            created_at: now,
            updated_at: now,
        };
        self.keep(&account, Vec::new()).await;
        id
    }

    /// An operation that has ended.
    pub async fn plant_operation(&self, owner: i64) -> i64 {
        let id: OperationId = operations::next_id(self.ctx.store.as_ref()).await.unwrap();
        let work = Work::Purge { secrets: Vec::new() };
        let mut operation = Operation::new(id, UserId(owner), work, &["purge"], self.ctx.clock.now());
        operation.state = Progress::Succeeded;
        self.keep(&operation, Vec::new()).await;
        id.0
    }

    async fn keep<T: Entity>(&self, row: &T, more: Vec<Write>) {
        let mut writes = vec![entity::insert(row).unwrap()];
        writes.extend(more);
        self.ctx.store.transact(writes).await.unwrap();
    }
}
