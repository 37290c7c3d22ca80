//! TXT records that Steward makes at DNS providers: a ledger of every one, written before the provider hears of it, so
//! that each is removed, and none that somebody else still needs.

mod clear;
mod error;
mod names;
mod place;
mod publish;
mod remove;
mod repeat;
mod sweep;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

pub(crate) use clear::clear_all;
pub use error::PublishError;
pub use names::DNS_NAMES;
pub use publish::publish;
pub use remove::{removal, remove};
pub use repeat::repeat;
pub use sweep::sweep;

use crate::Result;
use crate::entity::{self, Entity, Stored};
use crate::ids::{DnsCredentialId, OperationId, UserId};
use crate::ports::{Attribute, Index, Item, Key, Projection, Query, Store, Table};

/// The records made for an operation, its holder, by the name they were asked for. Those of all holders are in
/// `by_live`, the oldest first.
pub static DNS_RECORDS: Table = Table {
    name: "dns_records",
    partition: Attribute::number("holder"),
    sort: Some(Attribute::text("host")),
    indexes: &[Index {
        name: "by_live",
        partition: Attribute::text("live"),
        sort: Attribute::number("since"),
        projection: Projection::All,
    }],
    ttl: None,
};

/// How far records have come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Made {
    /// The provider is about to be told, or was.
    Intended,
    /// The provider has them.
    There,
}

/// The records of one name, made for one holder.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Records {
    holder: OperationId,
    /// The name they were asked for.
    host: String,
    owner: UserId,
    credential: DnsCredentialId,
    /// The name they are at: what `host` is an alias of, or itself.
    at: String,
    zone: String,
    values: Vec<String>,
    made: Made,
    created_at: Timestamp,
    /// When the provider last had them written; older rows do not say.
    #[serde(default)]
    written_at: Option<Timestamp>,
}

impl Entity for Records {
    const TABLE: &'static Table = &DNS_RECORDS;
    const NAME: &'static str = "DNS record";

    fn key(&self) -> Key {
        Key::pair(self.holder.0, self.host.as_str())
    }

    fn index(&self, item: &mut Item) {
        item.insert("live".into(), "live".into());
        item.insert("since".into(), self.created_at.as_millisecond().into());
    }
}

/// Everything that was made for a holder.
async fn of_holder(store: &dyn Store, holder: OperationId) -> Result<Vec<Stored<Records>>> {
    entity::every(store, Query::of(&DNS_RECORDS, holder.0)).await
}
