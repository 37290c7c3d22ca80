use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::Issued;
use crate::ids::OperationId;

/// Where a certificate is on its way. Changes only through the methods of [`Certificate`].
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum State {
    /// Ordered; the records have to be made and verified.
    Unissued,
    /// The CA is checking the records.
    Verifying {
        /// The operation that drives it.
        operation: OperationId,
    },
    /// The CA has accepted the records and is signing.
    Issuing {
        /// The operation that drives it.
        operation: OperationId,
    },
    /// Issued.
    Issued(Issued),
    /// The order came to nothing; verifying again makes a new one.
    Failed {
        /// Why.
        reason: String,
    },
    /// Issued once, and revoked.
    Revoked {
        /// What was issued.
        issued: Issued,
        /// When it was revoked.
        at: Timestamp,
    },
}

/// A certificate's status as the API shows it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Waits for its records.
    Unissued,
    /// The CA is checking.
    Verifying,
    /// The CA is signing.
    Issuing,
    /// Valid.
    Issued,
    /// Came to nothing.
    Failed,
    /// Was valid.
    Expired,
    /// Was revoked.
    Revoked,
}

impl Status {
    /// Every status.
    pub const ALL: [Self; 7] =
        [Self::Unissued, Self::Verifying, Self::Issuing, Self::Issued, Self::Failed, Self::Expired, Self::Revoked];

    /// The word the API uses.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unissued => "unissued",
            Self::Verifying => "verifying",
            Self::Issuing => "issuing",
            Self::Issued => "issued",
            Self::Failed => "failed",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
        }
    }
}
