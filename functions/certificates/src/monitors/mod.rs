//! Monitors of TLS endpoints (000 §4.4).

pub mod check;
pub mod checks;
pub mod create;
pub mod delete;
pub mod get;
pub mod list;
pub mod update;

use std::net::IpAddr;

use domain::monitors::{CertLevel, FailureKind, Host, Look, Monitor, Seen};
use domain::ports::StartTls;
use jiff::Timestamp;
use serde::Serialize;
use steward_http::Time;
use steward_http::schema::Port;
use utoipa::ToSchema;

use crate::schema::{
    AddressKind, IntervalMinutes, LookFailure, MonitorStatus, Note, StartTlsProtocol, TlsGrade, TlsProtocol,
    ValidationLevel,
};

/// A monitor in a list (000 §4.4.1).
#[derive(Serialize, ToSchema)]
pub struct MonitorSummary {
    id: i64,
    domain: String,
    /// `DV`, `OV` or `EV`.
    #[schema(value_type = Option<ValidationLevel>)]
    cert_level: Option<&'static str>,
    /// `ECC`, `ECC-384`, `RSA`, `RSA-4096` …
    encryption_type: Option<String>,
    #[schema(value_type = Port)]
    port: u16,
    /// `auto`, `ipv4`, `ipv6`, `both` or `pinned`.
    #[schema(value_type = AddressKind)]
    ip_type: &'static str,
    /// The addresses it is bound to, else those last looked at, separated by commas.
    ip_address: String,
    /// `unknown`, `normal`, `expiring`, `mismatch`, `untrusted`, `expired` or `unreachable`; the worst of its addresses.
    #[schema(value_type = MonitorStatus)]
    status: &'static str,
    /// Whole days until the first certificate there expires; negative once it has.
    days_remaining: Option<i64>,
    is_active: bool,
    #[schema(value_type = Note)]
    note: String,
    last_check: Option<Time>,
    /// `A`, `A-`, `B` … `F` after the SSL Labs rating guide; `T` where it is not trusted, `M` where it is for other names.
    #[schema(value_type = Option<TlsGrade>)]
    grade: Option<&'static str>,
    /// Your certificate for this name.
    certificate_id: Option<i64>,
    /// Whether that is what is served there.
    served: Option<bool>,
    /// `smtp` or `imap` where TLS begins with STARTTLS.
    #[schema(value_type = Option<StartTlsProtocol>)]
    starttls: Option<&'static str>,
    #[schema(value_type = IntervalMinutes)]
    interval_minutes: u32,
}

impl MonitorSummary {
    fn new(monitor: &Monitor, now: Timestamp) -> Self {
        let seen = monitor.headline(now);
        Self {
            id: monitor.id.0,
            domain: monitor.domain.to_string(),
            cert_level: seen.map(|seen| seen.level).map(CertLevel::as_str),
            encryption_type: seen.map(Seen::encryption_type),
            port: monitor.port,
            ip_type: monitor.target.ip_type.as_str(),
            ip_address: addresses(monitor),
            status: monitor.status(now).as_str(),
            days_remaining: monitor.days_remaining(now),
            is_active: monitor.is_active,
            note: monitor.note.clone(),
            last_check: monitor.last_check.map(Into::into),
            grade: monitor.grade(now).map(domain::monitors::Grade::as_str),
            certificate_id: monitor.link.as_ref().map(|link| link.certificate.0),
            served: monitor.link.as_ref().map(|link| link.served),
            starttls: starttls(monitor.starttls),
            interval_minutes: monitor.interval_minutes,
        }
    }
}

