//! The `Ca` port: RFC 8555 in the steps Steward takes, each safe to repeat.

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use secrecy::SecretString;
use serde::{Deserialize, Serialize};

use crate::ids::AccountId;
use crate::names::{DomainName, Email};

/// Where a CA is reached (RFC 8555 §7.1.1).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Directory {
    /// The directory URL, https.
    pub url: String,
    /// The root that signed the CA's own TLS certificate, PEM; `None` trusts the public roots.
    pub root_ca_pem: Option<String>,
}

/// External account binding (RFC 8555 §7.3.4), as the CA's website shows it.
#[derive(Clone, Debug)]
pub struct ExternalAccountBinding {
    /// The key identifier.
    pub kid: String,
    /// The MAC key, base64url.
    pub hmac_key: SecretString,
}

/// A registered account.
#[derive(Debug)]
pub struct Registered {
    /// The account's URL at the CA.
    pub account_url: String,
    /// What [`CaAccount::credentials`] needs; for the vault.
    pub credentials: SecretString,
}

/// An account to act with.
#[derive(Clone, Debug)]
pub struct CaAccount {
    /// Our id of it.
    pub id: AccountId,
    /// Its CA.
    pub directory: Directory,
    /// What [`Ca::register`] gave.
    pub credentials: SecretString,
}

/// How control of a name is proven.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChallengeType {
    /// A TXT record (RFC 8555 §8.4).
    Dns01,
    /// A file on port 80 (RFC 8555 §8.3).
    Http01,
}

/// What proves control of one name of an order, in either way.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Challenge {
    /// The name to be proven, without `*.`.
    pub name: String,
    /// True when it proves `*.name`.
    pub wildcard: bool,
    /// The value of the TXT record (RFC 8555 §8.4).
    pub value: String,
    /// What to answer over HTTP, where the CA offers that (RFC 8555 §8.3).
    #[serde(default)]
    pub http: Option<HttpAnswer>,
    /// False when the CA still holds an earlier proof, and needs nothing now.
    pub pending: bool,
}

/// An answer to http-01: at `/.well-known/acme-challenge/{token}`, this text.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HttpAnswer {
    /// The end of the path.
    pub token: String,
    /// The whole answer.
    pub key_authorization: String,
}

/// What to order.
#[derive(Clone, Debug, Default)]
pub struct NewOrder {
    /// The names.
    pub names: Vec<DomainName>,
    /// One of the CA's profiles (draft-ietf-acme-profiles), or whatever it gives by itself.
    pub profile: Option<String>,
    /// The certificate that this one takes the place of: its chain, PEM (RFC 9773 §5).
    pub replaces: Option<String>,
}

/// What a CA says of itself in its directory (RFC 8555 §7.1.1).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CaMeta {
    /// The names by which CAA records know it (RFC 8659 §4.2).
    pub caa_identities: Vec<String>,
    /// Its profiles, by name, with what it says of each.
    pub profiles: BTreeMap<String, String>,
    /// Whether it says when to renew (RFC 9773).
    pub renewal_info: bool,
}

/// When a CA would have a certificate renewed (RFC 9773 §4.2).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RenewalInfo {
    /// The start of the window.
    pub start: Timestamp,
    /// Its end.
    pub end: Timestamp,
    /// A page that says why.
    pub explanation_url: Option<String>,
    /// How long until it should be asked again.
    pub retry_after: Option<Duration>,
}

/// An order's status (RFC 8555 §7.1.6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrderStatus {
    /// Authorizations are missing.
    Pending,
    /// Waits for the CSR.
    Ready,
    /// Is being signed.
    Processing,
    /// The certificate can be fetched.
    Valid,
    /// It will never be issued.
    Invalid,
}

/// An order as the CA sees it.
#[derive(Clone, Debug)]
pub struct OrderView {
    /// Its URL.
    pub url: String,
    /// Its status.
    pub status: OrderStatus,
    /// Its challenges; empty where they were not asked for.
    pub challenges: Vec<Challenge>,
    /// Why it is invalid, in the CA's words.
    pub problem: Option<String>,
    /// How long the CA asks to wait before looking again (RFC 8555 §7.4.1).
    pub retry_after: Option<Duration>,
}

/// Why a CA did not do what was asked.
#[derive(Debug, Clone, thiserror::Error)]
pub enum CaError {
    /// It refused, and will again: its words.
    #[error("{0}")]
    Refused(String),
    /// It does not know the order, or a part of it: not any more, or not yet, where its servers catch up with each other.
    #[error("{0}")]
    Gone(String),
    /// The account does not exist there any more, or was deactivated (RFC 8555 §7.3.6).
    #[error("{0}")]
    NoAccount(String),
    /// It could not be reached, is rate limiting, or failed inside: later may work.
    #[error("{reason}")]
    Later {
        /// What happened.
        reason: String,
        /// How long it asks to wait.
        retry_after: Option<Duration>,
    },
}

/// A certificate authority that speaks ACME.
#[async_trait]
pub trait Ca: Send + Sync + fmt::Debug {
    /// Whether a directory can be used at all, as far as is seen without connecting: its URL, and its root.
    fn check(&self, directory: &Directory) -> Result<(), CaError>;

    /// Registers a new account with a new key, agreeing to the CA's terms (RFC 8555 §7.3).
    async fn register(
        &self,
        directory: &Directory,
        contact: &Email,
        binding: Option<&ExternalAccountBinding>,
    ) -> Result<Registered, CaError>;

    /// What the CA says of itself; may be some minutes old.
    async fn meta(&self, directory: &Directory) -> Result<CaMeta, CaError>;

    /// When the CA would have the leaf of a PEM chain renewed; `None` where it does not say (RFC 9773 §4).
    async fn renewal_info(&self, directory: &Directory, chain_pem: &str) -> Result<Option<RenewalInfo>, CaError>;

    /// Makes an order (RFC 8555 §7.4) and reads its challenges.
    async fn new_order(&self, account: &CaAccount, new: &NewOrder) -> Result<OrderView, CaError>;

    /// Reads an order, without its challenges.
    async fn order(&self, account: &CaAccount, url: &str) -> Result<OrderView, CaError>;

    /// Tells the CA that every pending challenge of this type of the order can be checked (RFC 8555 §7.5.1).
    /// One that is already being checked, or was, is left alone. The order's invalid challenge is its problem.
    async fn answer_challenges(&self, account: &CaAccount, url: &str, by: ChallengeType) -> Result<(), CaError>;

    /// Sends the CSR, DER (RFC 8555 §7.4).
    async fn finalize(&self, account: &CaAccount, url: &str, csr: &[u8]) -> Result<OrderView, CaError>;

    /// Fetches the chain of a valid order, PEM, leaf first (RFC 8555 §7.4.2).
    async fn certificate(&self, account: &CaAccount, url: &str) -> Result<String, CaError>;

    /// Revokes the leaf of a PEM chain (RFC 8555 §7.6). One that is revoked already is a success.
    async fn revoke(&self, account: &CaAccount, chain_pem: &str) -> Result<(), CaError>;
}
