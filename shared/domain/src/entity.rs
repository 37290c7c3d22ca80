//! Typed rows: how an entity becomes a stored item and comes back (DESIGN §7).

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::error::{Error, Result};
use crate::ports::{Expect, Item, Key, Query, Store, Table, Write};

/// Something stored in a table of its own.
pub trait Entity: Serialize + DeserializeOwned + Send + Sync {
    /// Its table.
    const TABLE: &'static Table;
    /// What a person calls it, for error messages.
    const NAME: &'static str;
    /// The version of its shape; raise it when an older item needs [`Entity::upcast`].
    const SHAPE: u64 = 1;

    /// Its primary key.
    fn key(&self) -> Key;

    /// Adds the attributes its indexes need.
    fn index(&self, _item: &mut Item) {}

    /// Brings an item of an older shape to the present one.
    fn upcast(item: Item, _shape: u64) -> Item {
        item
    }
}

/// An entity as it was read, with the revision that guards the next write against a lost update.
#[derive(Clone, Debug)]
pub struct Stored<T> {
    /// The entity.
    pub value: T,
    rev: u64,
}

impl<T: Entity> Stored<T> {
    /// Replaces the row if nobody has written since it was read.
    pub fn update(&self) -> Result<Write> {
        Ok(Write::Put { table: T::TABLE, item: to_item(&self.value, self.rev + 1)?, expect: Expect::Rev(self.rev) })
    }

    /// Removes the row if nobody has written since it was read.
    pub fn delete(&self) -> Write {
        Write::Delete { table: T::TABLE, key: self.value.key(), expect: Expect::Rev(self.rev) }
    }

    /// Writes nothing, and fails the transaction if somebody has written since it was read.
    pub fn check(&self) -> Write {
        Write::Check { table: T::TABLE, key: self.value.key(), expect: Expect::Rev(self.rev) }
    }

    /// Writes [`Stored::update`] by itself; on success the value can be changed and saved again.
    pub async fn save(&mut self, store: &dyn Store) -> Result<()> {
        store.write(self.update()?).await?;
        self.written();
        Ok(())
    }

    /// Call after a transaction that held [`Stored::update`] succeeded.
    pub fn written(&mut self) {
        self.rev += 1;
    }
}

/// A write that creates the row; fails where one with its key exists.
pub fn insert<T: Entity>(value: &T) -> Result<Write> {
    Ok(Write::Put { table: T::TABLE, item: to_item(value, 1)?, expect: Expect::Absent })
}

/// A row just inserted, as if it had been read.
pub fn inserted<T: Entity>(value: T) -> Stored<T> {
    Stored { value, rev: 1 }
}

/// Reads a row; [`Error::NotFound`] when there is none.
pub async fn load<T: Entity>(store: &dyn Store, key: Key) -> Result<Stored<T>> {
    find(store, key).await?.ok_or(Error::NotFound { what: T::NAME })
}

/// Reads a row that may not be there.
pub async fn find<T: Entity>(store: &dyn Store, key: Key) -> Result<Option<Stored<T>>> {
    store.get(T::TABLE, key).await?.map(from_item).transpose()
}

/// Reads two rows, either of which may not be there, in one store call.
pub async fn find_both<A: Entity, B: Entity>(
    store: &dyn Store,
    a: Key,
    b: Key,
) -> Result<(Option<Stored<A>>, Option<Stored<B>>)> {
    let mut items = store.get_many(vec![(A::TABLE, a), (B::TABLE, b)]).await?.into_iter();
    let (a, b) = (items.next().flatten(), items.next().flatten());
    Ok((a.map(from_item).transpose()?, b.map(from_item).transpose()?))
}

/// Reads three rows, any of which may not be there, in one store call.
pub async fn find_three<A: Entity, B: Entity, C: Entity>(
    store: &dyn Store,
    a: Key,
    b: Key,
    c: Key,
) -> Result<(Option<Stored<A>>, Option<Stored<B>>, Option<Stored<C>>)> {
    let mut items = store.get_many(vec![(A::TABLE, a), (B::TABLE, b), (C::TABLE, c)]).await?.into_iter();
    let (a, b, c) = (items.next().flatten(), items.next().flatten(), items.next().flatten());
    Ok((a.map(from_item).transpose()?, b.map(from_item).transpose()?, c.map(from_item).transpose()?))
}

/// The item of an entity at a revision.
pub fn to_item<T: Entity>(value: &T, rev: u64) -> Result<Item> {
    let serde_json::Value::Object(mut item) = serde_json::to_value(value).map_err(|e| broken::<T>(&e))? else {
        return Err(Error::Internal(format!("a {} is not an object", T::NAME)));
    };
    value.index(&mut item);
    item.insert("v".into(), T::SHAPE.into());
    item.insert("rev".into(), rev.into());
    Ok(item)
}

/// The entity in an item, whatever version of its shape it has.
pub fn from_item<T: Entity>(item: Item) -> Result<Stored<T>> {
    let number = |name| item.get(name).and_then(serde_json::Value::as_u64);
    let (shape, rev) = (number("v").unwrap_or(1), number("rev").unwrap_or(0));
    if shape > T::SHAPE {
        return Err(Error::Internal(format!("a {} was written by a newer Steward (shape {shape})", T::NAME)));
    }
    let item = if shape < T::SHAPE { T::upcast(item, shape) } else { item };
    let value = serde_json::from_value(item.into()).map_err(|e| broken::<T>(&e))?;
    Ok(Stored { value, rev })
}

fn broken<T: Entity>(error: &serde_json::Error) -> Error {
    Error::Internal(format!("a stored {} cannot be read or written: {error}", T::NAME))
}

/// Every row that a query finds, page by page: for what is few, or is to be worked through as a whole.
pub async fn every<T: Entity>(store: &dyn Store, mut query: Query) -> Result<Vec<Stored<T>>> {
    let mut rows = Vec::new();
    loop {
        let page = store.query(query.clone()).await?;
        for item in page.items {
            rows.push(from_item(item)?);
        }
        match page.next {
            Some(next) => query.after = Some(next),
            None => return Ok(rows),
        }
    }
}
