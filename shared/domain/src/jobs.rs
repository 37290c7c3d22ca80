//! What waits on the queues. A job names an operation; the operation says how far it has come.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::alerts::CHANNELS;
use crate::audit::AuditEntry;
use crate::certificates::CERTIFICATES;
use crate::ids::{AccountId, CertificateId, ChannelId, MonitorId, OperationId, UserId};
use crate::monitors::MONITORS;
use crate::names::Email;
use crate::operations::OPERATIONS;
use crate::ports::{Key, QueueName, Store};
use crate::{Error, Result};

/// A message on a queue.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "job", rename_all = "snake_case")]
pub enum Job {
    /// Bring an order for a certificate to its end.
    Issue {
        /// The operation.
        operation: OperationId,
    },
    /// Remove the secrets of something that was deleted.
    Purge {
        /// The operation.
        operation: OperationId,
    },
    /// Connect to a server and say what runs there.
    TestServer {
        /// The operation.
        operation: OperationId,
    },
    /// Bring a certificate to a server.
    Deploy {
        /// The operation.
        operation: OperationId,
    },
    /// Start the runs that bring a renewed certificate to its servers.
    Rollout {
        /// The operation.
        operation: OperationId,
    },
    /// Remove the key of an ACME account that was registered and, because the process died, never recorded.
    Reap {
        /// The account.
        account: AccountId,
    },
    /// Remove the DNS records of an operation that has ended.
    RemoveRecords {
        /// The operation that removes them.
        operation: OperationId,
    },
    /// Try a DNS credential out.
    TestDnsCredential {
        /// The operation.
        operation: OperationId,
    },
    /// Look at an issued certificate: ask its CA when to renew it, and renew it when that time has come.
    Renew {
        /// The certificate.
        certificate: CertificateId,
    },
    /// Send the jobs of open operations again that nobody works on.
    Sweep,
    /// Look at a monitored TLS endpoint.
    Check {
        /// The monitor.
        monitor: MonitorId,
        /// The time the check was set for; one for another time than the monitor's next is out of date.
        due: Timestamp,
    },
    /// Wake what has lost its schedule.
    Repair,
    /// Wake what stood still while its owner was not active.
    Resume {
        /// The owner.
        user: UserId,
    },
    /// Give an alert's news to every channel of its owner.
    Notify {
        /// The operation.
        operation: OperationId,
    },
    /// Send what waits for a channel.
    Deliver {
        /// The operation.
        operation: OperationId,
    },
    /// Remove what the audit trail no longer keeps.
    TrimAudit,
    /// Send the mail that proves an address, if a user has it.
    VerifyEmail {
        /// The address.
        address: Email,
        /// How many attempts failed.
        attempt: u32,
    },
    /// Ask the address of a channel whether it wants alerts.
    Confirm {
        /// The channel.
        channel: ChannelId,
    },
    /// Append to the audit trail.
    Audit {
        /// The entry.
        entry: AuditEntry,
    },
}

impl Job {
    /// The operation it works on, where it works on one.
    pub fn operation(&self) -> Option<OperationId> {
        match self {
            Self::Issue { operation }
            | Self::Purge { operation }
            | Self::TestServer { operation }
            | Self::Deploy { operation }
            | Self::Rollout { operation }
            | Self::RemoveRecords { operation }
            | Self::TestDnsCredential { operation }
            | Self::Notify { operation }
            | Self::Deliver { operation } => Some(*operation),
            Self::Reap { .. }
            | Self::Renew { .. }
            | Self::Sweep
            | Self::Check { .. }
            | Self::Repair
            | Self::Resume { .. }
            | Self::Confirm { .. }
            | Self::TrimAudit
            | Self::VerifyEmail { .. }
            | Self::Audit { .. } => None,
        }
    }

    /// Whose work it is: the owner of what it names. Nobody's for what Steward does on its own.
    pub async fn owner(&self, store: &dyn Store) -> Result<Option<UserId>> {
        let (table, id) = match self {
            Self::Renew { certificate } => (&CERTIFICATES, certificate.0),
            Self::Check { monitor, .. } => (&MONITORS, monitor.0),
            Self::Confirm { channel } => (&CHANNELS, channel.0),
            Self::Resume { user } => return Ok(Some(*user)),
            Self::Reap { .. }
            | Self::Sweep
            | Self::Repair
            | Self::TrimAudit
            | Self::VerifyEmail { .. }
            | Self::Audit { .. } => {
                return Ok(None);
            }
            other => match other.operation() {
                Some(operation) => (&OPERATIONS, operation.0),
                None => return Ok(None),
            },
        };
        let row = store.get(table, Key::of(id)).await?;
        Ok(row.and_then(|row| row.get("owner")?.as_i64()).map(UserId))
    }

    /// The error of whoever receives it from a queue it does not belong on.
    pub fn misplaced(&self, queue: QueueName) -> Error {
        Error::Internal(format!("{self:?} does not belong on the queue {}", queue.as_str()))
    }
}
