use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Grade, Host, Status, matches};
use crate::ports::{CertificateFacts, ChainEnd, Handshake, KeyKind, ProbeError, TlsVersion, Trusted};
use crate::text::cut;

/// How many names of a certificate are kept, and how many bytes of them: a row has 400 KB, and thirty-two of these.
const NAMES_KEPT: usize = 50;
const NAMES_BYTES: usize = 4096;

/// How many bytes of a sentence are kept.
const SENTENCE_MAX: usize = 1024;

/// A certificate expires soon when it has this long to go, or a third of its life.
const SOON_DAYS: i64 = 30;

const DAY: i64 = 86_400;

/// How much the CA checked of whom a certificate is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum CertLevel {
    /// That they have the name.
    #[serde(rename = "DV")]
    Domain,
    /// That the organization, or the person, exists.
    #[serde(rename = "OV")]
    Organization,
    /// That it does, by the rules for extended validation.
    #[serde(rename = "EV")]
    Extended,
}

impl CertLevel {
    /// Every level.
    pub const ALL: [Self; 3] = [Self::Domain, Self::Organization, Self::Extended];

    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Domain => "DV",
            Self::Organization => "OV",
            Self::Extended => "EV",
        }
    }

    /// By the policies of the CA/Browser Forum (Baseline Requirements §7.1.6.1, EV Guidelines §9.3); without one of
    /// them, an organization in the subject tells.
    fn of(facts: &CertificateFacts) -> Self {
        let claims = |oid: &str| facts.policies.iter().any(|policy| policy == oid);
        if claims("2.23.140.1.1") {
            Self::Extended
        } else if claims("2.23.140.1.2.2") || claims("2.23.140.1.2.3") {
            Self::Organization
        } else if claims("2.23.140.1.2.1") || facts.organization.is_none() {
            Self::Domain
        } else {
            Self::Organization
        }
    }
}

/// What a server showed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    /// Whose the certificate is.
    pub subject: String,
    /// Who signed it.
    pub issuer: String,
    /// The DNS names and addresses it is for, the first fifty.
    pub names: Vec<String>,
    /// How many more there are.
    #[serde(default)]
    pub more_names: u32,
    /// Serial number, hex.
    pub serial: String,
    /// SHA-256, hex.
    pub fingerprint: String,
    /// Start of validity.
    pub valid_from: Timestamp,
    /// End of validity.
    pub valid_to: Timestamp,
    /// The kind of its key.
    pub key_kind: KeyKind,
    /// The length of its key, bits.
    pub key_bits: u32,
    /// How it is signed.
    pub signature: String,
    /// How much the CA checked.
    pub level: CertLevel,
    /// How many certificates the server sent.
    pub chain_length: u32,
    /// Why it is not trusted.
    pub untrusted: Option<String>,
    /// What the chain needs and ends before the certificate does: from then on it is not trusted.
    #[serde(default)]
    pub chain_ends: Option<ChainEnd>,
    /// Why it was not checked whether the server has the key.
    #[serde(default)]
    pub unproven: Option<String>,
    /// Whether it is for the name.
    pub for_name: bool,
    /// The version agreed on.
    pub protocol: TlsVersion,
    /// The cipher suite agreed on.
    pub cipher: String,
}

impl Seen {
    /// What a handshake showed for this name, with what was found out of its trust.
    pub(super) fn new(handshake: &Handshake, trust: Result<Trusted, String>, host: &Host) -> Self {
        let leaf = &handshake.leaf;
        let (names, more_names) = kept(leaf);
        let (untrusted, chain_ends) = match trust {
            Ok(trusted) => (None, trusted.ends),
            Err(why) => (Some(cut(&why, SENTENCE_MAX)), None),
        };
        Self {
            subject: leaf.subject.clone(),
            issuer: leaf.issuer.clone(),
            names,
            more_names,
            serial: leaf.serial.clone(),
            fingerprint: leaf.fingerprint.clone(),
            valid_from: leaf.valid_from,
            valid_to: leaf.valid_to,
            key_kind: leaf.key_kind,
            key_bits: leaf.key_bits,
            signature: leaf.signature.clone(),
            level: CertLevel::of(leaf),
            chain_length: u32::try_from(handshake.chain.len()).unwrap_or(u32::MAX),
            untrusted,
            chain_ends,
            unproven: handshake.proof.as_ref().err().map(|why| cut(why, SENTENCE_MAX)),
            for_name: leaf.names.iter().any(|name| matches(name, host))
                || host.address().is_some_and(|address| leaf.addresses.contains(&address)),
            protocol: handshake.version,
            cipher: handshake.cipher.clone(),
        }
    }

