//! What the domain needs from outside. Each port has two real adapters (one machine, AWS) or one
//! (the outside worlds), and the documentation of a trait is the contract its adapters are tested against.

mod absent;
mod ca;
mod clock;
mod dns;
mod dns_writer;
mod entropy;
mod mailer;
mod messenger;
mod prober;
mod queue;
mod remote;
mod scheduler;
mod store;
mod vault;

pub use absent::Absent;
pub use ca::{
    Ca, CaAccount, CaError, CaMeta, Challenge, ChallengeType, Directory, ExternalAccountBinding, HttpAnswer, NewOrder,
    OrderStatus, OrderView, Registered, RenewalInfo,
};
pub use clock::Clock;
pub use dns::{Aliases, CaaRecord, Dns, DnsError, ServerAnswer};
pub use dns_writer::{DnsAccess, DnsWriteError, DnsWriter, TxtChange};
pub use entropy::{Entropy, EntropyExt};
pub use mailer::{Mail, MailError, Mailer};
pub use messenger::{Address, Message, Messenger, MessengerError};
pub use prober::{
    CertificateFacts, ChainEnd, Endpoint, Handshake, KeyAsked, KeyKind, ProbeError, Prober, StartTls, TlsVersion,
    Trusted,
};
pub use queue::{Delivery, Queue, QueueError, QueueName, Room};
pub use remote::{
    Command, CommandOutput, Connected, HostKey, LoginKey, Remote, RemoteError, RemoteHost, RemoteSession,
};
pub use scheduler::{Schedule, ScheduleName, Scheduler, SchedulerError, When};
pub use store::{
    Attribute, AttributeKind, Expect, Index, Item, Key, KeyValue, Page, PageToken, Projection, Query, Store,
    StoreError, Table, Write,
};
pub use vault::{SecretName, Vault, VaultError};
