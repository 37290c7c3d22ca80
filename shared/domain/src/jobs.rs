//! What waits on the queues. A job names an operation; the operation says how far it has come.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Error;
use crate::audit::AuditEntry;
use crate::ids::{AccountId, CertificateId, MonitorId, OperationId};
use crate::ports::QueueName;

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
    /// Append to the audit trail.
    Audit {
        /// The entry.
        entry: AuditEntry,
    },
}

impl Job {
    /// The error of whoever receives it from a queue it does not belong on.
    pub fn misplaced(&self, queue: QueueName) -> Error {
        Error::Internal(format!("{self:?} does not belong on the queue {}", queue.as_str()))
    }
}
