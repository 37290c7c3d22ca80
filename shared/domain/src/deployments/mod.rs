//! Deployments of certificates to servers (document 000 §3.4, §5.2), and the runs that bring them about.

mod alert;
mod config;
mod create;
mod delete;
mod end;
mod list;
mod lock;
mod paths;
mod rollout;
mod run;
mod start;
mod stopped;
mod update;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub use config::{Config, Kind, LOOKED_AT_MAX, Rights, Site, TEXT_MAX, Verify};
pub use create::{NewDeployment, create};
pub use delete::delete;
pub use end::{Ending, end};
pub use list::{Filter, list, of_certificate, runs};
pub use lock::{LOCKS, release, take_turn};
pub use paths::PATHS;
pub use rollout::{are_there, rollout, start_each};
pub use run::{Before, Cause, Outcome, RUNS, Rollback, Run, Served};
pub use start::{DRY_STEPS, STEPS, start, start_by};
pub use stopped::stopped;
pub use update::{Change, update};

use crate::entity::Entity;
use crate::ids::{CertificateId, DeploymentId, DeploymentRunId, OperationId, ServerId, UserId};
use crate::ports::{Attribute, Index, Key, Projection, Table};
use crate::users::Owned;

/// Deployments, by owner and by certificate.
pub static DEPLOYMENTS: Table = Table {
    name: "deployments",
    partition: Attribute::number("id"),
    sort: None,
    indexes: &[
        Index {
            name: "by_owner",
            partition: Attribute::number("owner"),
            sort: Attribute::number("id"),
            projection: Projection::All,
        },
        Index {
            name: "by_certificate",
            partition: Attribute::number("certificate"),
            sort: Attribute::number("id"),
            projection: Projection::All,
        },
    ],
    ttl: None,
};

/// How a deployment stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum Status {
    /// Nothing was deployed yet.
    Pending,
    /// A run is at work, or waits for its turn.
    Running,
    /// The certificate is served.
    Deployed,
    /// The last run came to nothing; the server was not changed.
    Failed {
        /// Why.
        error: String,
    },
    /// The last run came to nothing; what was there before is served again.
    RolledBack {
        /// Why.
        error: String,
    },
    /// The last run failed, and Steward could not verify that the site serves what was there before. Somebody has to look.
    RollbackFailed {
        /// Why, and what stands where.
        error: String,
    },
}

impl Status {
    /// The API's word for each.
    pub const WORDS: [&'static str; 6] = ["pending", "running", "deployed", "failed", "rolled_back", "rollback_failed"];

    /// The word the API uses.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Running => "running",
            Self::Deployed => "deployed",
            Self::Failed { .. } => "failed",
            Self::RolledBack { .. } => "rolled_back",
            Self::RollbackFailed { .. } => "rollback_failed",
        }
    }

    /// Why it is not deployed.
    pub fn error(&self) -> Option<&str> {
        match self {
            Self::Pending | Self::Running | Self::Deployed => None,
            Self::Failed { error } | Self::RolledBack { error } | Self::RollbackFailed { error } => Some(error),
        }
    }
}

/// The run that works on a deployment, or waits to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Current {
    /// The run.
    pub run: DeploymentRunId,
    /// The operation that drives it.
    pub operation: OperationId,
}

/// A certificate at its place on a server.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Deployment {
    /// Its id.
    pub id: DeploymentId,
    /// Whose it is: the server's owner.
    pub owner: UserId,
    /// Who last made, changed or ran it, and could reach both the certificate and the server.
    #[serde(default)]
    pub allowed_by: Option<UserId>,
    /// The certificate.
    pub certificate: CertificateId,
    /// The server.
    pub server: ServerId,
    /// The directory there that has `fullchain.pem` and `privkey.pem`.
    pub deploy_path: String,
    /// What is done beside the files.
    pub config: Config,
    /// How it stands.
    #[serde(flatten)]
    pub status: Status,
    /// SHA-256 of the certificate that was deployed last, hex.
    pub fingerprint: Option<String>,
    /// When that was.
    pub last_deployed: Option<Timestamp>,
    /// The run at work or waiting.
    pub current: Option<Current>,
    /// The rollout that started a run of it last: a rollout delivered twice starts one.
    #[serde(default)]
    pub rolled_out_by: Option<OperationId>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

impl Entity for Deployment {
    const TABLE: &'static Table = &DEPLOYMENTS;
    const NAME: &'static str = "deployment";

    fn key(&self) -> Key {
        Key::of(self.id.0)
    }
}

impl Owned for Deployment {
    fn owner(&self) -> UserId {
        self.owner
    }
}