    /// The kind of key in the words that certificates have for it: `ECC`, `ECC-384`, `RSA`, `RSA-4096` …
    pub fn encryption_type(&self) -> String {
        match (self.key_kind, self.key_bits) {
            (KeyKind::Ecc, 256) => "ECC".to_owned(),
            (KeyKind::Rsa, 2048) => "RSA".to_owned(),
            (KeyKind::Ecc, bits) => format!("ECC-{bits}"),
            (KeyKind::Rsa, bits) => format!("RSA-{bits}"),
            (KeyKind::Other, _) => "other".to_owned(),
        }
    }

    /// When visitors will see a warning: when the certificate ends, or earlier something that its chain needs.
    pub fn ends(&self) -> Timestamp {
        self.chain_ends.as_ref().map_or(self.valid_to, |end| end.valid_to.min(self.valid_to))
    }

    /// Whole days until that: 0 on the last day, negative afterwards.
    pub fn days_remaining(&self, now: Timestamp) -> i64 {
        self.ends().duration_since(now).as_secs().div_euclid(DAY)
    }

    /// How long it is valid in all, in days.
    pub fn lifetime_days(&self) -> i64 {
        self.valid_to.duration_since(self.valid_from).as_secs().div_euclid(DAY)
    }

    /// What it comes to at a time.
    pub fn status(&self, now: Timestamp) -> Status {
        let left = self.ends().duration_since(now).as_secs();
        let soon = (SOON_DAYS * DAY).min(self.valid_to.duration_since(self.valid_from).as_secs() / 3);
        match () {
            () if self.valid_to <= now => Status::Expired,
            () if self.untrusted.is_some() || now < self.valid_from || left <= 0 => Status::Untrusted,
            () if !self.for_name => Status::Mismatch,
            () if left < soon => Status::Expiring,
            () => Status::Normal,
        }
    }

    /// The grade at a time.
    pub fn grade(&self, now: Timestamp) -> Grade {
        match self.status(now) {
            Status::Expired | Status::Untrusted => Grade::T,
            _ if self.is_signed_weakly() => Grade::T,
            Status::Mismatch => Grade::M,
            _ => Grade::of_handshake(self),
        }
    }

    /// Whether a key that is lost later does not betray what was said.
    pub(super) fn is_forward_secret(&self) -> bool {
        self.protocol >= TlsVersion::Tls13 || self.cipher.contains("DHE_")
    }

    /// Whether the cipher authenticates what it encrypts (AEAD).
    pub(super) fn is_authenticated(&self) -> bool {
        ["GCM", "CHACHA20", "CCM"].iter().any(|mode| self.cipher.contains(mode))
    }

    fn ends_soon(&self, end: &ChainEnd, now: Timestamp) -> bool {
        end.valid_to.duration_since(now).as_secs() < SOON_DAYS * DAY
    }

    fn is_signed_weakly(&self) -> bool {
        let signature = self.signature.to_ascii_lowercase();
        signature.contains("sha1") || signature.contains("md5")
    }