/// What one address showed. A server that has an RSA and an ECDSA certificate for the name is in the list twice.
#[derive(Serialize, ToSchema)]
pub struct EndpointSeen {
    /// The address; null where the name has none.
    #[schema(value_type = Option<String>)]
    address: Option<IpAddr>,
    /// As the monitor's.
    #[schema(value_type = MonitorStatus)]
    status: &'static str,
    /// Why there was no handshake: `refused`, `unresolved`, `unreachable` or `tls`.
    #[schema(value_type = Option<LookFailure>)]
    failure: Option<&'static str>,
    /// The same in a sentence.
    error: Option<String>,
    /// What is wrong, in sentences.
    problems: Vec<String>,
    #[schema(value_type = Option<TlsGrade>)]
    grade: Option<&'static str>,
    days_remaining: Option<i64>,
    /// What it showed.
    certificate: Option<CertificateSeen>,
}

/// A certificate that a server showed, and how.
#[derive(Serialize, ToSchema)]
pub struct CertificateSeen {
    subject: String,
    issuer: String,
    /// The names and addresses it is for, the first fifty.
    names: Vec<String>,
    /// How many more it is for.
    more_names: u32,
    /// Hex.
    serial: String,
    /// SHA-256, hex.
    fingerprint: String,
    valid_from: Time,
    valid_to: Time,
    /// When the chain above it ends, where that is before `valid_to`: visitors see a warning from then on.
    chain_valid_to: Option<Time>,
    #[schema(value_type = ValidationLevel)]
    cert_level: &'static str,
    encryption_type: String,
    key_bits: u32,
    /// How it is signed, e.g. `ecdsa-with-SHA384`.
    signature: String,
    /// How many certificates the server sent.
    chain_length: u32,
    /// Whether the chain leads to a root that is trusted.
    trusted: bool,
    /// Whether the server proved that it has the key; if not, `problems` says why that was not checked.
    key_proven: bool,
    /// `TLSv1.3`, `TLSv1.2`; `TLSv1.1` or `TLSv1.0` where the server has no better.
    #[schema(value_type = TlsProtocol)]
    protocol: &'static str,
    /// The cipher suite, by its IANA name.
    cipher: String,
}

impl EndpointSeen {
    fn new(look: &Look, domain: &Host, now: Timestamp) -> Self {
        let (seen, failure) = (look.seen(), look.failure());
        Self {
            address: look.address,
            status: look.status(now).as_str(),
            failure: failure.map(|failure| match failure.kind {
                FailureKind::Refused => "refused",
                FailureKind::Unresolved => "unresolved",
                FailureKind::Unreachable => "unreachable",
                FailureKind::Tls => "tls",
            }),
            error: failure.map(|failure| failure.reason.clone()),
            problems: seen.map(|seen| seen.problems(domain, now)).unwrap_or_default(),
            grade: seen.map(|seen| seen.grade(now).as_str()),
            days_remaining: seen.map(|seen| seen.days_remaining(now)),
            certificate: seen.map(CertificateSeen::new),
        }
    }
}

impl CertificateSeen {
    fn new(seen: &Seen) -> Self {
        Self {
            subject: seen.subject.clone(),
            issuer: seen.issuer.clone(),
            names: seen.names.clone(),
            more_names: seen.more_names,
            serial: seen.serial.clone(),
            fingerprint: seen.fingerprint.clone(),
            valid_from: seen.valid_from.into(),
            valid_to: seen.valid_to.into(),
            chain_valid_to: seen.chain_ends.as_ref().map(|end| end.valid_to.into()),
            cert_level: seen.level.as_str(),
            encryption_type: seen.encryption_type(),
            key_bits: seen.key_bits,
            signature: seen.signature.clone(),
            chain_length: seen.chain_length,
            trusted: seen.untrusted.is_none(),
            key_proven: seen.unproven.is_none(),
            protocol: seen.protocol.as_str(),
            cipher: seen.cipher.clone(),
        }
    }
}

fn addresses(monitor: &Monitor) -> String {
    let addresses: Vec<String> = monitor.addresses().iter().map(ToString::to_string).collect();
    addresses.join(",")
}

fn starttls(protocol: Option<StartTls>) -> Option<&'static str> {
    protocol.map(|protocol| match protocol {
        StartTls::Smtp => "smtp",
        StartTls::Imap => "imap",
    })
}
