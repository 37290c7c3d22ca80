//! Certificates: names, the order in flight, and what was issued (document 000 §3.2, §4.2).

mod challenge;
mod change;
mod cleanup;
mod create;
mod delete;
mod issue;
mod key_type;
mod method;
mod order;
mod renew;
mod renewal;
mod repair;
mod revoke;
mod schedule;
mod state;
mod stopped;
mod tell;
mod transitions;
mod verify;
mod wake;
mod watch;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use challenge::{Proof, RecordToMake, missing, records};
pub use change::{Change, change};
pub use cleanup::cleanup;
pub use create::{NewCertificate, Ordered, create};
pub use delete::delete;
pub use issue::{automatic_steps, begin};
pub use key_type::KeyType;
pub use method::Method;
pub use order::{count, place};
pub use renew::{Renewed, renew};
pub use renewal::{Attempt, Renewal, Suggestion};
pub use repair::{repair, resume};
pub use revoke::revoke;
pub use schedule::schedule;
pub use state::{State, Status};
pub use stopped::stopped;
pub use tell::tell;
pub use verify::{Verified, verify};
pub use wake::wake;
pub use watch::Watch;

use crate::entity::Entity;
use crate::ids::{AccountId, CertificateId, UserId};
use crate::list::{self, Listing, PageRequest};
use crate::names::DomainName;
use crate::ports::{Attribute, Challenge, Index, Item, Key, Projection, SecretName, Store, Table};
use crate::users::Owned;
use crate::{Error, Result};

/// Certificates. `by_owner` carries the text that a search looks at and nothing else, so that one call reads the
/// index entries of about 10,000 certificates.
pub static CERTIFICATES: Table = Table {
    name: "certificates",
    partition: Attribute::number("id"),
    sort: None,
    indexes: &[Index {
        name: "by_owner",
        partition: Attribute::number("owner"),
        sort: Attribute::number("id"),
        projection: Projection::Include(&["search"]),
    }],
    ttl: None,
};

/// The longest note, in characters.
pub const NOTE_MAX: usize = 1000;

/// An order at the CA (RFC 8555 §7.1.3), recorded before anything is done with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its URL at the CA.
    pub url: String,
    /// What has to be proven.
    pub challenges: Vec<Challenge>,
    /// Whether the CA was told which certificate it takes the place of (RFC 9773 §5).
    #[serde(default)]
    pub replaces: bool,
    /// When its records are looked for, where its owner makes them.
    #[serde(default)]
    pub watch: Option<Watch>,
    /// Whether the CA has accepted the proof of every name.
    #[serde(default)]
    pub proven: bool,
}

/// A certificate that was issued; the facts are read from the certificate itself.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Issued {
    /// The chain, PEM, leaf first.
    pub chain: String,
    /// Start of validity.
    pub valid_from: Timestamp,
    /// End of validity.
    pub valid_to: Timestamp,
    /// Serial number, hex.
    pub serial: String,
    /// SHA-256 of the leaf, hex.
    pub fingerprint: String,
    /// The issuer's name as the leaf gives it.
    pub issuer_name: String,
}

/// A certificate.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Certificate {
    /// Its id.
    pub id: CertificateId,
    /// Whose it is.
    pub owner: UserId,
    /// Its first name.
    pub domain: DomainName,
    /// Its other names.
    pub alt_domains: Vec<DomainName>,
    /// The name of the provider that issues it.
    pub issuer: String,
    /// The account it is ordered with.
    pub account: AccountId,
    /// The kind of its key.
    pub key_type: KeyType,
    /// How its names are proven.
    #[serde(default)]
    pub method: Method,
    /// The CA's profile to order.
    #[serde(default)]
    pub profile: Option<String>,
    /// Whether a renewal keeps the key, instead of making a new one.
    #[serde(default)]
    pub reuse_key: bool,
    /// Whether it is renewed by itself.
    #[serde(default = "yes")]
    pub auto_renew: bool,
    /// The owner's note.
    pub note: String,
    /// The order in flight, or the one it came from.
    pub order: Option<Order>,
    /// Where it is.
    #[serde(flatten)]
    pub state: State,
    /// How often it has been renewed.
    #[serde(default)]
    pub version: u32,
    /// When it is renewed, and how that goes; of what is issued.
    #[serde(default)]
    pub renewal: Option<Renewal>,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

