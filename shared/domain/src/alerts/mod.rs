//! Alerts: what is wrong with certificates, monitors, deployments and servers, and who gets the news.
//!
//! A thing's state of one kind is *standing*: nothing, or a finding with a level. [`observe`] compares what is seen with
//! what stands; only a crossing is written down, and told to the owner's channels by an operation that is committed with
//! it. The same state seen again costs one read, and says nothing.

mod alert;
mod allowance;
mod announce;
pub mod channels;
mod deliver;
mod expiry;
mod forget;
mod mailbox;
mod message;
mod notice;
mod notify;
mod observe;
mod standing;
mod thresholds;

pub use alert::{ALERTS, Alert, AlertState, list};
pub use allowance::MAIL_ALLOWANCES;
pub use announce::announce;
pub use channels::CHANNELS;
pub use deliver::{deliver, resume};
pub use expiry::{Expiring, observe_expiry};
pub use forget::forget;
pub use mailbox::MESSAGES;
pub use notice::{Event, Notice};
pub use notify::notify;
pub use observe::{Observation, observe};
pub use standing::STANDINGS;
pub use thresholds::{ALERT_SETTINGS, DAYS_MAX, Thresholds, expiry_level, set_thresholds, thresholds};

use serde::{Deserialize, Serialize};

use crate::Error;
use crate::ids::{CertificateId, DeploymentId, MonitorId, ServerId};

/// What an alert is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", content = "id", rename_all = "snake_case")]
pub enum Subject {
    /// A certificate.
    Certificate(CertificateId),
    /// A monitor.
    Monitor(MonitorId),
    /// A deployment.
    Deployment(DeploymentId),
    /// A server.
    Server(ServerId),
}

impl Subject {
    /// The word for each.
    pub const WORDS: [&'static str; 4] = ["certificate", "monitor", "deployment", "server"];

    /// The word for what it is.
    pub fn word(self) -> &'static str {
        match self {
            Self::Certificate(_) => "certificate",
            Self::Monitor(_) => "monitor",
            Self::Deployment(_) => "deployment",
            Self::Server(_) => "server",
        }
    }

    /// Its id among those of its word.
    pub fn id(self) -> i64 {
        match self {
            Self::Certificate(id) => id.0,
            Self::Monitor(id) => id.0,
            Self::Deployment(id) => id.0,
            Self::Server(id) => id.0,
        }
    }

    /// Where the API shows it.
    pub fn path(self) -> String {
        format!("/api/{}s/{}", self.word(), self.id())
    }
}

/// What kind of thing is wrong, or happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A certificate is about to expire.
    Expiry,
    /// A TLS endpoint does not answer.
    Unreachable,
    /// A TLS endpoint shows a certificate that is not to be trusted.
    Untrusted,
    /// A TLS endpoint shows another certificate.
    Changed,
    /// A certificate could not be put on a server; the old one is served.
    DeployFailed,
    /// A certificate could not be put on a server, nor the old one put back.
    RollbackFailed,
    /// A certificate could not be renewed.
    RenewalFailed,
    /// Somebody has to make a DNS record before a certificate can be renewed.
    RecordNeeded,
    /// A server shows another SSH host key than the one pinned.
    HostKeyChanged,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 9] = [
        Self::Expiry,
        Self::Unreachable,
        Self::Untrusted,
        Self::Changed,
        Self::DeployFailed,
        Self::RollbackFailed,
        Self::RenewalFailed,
        Self::RecordNeeded,
        Self::HostKeyChanged,
    ];

    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Expiry => "expiry",
            Self::Unreachable => "unreachable",
            Self::Untrusted => "untrusted",
            Self::Changed => "changed",
            Self::DeployFailed => "deploy_failed",
            Self::RollbackFailed => "rollback_failed",
            Self::RenewalFailed => "renewal_failed",
            Self::RecordNeeded => "record_needed",
            Self::HostKeyChanged => "host_key_changed",
        }
    }
}

/// How urgent it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Good to know.
    Info,
    /// To be looked at in working hours.
    Warning,
    /// To be looked at now.
    Critical,
}

impl Level {
    /// Every level.
    pub const ALL: [Self; 3] = [Self::Info, Self::Warning, Self::Critical];

    /// The API's word for it.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Info => "info",
            Self::Warning => "warning",
            Self::Critical => "critical",
        }
    }

    /// Reads the API's word.
    pub fn parse(field: &str, text: &str) -> crate::Result<Self> {
        Self::ALL
            .into_iter()
            .find(|level| level.as_str() == text)
            .ok_or_else(|| Error::invalid(field, "must be one of info, warning, critical"))
    }

    /// Where it stands among the crossings; between two levels there is room for finer ones.
    fn step(self) -> u8 {
        match self {
            Self::Info => 10,
            Self::Warning => 20,
            Self::Critical => 30,
        }
    }
}

/// What is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How urgent it is.
    pub level: Level,
    /// One plain sentence or two: what is wrong, and what to do.
    pub text: String,
}
