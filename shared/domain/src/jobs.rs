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
    /// Put right what was left undone for good, once a day: DNS records that nobody removed.
    Repair,
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
