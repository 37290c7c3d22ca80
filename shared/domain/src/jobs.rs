//! What waits on the queues. A job names an operation; the operation says how far it has come.

use serde::{Deserialize, Serialize};

use crate::audit::AuditEntry;
use crate::ids::{AccountId, OperationId};

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
    /// Send the jobs of open operations again that nobody works on.
    Sweep,
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
    /// Append to the audit trail.
    Audit {
        /// The entry.
        entry: AuditEntry,
    },
}