fn yes() -> bool {
    true
}

impl Entity for Certificate {
    const TABLE: &'static Table = &CERTIFICATES;
    const NAME: &'static str = "certificate";

    fn key(&self) -> Key {
        Key::of(self.id.0)
    }

    fn index(&self, item: &mut Item) {
        let mut words: Vec<String> = self.names().map(ToString::to_string).collect();
        // Of a name with other letters people search for what they read.
        words.extend(self.names().map(|name| (name, name.unicode())).filter(|(n, u)| n.as_str() != u).map(|(_, u)| u));
        let names = words.join(" ");
        item.insert("search".into(), format!("{names}\n{}", self.note).trim_end().to_lowercase().into());
    }
}

impl Owned for Certificate {
    fn owner(&self) -> UserId {
        self.owner
    }
}

impl Certificate {
    /// All its names, the first one first.
    pub fn names(&self) -> impl Iterator<Item = &DomainName> {
        std::iter::once(&self.domain).chain(&self.alt_domains)
    }

    /// The name in the vault of the private key of a version.
    pub fn secret(id: CertificateId, version: u32) -> SecretName {
        match version {
            0 => SecretName(format!("certificates/{id}/key")),
            renewed => SecretName(format!("certificates/{id}/key/{renewed}")),
        }
    }

    /// The name in the vault of the private key of what was issued last.
    pub fn key_name(&self) -> SecretName {
        Self::secret(self.id, self.version)
    }

    /// The version that the order in flight will be.
    pub fn next_version(&self) -> u32 {
        if self.issued().is_some() { self.version + 1 } else { self.version }
    }

    /// The name in the vault of the private key of the order in flight.
    pub fn next_key_name(&self) -> SecretName {
        Self::secret(self.id, self.next_version())
    }

    /// The counter of its deployments.
    pub fn deployments(id: CertificateId) -> String {
        format!("certificate-deployments/{id}")
    }

    /// The counter of an owner's certificates.
    pub fn total(owner: UserId) -> String {
        format!("certificates/{owner}")
    }

    /// What was issued, even if it expired or was revoked.
    pub fn issued(&self) -> Option<&Issued> {
        match &self.state {
            State::Issued(issued) | State::Revoked { issued, .. } => Some(issued),
            State::Unissued | State::Verifying { .. } | State::Issuing { .. } | State::Failed { .. } => None,
        }
    }

    /// Whole days until it expires: 0 on the last day, negative afterwards.
    pub fn days_remaining(&self, now: Timestamp) -> Option<i64> {
        self.issued().map(|issued| issued.valid_to.duration_since(now).as_secs().div_euclid(86_400))
    }

    /// Replaces the note; at most [`NOTE_MAX`] characters.
    pub fn set_note(&mut self, note: String, now: Timestamp) -> Result<()> {
        self.note = checked_note(note)?;
        self.updated_at = now;
        Ok(())
    }
}

/// A page of an owner's certificates, newest first, whose names or note contain the search.
pub async fn list(store: &dyn Store, owner: UserId, request: &PageRequest) -> Result<Listing<Certificate>> {
    list::page(store, "by_owner", owner.0.into(), &Certificate::total(owner), request).await
}

/// Checks the length of a note.
pub(crate) fn checked_note(note: String) -> Result<String> {
    let length = note.chars().count();
    if length > NOTE_MAX {
        return Err(Error::invalid("note", format!("must be at most {NOTE_MAX} characters long; it has {length}")));
    }
    Ok(note)
}
