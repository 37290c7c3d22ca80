//! Certificates: names, the order in flight, and what was issued (document 000 §3.2, §4.2).

mod challenge;
mod cleanup;
mod create;
mod delete;
mod key_type;
mod note;
mod revoke;
mod verify;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use challenge::{RecordToMake, records};
pub use cleanup::cleanup;
pub use create::{NewCertificate, create};
pub use delete::delete;
pub use key_type::KeyType;
pub use note::set_note;
pub use revoke::revoke;
pub use verify::{STEPS, Verified, verify};

use crate::entity::Entity;
use crate::ids::{AccountId, CertificateId, OperationId, UserId};
use crate::list::{self, Listing, PageRequest};
use crate::names::DomainName;
use crate::ports::{Attribute, DnsChallenge, Index, Item, Key, Projection, SecretName, Store, Table};
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
    pub challenges: Vec<DnsChallenge>,
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

/// Where a certificate is on its way. Changes only through the methods of [`Certificate`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Ordered; the records have to be made and verified.
    Unissued,
    /// The CA is checking the records.
    Verifying {
        /// The operation that drives it.
        operation: OperationId,
    },
    /// The CA has accepted the records and is signing.
    Issuing {
        /// The operation that drives it.
        operation: OperationId,
    },
    /// Issued.
    Issued(Issued),
    /// The order came to nothing; verifying again makes a new one.
    Failed {
        /// Why.
        reason: String,
    },
    /// Issued once, and revoked.
    Revoked {
        /// What was issued.
        issued: Issued,
        /// When it was revoked.
        at: Timestamp,
    },
}

/// A certificate's status as the API shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Waits for its records.
    Unissued,
    /// The CA is checking.
    Verifying,
    /// The CA is signing.
    Issuing,
    /// Valid.
    Issued,
    /// Came to nothing.
    Failed,
    /// Was valid.
    Expired,
    /// Was revoked.
    Revoked,
}

impl Status {
    /// The word the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unissued => "unissued",
            Self::Verifying => "verifying",
            Self::Issuing => "issuing",
            Self::Issued => "issued",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
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
    /// The owner's note.
    pub note: String,
    /// The order in flight, or the one it came from.
    pub order: Option<Order>,
    /// Where it is.
    #[serde(flatten)]
    pub state: State,
    /// When it was ordered.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
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

    /// The name of its private key in the vault.
    pub fn secret(id: CertificateId) -> SecretName {
        SecretName(format!("certificates/{id}/key"))
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

    /// The operation that works on it now.
    pub fn operation(&self) -> Option<OperationId> {
        match self.state {
            State::Verifying { operation } | State::Issuing { operation } => Some(operation),
            State::Unissued | State::Issued(_) | State::Failed { .. } | State::Revoked { .. } => None,
        }
    }

    /// Its status at a time.
    pub fn status(&self, now: Timestamp) -> Status {
        match &self.state {
            State::Unissued => Status::Unissued,
            State::Verifying { .. } => Status::Verifying,
            State::Issuing { .. } => Status::Issuing,
            State::Issued(issued) if issued.valid_to <= now => Status::Expired,
            State::Issued(_) => Status::Issued,
            State::Failed { .. } => Status::Failed,
            State::Revoked { .. } => Status::Revoked,
        }
    }

    /// Whole days until it expires: 0 on the last day, negative afterwards.
    pub fn days_remaining(&self, now: Timestamp) -> Option<i64> {
        self.issued().map(|issued| issued.valid_to.duration_since(now).as_secs().div_euclid(86_400))
    }

    /// `unissued → verifying`.
    pub fn start_verifying(&mut self, operation: OperationId, now: Timestamp) -> Result<()> {
        match self.state {
            State::Unissued => self.become_(State::Verifying { operation }, now),
            _ => self.refuse("verify"),
        }
    }

    /// `verifying → issuing`, by the operation that verifies.
    pub fn start_issuing(&mut self, operation: OperationId, now: Timestamp) -> Result<()> {
        match self.state {
            State::Verifying { operation: current } | State::Issuing { operation: current } if current == operation => {
                self.become_(State::Issuing { operation }, now)
            }
            _ => self.refuse("issue"),
        }
    }

    /// `issuing → issued`, by the operation that issues.
    pub fn finish(&mut self, operation: OperationId, issued: Issued, now: Timestamp) -> Result<()> {
        match self.state {
            State::Issuing { operation: current } if current == operation => self.become_(State::Issued(issued), now),
            _ => self.refuse("finish"),
        }
    }

    /// `verifying | issuing → failed`, by the operation at work.
    pub fn fail(&mut self, operation: OperationId, reason: &str, now: Timestamp) -> Result<()> {
        match self.operation() {
            Some(current) if current == operation => self.become_(State::Failed { reason: reason.to_owned() }, now),
            _ => self.refuse("fail"),
        }
    }

    /// `unissued | failed → unissued`, with a new order.
    pub fn order_again(&mut self, order: Order, now: Timestamp) -> Result<()> {
        match self.state {
            State::Unissued | State::Failed { .. } => {
                self.order = Some(order);
                self.become_(State::Unissued, now)
            }
            _ => self.refuse("order again"),
        }
    }

    /// `issued → revoked`.
    pub fn mark_revoked(&mut self, now: Timestamp) -> Result<()> {
        match &self.state {
            State::Issued(issued) => self.become_(State::Revoked { issued: issued.clone(), at: now }, now),
            _ => self.refuse("revoke"),
        }
    }

    /// Replaces the note; at most [`NOTE_MAX`] characters.
    pub fn set_note(&mut self, note: String, now: Timestamp) -> Result<()> {
        self.note = checked_note(note)?;
        self.updated_at = now;
        Ok(())
    }

    fn become_(&mut self, state: State, now: Timestamp) -> Result<()> {
        (self.state, self.updated_at) = (state, now);
        Ok(())
    }

    fn refuse(&self, verb: &str) -> Result<()> {
        let status = match self.state {
            State::Unissued => "unissued",
            State::Verifying { .. } => "being verified",
            State::Issuing { .. } => "being issued",
            State::Issued(_) => "issued already",
            State::Failed { .. } => "failed",
            State::Revoked { .. } => "revoked",
        };
        Err(Error::Conflict(format!("cannot {verb} certificate {}: it is {status}", self.id)))
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
