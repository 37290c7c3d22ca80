use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ports::{AttributeKind, Item, Key, KeyValue, PageToken, StoreError, Table};
use serde_json::Value;

use crate::values::{Attributes, Dialect, Shape, from_attributes, to_attributes};

/// The attributes of a primary key.
pub fn key_attributes<D: Dialect>(table: &Table, key: Key) -> Result<Attributes<D>, StoreError> {
    let mut attributes = HashMap::from([(table.partition.name.to_owned(), key_attribute::<D>(key.partition))]);
    match (table.sort, key.sort) {
        (Some(attribute), Some(value)) => {
            attributes.insert(attribute.name.to_owned(), key_attribute::<D>(value));
        }
        (None, None) => {}
        _ => return Err(StoreError::Failed(format!("the key does not fit the table {}", table.name))),
    }
    Ok(attributes)
}

/// One value of a key.
pub(crate) fn key_attribute<D: Dialect>(value: KeyValue) -> D::Value {
    D::write(match value {
        KeyValue::Text(text) => Shape::Text(text),
        KeyValue::Number(number) => Shape::Number(number.to_string()),
    })
}

/// The primary key of an item that was read.
pub fn key_of(table: &Table, item: &Item) -> Result<Key, StoreError> {
    let value = |name: &str, kind| {
        let value = item.get(name);
        match kind {
            AttributeKind::Text => value.and_then(Value::as_str).map(KeyValue::from),
            AttributeKind::Number => value.and_then(Value::as_i64).map(KeyValue::from),
        }
        .ok_or_else(|| StoreError::Failed(format!("an item of the table {} has no key {name}", table.name)))
    };
    Ok(Key {
        partition: value(table.partition.name, table.partition.kind)?,
        sort: table.sort.map(|sort| value(sort.name, sort.kind)).transpose()?,
    })
}

/// Where a query or a scan goes on, in a form that callers can carry around.
pub fn to_token<D: Dialect>(last_key: Attributes<D>) -> Result<PageToken, StoreError> {
    let json = Value::from(from_attributes::<D>(last_key)?).to_string();
    Ok(PageToken(URL_SAFE_NO_PAD.encode(json)))
}

/// The start key in a token made by [`to_token`].
pub fn from_token<D: Dialect>(token: &PageToken) -> Result<Attributes<D>, StoreError> {
    let broken = || StoreError::Failed("the page token is not one this store gave".into());
    let json = URL_SAFE_NO_PAD.decode(&token.0).map_err(|_| broken())?;
    to_attributes::<D>(serde_json::from_slice(&json).map_err(|_| broken())?)
}
