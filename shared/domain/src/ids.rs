//! Ids: integers from one counter per entity (DESIGN §7).

use std::fmt;

use serde::{Deserialize, Serialize};

macro_rules! id {
    ($(#[$doc:meta] $name:ident),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                self.0.fmt(f)
            }
        }
    )+};
}

id! {
    /// A user.
    UserId,
    /// A certificate.
    CertificateId,
    /// A CA's entry in our list of providers.
    ProviderId,
    /// An ACME account.
    AccountId,
    /// A stored credential of a DNS provider.
    DnsCredentialId,
    /// An operation.
    OperationId,
    /// A server.
    ServerId,
    /// A deployment of a certificate to a server.
    DeploymentId,
    /// One run of a deployment.
    DeploymentRunId,
    /// A monitor.
    MonitorId,
    /// A check of a monitor: its time in milliseconds since 1970.
    CheckId,
    /// A channel that alerts are told through.
    ChannelId,
    /// An alert.
    AlertId,
}
