use serde::{Deserialize, Serialize};

use super::AUDIT;
use super::chain::{Head, Recorded, TRAIL};
use super::cut::Cut;
use crate::Result;
use crate::entity::{self, Stored};
use crate::ports::{PageToken, Query, Store};

/// A line of an exported trail: first its cut, if there is one, then the entries in order, and last the head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Line {
    /// The last line.
    Head {
        /// The head of the chain.
        head: Head,
    },
    /// The first line of a trail that was cut.
    Cut {
        /// Where the chain begins.
        cut: Cut,
    },
    /// An entry.
    Entry(Box<Recorded>),
}

/// One page of the trail, oldest first, and where the next begins.
pub async fn read(store: &dyn Store, after: Option<PageToken>) -> Result<(Vec<Recorded>, Option<PageToken>)> {
    let mut query = Query::of(&AUDIT, TRAIL);
    query.after = after;
    let page = store.query(query).await?;
    let entries = page.items.into_iter().map(|item| Ok(entity::from_item::<Recorded>(item)?.value));
    Ok((entries.collect::<Result<_>>()?, page.next))
}

pub(super) async fn head(store: &dyn Store) -> Result<Option<Head>> {
    let head: Option<Stored<Head>> = entity::find(store, Head::at()).await?;
    Ok(head.map(|head| head.value))
}

impl Head {
    /// The head as it is now, if there is a chain.
    pub async fn now(store: &dyn Store) -> Result<Option<Self>> {
        head(store).await
    }
}
