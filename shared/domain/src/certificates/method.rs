use serde::{Deserialize, Serialize};

use crate::ids::DnsCredentialId;
use crate::ports::ChallengeType;
use crate::{Error, Result};

/// How the names of a certificate are proven.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "challenge", rename_all = "lowercase")]
pub enum Method {
    /// Its owner makes the TXT records and asks to verify, as document 000 has it.
    #[default]
    Manual,
    /// Steward makes the TXT records, with a stored credential.
    Dns {
        /// The credential.
        dns_credential: DnsCredentialId,
    },
    /// Steward makes the TXT records in the operator's own zone, where CNAMEs lead to it.
    Delegated,
    /// Steward answers over HTTP what the site redirects to it.
    Http,
}

impl Method {
    /// The API's word for each.
    pub const WORDS: [&'static str; 4] = ["manual", "dns", "delegated", "http"];

    /// Reads the API's word, `manual` where there is none, and the credential that goes with `dns`.
    pub fn parse(challenge: Option<&str>, credential: Option<DnsCredentialId>) -> Result<Self> {
        let word = challenge.map(str::trim).filter(|word| !word.is_empty());
        let method = match (word.map(str::to_ascii_lowercase).as_deref(), credential) {
            (None | Some("dns"), Some(dns_credential)) => return Ok(Self::Dns { dns_credential }),
            (Some("dns"), None) => {
                let reason = "must name the credential to make records with; GET /api/dns-credentials lists yours";
                return Err(Error::invalid("dns_credential_id", reason));
            }
            (None | Some("manual"), _) => Self::Manual,
            (Some("delegated"), _) => Self::Delegated,
            (Some("http"), _) => Self::Http,
            (Some(_), _) => return Err(Error::invalid("challenge", "must be one of manual, dns, delegated, http")),
        };
        match credential {
            None => Ok(method),
            Some(_) => Err(Error::invalid("dns_credential_id", "goes with the challenge dns only")),
        }
    }

    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Manual => "manual",
            Self::Dns { .. } => "dns",
            Self::Delegated => "delegated",
            Self::Http => "http",
        }
    }

    /// The credential it needs of its owner's.
    pub fn credential(self) -> Option<DnsCredentialId> {
        match self {
            Self::Dns { dns_credential } => Some(dns_credential),
            Self::Manual | Self::Delegated | Self::Http => None,
        }
    }

    /// The challenge it answers.
    pub fn challenge_type(self) -> ChallengeType {
        match self {
            Self::Manual | Self::Dns { .. } | Self::Delegated => ChallengeType::Dns01,
            Self::Http => ChallengeType::Http01,
        }
    }

    /// Whether nobody has to do anything for it.
    pub fn is_automatic(self) -> bool {
        match self {
            Self::Manual => false,
            Self::Dns { .. } | Self::Delegated | Self::Http => true,
        }
    }
}