    /// What is wrong, in sentences.
    pub fn problems(&self, host: &Host, now: Timestamp) -> Vec<String> {
        let mut problems = Vec::new();
        if self.valid_to <= now {
            problems.push(format!("the certificate expired at {}", self.valid_to));
        }
        if now < self.valid_from {
            problems.push(format!("the certificate is not valid before {}", self.valid_from));
        }
        problems.extend(self.untrusted.clone());
        if let Some(end) = self.chain_ends.as_ref().filter(|end| self.ends_soon(end, now)) {
            let (verb, subject) = (if end.valid_to <= now { "ended" } else { "ends" }, &end.subject);
            let what = "the certificate above the server's own";
            problems.push(format!(
                "{what} ({subject}) {verb} at {}; get the CA's current chain and let the server send it",
                end.valid_to
            ));
        }
        problems.extend(self.unproven.clone());
        if !self.for_name {
            let shown: Vec<&str> = self.names.iter().take(5).map(String::as_str).collect();
            let names = if shown.is_empty() { "no name".to_owned() } else { shown.join(", ") };
            problems.push(format!("the certificate is not for {host}; it is for {names}"));
        }
        if self.is_signed_weakly() {
            problems.push(format!("the certificate is signed in a way that is broken ({})", self.signature));
        }
        if self.protocol < TlsVersion::Tls12 || !self.is_forward_secret() || !self.is_authenticated() {
            let (version, cipher) = (self.protocol.as_str(), &self.cipher);
            problems.push(format!("the server offers nothing better than {version} with {cipher}; many refuse that"));
        }
        if self.key_kind == KeyKind::Rsa && self.key_bits < 2048 {
            problems.push(format!("the RSA key of {} bits is too short; make one of 2048 or more", self.key_bits));
        }
        problems
    }
}

/// The names and addresses that are kept, and how many more there are.
fn kept(leaf: &CertificateFacts) -> (Vec<String>, u32) {
    let all = leaf.names.len() + leaf.addresses.len();
    let names = leaf.names.iter().cloned().chain(leaf.addresses.iter().map(ToString::to_string));
    let mut bytes = 0;
    let kept: Vec<String> = names
        .take(NAMES_KEPT)
        .take_while(|name| {
            bytes += name.len();
            bytes <= NAMES_BYTES
        })
        .collect();
    let more = u32::try_from(all - kept.len()).unwrap_or(u32::MAX);
    (kept, more)
}

/// Why nothing was seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FailureKind {
    /// The operator does not let Steward connect there.
    Refused,
    /// The name has no address of the kind.
    Unresolved,
    /// Nobody answers.
    Unreachable,
    /// Somebody answers, and TLS could not be agreed on.
    Tls,
}

/// A look that saw nothing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Why, in a word.
    pub kind: FailureKind,
    /// Why, in a sentence.
    pub reason: String,
}

impl From<ProbeError> for Failure {
    fn from(error: ProbeError) -> Self {
        let kind = match error {
            ProbeError::Refused(_) => FailureKind::Refused,
            ProbeError::Unresolved(_) => FailureKind::Unresolved,
            ProbeError::Unreachable(_) => FailureKind::Unreachable,
            ProbeError::NotTls(_) | ProbeError::WrongKey(_) | ProbeError::Tls(_) => FailureKind::Tls,
        };
        Self { kind, reason: cut(&error.to_string(), SENTENCE_MAX) }
    }
}

/// What came of a look at one address.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// A handshake.
    Answered(Box<Seen>),
    /// None.
    Failed(Failure),
}

/// A look at one address; at none, where the name has none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Look {
    /// The address.
    pub address: Option<IpAddr>,
    /// The outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
}

impl Look {
    /// What was seen, if anything.
    pub fn seen(&self) -> Option<&Seen> {
        match &self.outcome {
            Outcome::Answered(seen) => Some(seen),
            Outcome::Failed(_) => None,
        }
    }

    /// Why nothing was seen.
    pub fn failure(&self) -> Option<&Failure> {
        match &self.outcome {
            Outcome::Answered(_) => None,
            Outcome::Failed(failure) => Some(failure),
        }
    }

    /// What it comes to at a time.
    pub fn status(&self, now: Timestamp) -> Status {
        self.seen().map_or(Status::Unreachable, |seen| seen.status(now))
    }
}
