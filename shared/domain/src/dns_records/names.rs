use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::Result;
use crate::entity::{self, Entity, Stored};
use crate::ids::OperationId;
use crate::operations::Lease;
use crate::ports::{Attribute, Key, Store, Table, Write};

/// Names with records of Steward's.
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

/// A name with records of Steward's: who wants which value there, and who changes it now. Most providers change a name
/// by reading its values and writing them back: two changes at once would lose one.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Name {
    pub host: String,
    pub wanted: Vec<Wanted>,
    pub lease: Option<Lease>,
}

impl Entity for Name {
    const TABLE: &'static Table = &DNS_NAMES;
    const NAME: &'static str = "DNS name";

    fn key(&self) -> Key {
        Key::of(self.host.as_str())
    }
}

impl Name {
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
    New(Name),
}

impl Row {
    pub async fn find(store: &dyn Store, host: &str) -> Result<Self> {
        let new = || Self::New(Name { host: host.to_owned(), wanted: Vec::new(), lease: None });
        Ok(entity::find(store, Key::of(host)).await?.map_or_else(new, Self::Stored))
    }

    pub fn name(&mut self) -> &mut Name {
        match self {
            Self::Stored(stored) => &mut stored.value,
            Self::New(name) => name,
        }
    }

    /// Writes it if nobody has since it was read.
    pub fn put(&self) -> Result<Write> {
        match self {
            Self::Stored(stored) => stored.update(),
            Self::New(name) => entity::insert(name),
        }
    }

    /// Call after [`Row::put`] was written.
    pub fn written(self) -> Stored<Name> {
        match self {
            Self::Stored(mut stored) => {
                stored.written();
                stored
            }
            Self::New(name) => entity::inserted(name),
        }
    }
}
