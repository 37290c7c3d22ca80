use std::net::IpAddr;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::entity::Entity;
use crate::ids::{CertificateId, DeploymentId, DeploymentRunId, OperationId, ServerId, UserId};
use crate::operations::Step;
use crate::ports::{Attribute, Key, Table};

/// Runs, each under its deployment.
pub static RUNS: Table = Table {
    name: "deployment_runs",
    partition: Attribute::number("deployment"),
    sort: Some(Attribute::number("id")),
    indexes: &[],
    ttl: None,
};

/// What a run came to be for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "cause", rename_all = "snake_case")]
pub enum Cause {
    /// Somebody asked for it.
    Asked,
    /// The certificate was renewed.
    Renewed {
        /// The rollout.
        rollout: OperationId,
    },
    /// An earlier run failed.
    Retry {
        /// That run.
        of: DeploymentRunId,
    },
}

impl Cause {
    /// The API's word for each.
    pub const WORDS: [&'static str; 3] = ["asked", "renewed", "retry"];

    /// The word the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Renewed { .. } => "renewed",
            Self::Retry { .. } => "retry",
        }
    }
}

/// What a site served at one address, under one name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Served {
    /// The name asked for.
    pub name: String,
    /// Where.
    pub address: IpAddr,
    /// The port.
    pub port: u16,
    /// SHA-256 of the certificate, hex; nothing where there was no handshake.
    pub fingerprint: Option<String>,
}

/// What was there before a run changed anything.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Before {
    /// The version of the files that was current, as its directory is called; nothing where there were no files.
    pub version: Option<String>,
    /// SHA-256 of the certificate in it, hex.
    pub fingerprint: Option<String>,
    /// What the site served.
    pub served: Vec<Served>,
}

/// Why a run is being taken back, and since when.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rollback {
    /// Why.
    pub reason: String,
    /// Since when.
    pub since: Timestamp,
    /// How often everything was put back.
    #[serde(default)]
    pub tries: u32,
    /// When that was done last, and the server told.
    #[serde(default)]
    pub put_back_at: Option<Timestamp>,
}

/// What became of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "outcome", rename_all = "snake_case")]
pub enum Outcome {
    /// It waits for its time, after an earlier run failed.
    Waiting,
    /// It is at work.
    Running,
    /// The certificate is served.
    Deployed,
    /// A dry run found nothing in the way.
    Checked,
    /// It came to nothing; the server was not changed.
    Failed {
        /// Why.
        error: String,
    },
    /// It came to nothing; what was there before is served again.
    RolledBack {
        /// Why.
        error: String,
    },
    /// It came to nothing, and so did putting things back.
    RollbackFailed {
        /// Why, and what stands where.
        error: String,
    },
    /// Another run came before it.
    Superseded,
}

impl Outcome {
    /// The API's word for each.
    pub const WORDS: [&'static str; 8] =
        ["waiting", "running", "deployed", "checked", "failed", "rolled_back", "rollback_failed", "superseded"];

    /// The word the API uses.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Running => "running",
            Self::Deployed => "deployed",
            Self::Checked => "checked",
            Self::Failed { .. } => "failed",
            Self::RolledBack { .. } => "rolled_back",
            Self::RollbackFailed { .. } => "rollback_failed",
            Self::Superseded => "superseded",
        }
    }

    /// Why it came to nothing.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Waiting | Self::Running | Self::Deployed | Self::Checked | Self::Superseded => None,
            Self::Failed { error } | Self::RolledBack { error } | Self::RollbackFailed { error } => Some(error),
        }
    }
}

/// One attempt to deploy.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Run {
    /// Its id.
    pub id: DeploymentRunId,
    /// The deployment.
    pub deployment: DeploymentId,
    /// Whose it is.
    pub owner: UserId,
    /// The certificate.
    pub certificate: CertificateId,
    /// The server.
    pub server: ServerId,
    /// The operation that drives it.
    pub operation: OperationId,
    /// Why it came to be.
    #[serde(flatten)]
    pub cause: Cause,
    /// The attempt number, among the automatic retries of one run; from 1.
    pub attempt: u32,
    /// Whether it only looks.
    pub dry_run: bool,
    /// The outcome.
    #[serde(flatten)]
    pub outcome: Outcome,
    /// SHA-256 of the certificate it deploys, hex, once that is checked.
    pub fingerprint: Option<String>,
    /// What was there before it changed anything; recorded before it does.
    pub before: Option<Before>,
    /// Why it is being taken back.
    pub rollback: Option<Rollback>,
    /// Since when the server has not been reached.
    #[serde(default)]
    pub lost_since: Option<Timestamp>,
    /// How often the site was looked at after the reload.
    #[serde(default)]
    pub looks: u32,
    /// Its steps, as its operation has them.
    pub steps: Vec<Step>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When work on it began.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

impl Entity for Run {
    const TABLE: &'static Table = &RUNS;
    const NAME: &'static str = "deployment run";

    fn key(&self) -> Key {
        Key::pair(self.deployment.0, self.id.0)
    }
}

impl Run {
    /// The directory of the files it puts on the server, below `versions`: new for each run, so that nothing that is
    /// live is ever written to.
    pub fn version(&self) -> Option<String> {
        let fingerprint = self.fingerprint.as_ref()?;
        Some(format!("{}-{}", self.id, fingerprint.get(..12).unwrap_or(fingerprint)))
    }
}
