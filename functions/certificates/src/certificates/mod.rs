//! Certificates (000 §4.2).

pub mod cleanup;
pub mod create;
pub mod delete;
pub mod download;
pub mod get;
pub mod list;
pub mod preflight;
pub mod renew;
pub mod revoke;
pub mod update;
pub mod verify;

use domain::acme::display_name;
use domain::certificates::{Certificate, Proof, RecordToMake, Status};
use domain::names::DomainName;
use jiff::Timestamp;
use serde::Serialize;
use steward_http::Time;
use utoipa::ToSchema;

use crate::schema::{CertificateStatus, KeyKind, Note, RecordStatus, RecordTxt, VerificationStatus};

/// A certificate in a list (000 §4.2.1).
#[derive(Serialize, ToSchema)]
pub struct Summary {
    id: i64,
    domain: String,
    /// The other names, separated by commas.
    alt_domains: String,
    issuer: String,
    valid_from: Option<Time>,
    valid_to: Option<Time>,
    /// Whole days until it expires; negative once it has.
    days_remaining: Option<i64>,
    /// `ECC`, `ECC-384`, `RSA` or `RSA-4096`.
    #[schema(value_type = KeyKind)]
    encryption_type: &'static str,
    /// `unissued`, `verifying`, `issuing`, `issued`, `failed`, `expired` or `revoked`.
    #[schema(value_type = CertificateStatus)]
    status: &'static str,
    /// `pending`, `verifying`, `verified` or `failed`.
    #[schema(value_type = VerificationStatus)]
    verification_status: &'static str,
    #[schema(value_type = Note)]
    note: String,
}

impl Summary {
    fn new(certificate: &Certificate, now: Timestamp) -> Self {
        let issued = certificate.issued();
        let status = certificate.status(now);
        let alt_domains: Vec<&str> = certificate.alt_domains.iter().map(DomainName::as_str).collect();
        Self {
            id: certificate.id.0,
            domain: certificate.domain.to_string(),
            alt_domains: alt_domains.join(","),
            issuer: display_name(&certificate.issuer).to_owned(),
            valid_from: issued.map(|issued| issued.valid_from.into()),
            valid_to: issued.map(|issued| issued.valid_to.into()),
            days_remaining: certificate.days_remaining(now),
            encryption_type: certificate.key_type.as_str(),
            status: status.as_str(),
            verification_status: verification_status(status),
            note: certificate.note.clone(),
        }
    }
}

/// How far the proof of the names has come (000 §3.2).
fn verification_status(status: Status) -> &'static str {
    match status {
        Status::Unissued => "pending",
        Status::Verifying => "verifying",
        Status::Issuing | Status::Issued | Status::Expired | Status::Revoked => "verified",
        Status::Failed => "failed",
    }
}

/// A DNS record to make (000 §4.2.3).
#[derive(Clone, Serialize, ToSchema)]
pub struct VerificationRecord {
    /// The name it proves.
    domain: String,
    /// `pending`, `verifying`, `verified` or `failed`; `valid` when the CA holds an earlier proof, and needs no record.
    #[schema(value_type = RecordStatus)]
    status: &'static str,
    /// The CA that will look for it.
    provider: String,
    /// The record's full name.
    host: String,
    /// Always `TXT`.
    #[schema(value_type = RecordTxt)]
    r#type: &'static str,
    value: String,
}

impl VerificationRecord {
    fn new(record: RecordToMake, issuer: &str) -> Self {
        Self {
            domain: record.domain,
            status: match record.proof {
                Proof::Pending => "pending",
                Proof::Checking => "verifying",
                Proof::Proven => "verified",
                Proof::Held => "valid",
                Proof::Failed => "failed",
            },
            provider: display_name(issuer).to_owned(),
            host: record.host,
            r#type: "TXT",
            value: record.value,
        }
    }

    /// Every record of a certificate's order, those of its first name first.
    fn all(certificate: &Certificate) -> Vec<Self> {
        let records = domain::certificates::records(certificate).into_iter();
        records.map(|record| Self::new(record, &certificate.issuer)).collect()
    }
}
