use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::of_holder;
use crate::Result;
use crate::entity::{self, Entity, Stored};
use crate::ids::{DnsCredentialId, OperationId};
use crate::operations::Lease;
use crate::ports::{Attribute, Item, Key, Store, Table, Write};

/// Names with records of Steward's, each by the credential that writes there: `{credential}/{name}`.
pub static DNS_NAMES: Table =
    Table { name: "dns_names", partition: Attribute::text("host"), sort: None, indexes: &[], ttl: None };

/// How long one change keeps others from the name: longer than the provider is given for it.
pub(super) const LEASE: Duration = Duration::from_secs(90);

/// A value that a holder wants at a name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Wanted {
    pub value: String,
    pub holder: OperationId,
}

/// A name with records that one credential made: who wants which value there, and who changes it now. Most providers
/// change a name by reading its values and writing them back: two changes at once would lose one.
///
/// Two credentials never share a row: what one owner wants would be written with the credential of another, who could
/// then prove a name that is not theirs; and one owner's provider would keep the other's orders waiting.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Name {
    pub credential: DnsCredentialId,
    /// The table's key attribute, `host`, holds the credential too.
    pub name: String,
    pub wanted: Vec<Wanted>,
    pub lease: Option<Lease>,
}

impl Entity for Name {
    const TABLE: &'static Table = &DNS_NAMES;
    const NAME: &'static str = "DNS name";
    const SHAPE: u64 = 2;

    fn key(&self) -> Key {
        Self::key_of(self.credential, &self.name)
    }

    fn index(&self, item: &mut Item) {
        item.insert("host".into(), format!("{}/{}", self.credential, self.name).into());
    }
}

/// A name as Steward kept it at first: one row for the credentials of everybody. None is written any more; whoever
/// needs the name takes their own part out of it.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Shared {
    host: String,
    wanted: Vec<Wanted>,
    lease: Option<Lease>,
}

impl Entity for Shared {
    const TABLE: &'static Table = &DNS_NAMES;
    const NAME: &'static str = "DNS name";

    fn key(&self) -> Key {
        Key::of(self.host.as_str())
    }
}

impl Name {
    fn key_of(credential: DnsCredentialId, name: &str) -> Key {
        Key::of(format!("{credential}/{name}"))
    }

    /// Adds what a holder wants here.
    pub fn want(&mut self, holder: OperationId, values: &[String]) {
        for value in values {
            let wanted = Wanted { value: value.clone(), holder };
            if !self.wanted.contains(&wanted) {
                self.wanted.push(wanted);
            }
        }
    }

    /// Takes away what a holder wants here.
    pub fn let_go(&mut self, holder: OperationId) {
        self.wanted.retain(|wanted| wanted.holder != holder);
    }

    /// Every value that somebody wants here, each once.
    pub fn values(&self) -> Vec<String> {
        let mut values: Vec<String> = self.wanted.iter().map(|wanted| wanted.value.clone()).collect();
        values.sort();
        values.dedup();
        values
    }

    /// Takes the right to change the name, for the work of an operation; false when another has it. Who holds it may
    /// take it again: after a crash, the same work goes on.
    pub fn take(&mut self, by: OperationId, now: Timestamp) -> bool {
        let holder = by.to_string();
        if self.lease.as_ref().is_some_and(|lease| lease.until > now && lease.holder != holder) {
            return false;
        }
        let until = now.checked_add(LEASE).unwrap_or(now);
        self.lease = Some(Lease { holder, until });
        true
    }
}

/// The row of a name, as it is or as it would be.
pub(super) enum Row {
    Stored(Stored<Name>),
    New {
        name: Name,
        /// What is left of the row that this one is taken out of.
        shared: Option<Stored<Shared>>,
    },
}

impl Row {
    pub async fn find(store: &dyn Store, credential: DnsCredentialId, host: &str) -> Result<Self> {
        if let Some(own) = entity::find(store, Name::key_of(credential, host)).await? {
            return Ok(Self::Stored(own));
        }
        let mut name = Name { credential, name: host.to_owned(), wanted: Vec::new(), lease: None };
        let Some(mut shared) = entity::find::<Shared>(store, Key::of(host)).await? else {
            return Ok(Self::New { name, shared: None });
        };
        let mut left = Vec::new();
        for wanted in std::mem::take(&mut shared.value.wanted) {
            let records = of_holder(store, wanted.holder).await?;
            let of =
                |records: &Stored<super::Records>| records.value.credential == credential && records.value.at == host;
            if records.iter().any(of) { name.wanted.push(wanted) } else { left.push(wanted) }
        }
        // An older version may have left a lease here. Its change has ended, or a new one writes the same values again.
        shared.value.lease = None;
        shared.value.wanted = left;
        Ok(Self::New { name, shared: Some(shared) })
    }

    pub fn name(&mut self) -> &mut Name {
        match self {
            Self::Stored(stored) => &mut stored.value,
            Self::New { name, .. } => name,
        }
    }

    /// Writes it if nobody has since it was read.
    pub fn put(&self) -> Result<Vec<Write>> {
        match self {
            Self::Stored(stored) => Ok(vec![stored.update()?]),
            Self::New { name, shared: None } => Ok(vec![entity::insert(name)?]),
            Self::New { name, shared: Some(shared) } => {
                let rest = if shared.value.wanted.is_empty() { shared.delete() } else { shared.update()? };
                Ok(vec![entity::insert(name)?, rest])
            }
        }
    }

    /// Call after [`Row::put`] was written.
    pub fn written(self) -> Stored<Name> {
        match self {
            Self::Stored(mut stored) => {
                stored.written();
                stored
            }
            Self::New { name, .. } => entity::inserted(name),
        }
    }
}
