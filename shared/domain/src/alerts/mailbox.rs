use serde::{Deserialize, Serialize};

use super::Notice;
use crate::Result;
use crate::entity::{self, Entity};
use crate::ids::{ChannelId, OperationId};
use crate::ports::{Attribute, Expect, Key, Query, Store, Table, Write};

/// What waits for a channel, in the order it became known.
pub static MESSAGES: Table = Table {
    name: "messages",
    partition: Attribute::number("channel"),
    sort: Some(Attribute::number("notify")),
    indexes: &[],
    ttl: None,
};

/// A notice that waits for a channel. Its key is made of the operation that brought it, so that it is brought once.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Waiting {
    pub channel: ChannelId,
    pub notify: OperationId,
    pub notice: Notice,
}

impl Entity for Waiting {
    const TABLE: &'static Table = &MESSAGES;
    const NAME: &'static str = "message";

    fn key(&self) -> Key {
        Key::pair(self.channel.0, self.notify.0)
    }
}

impl Waiting {
    pub(super) fn remove(channel: ChannelId, notify: i64) -> Write {
        Write::Delete { table: &MESSAGES, key: Key::pair(channel.0, notify), expect: Expect::Any }
    }
}

/// The first messages that wait for a channel, up to `most`.
pub(super) async fn waiting(store: &dyn Store, channel: ChannelId, most: u32) -> Result<Vec<Waiting>> {
    let mut query = Query::of(&MESSAGES, channel.0);
    query.limit = Some(most);
    let page = store.query(query).await?;
    page.items.into_iter().map(|item| Ok(entity::from_item::<Waiting>(item)?.value)).collect()
}

/// The notices of these messages, at most 100, as far as they still wait.
pub(super) async fn notices(store: &dyn Store, channel: ChannelId, messages: &[i64]) -> Result<Vec<Notice>> {
    let keys = messages.iter().map(|notify| (&MESSAGES, Key::pair(channel.0, *notify))).collect();
    let items = store.get_many(keys).await?.into_iter().flatten();
    items.map(|item| Ok(entity::from_item::<Waiting>(item)?.value.notice)).collect()
}
