//! JSON items to DynamoDB's attribute values and back.

use std::collections::HashMap;

use aws_sdk_dynamodb::types::AttributeValue;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use domain::ports::{AttributeKind, Item, Key, KeyValue, PageToken, StoreError, Table};
use serde_json::Value;

/// An item as DynamoDB has it.
pub(crate) type Attributes = HashMap<String, AttributeValue>;

/// The attributes of an item; fails on a number that is no integer.
pub(crate) fn to_attributes(item: Item) -> Result<Attributes, StoreError> {
    item.into_iter().map(|(name, value)| Ok((name, to_attribute(value)?))).collect()
}

/// The item of some attributes; fails on a type that Steward never writes.
pub(crate) fn from_attributes(attributes: Attributes) -> Result<Item, StoreError> {
    attributes.into_iter().map(|(name, value)| Ok((name, from_attribute(value)?))).collect()
}

/// The attributes of a primary key.
pub(crate) fn key_attributes(table: &Table, key: Key) -> Result<Attributes, StoreError> {
    let mut attributes = HashMap::from([(table.partition.name.to_owned(), key_attribute(key.partition))]);
    match (table.sort, key.sort) {
        (Some(attribute), Some(value)) => {
            attributes.insert(attribute.name.to_owned(), key_attribute(value));
        }
        (None, None) => {}
        _ => return Err(StoreError::Failed(format!("the key does not fit the table {}", table.name))),
    }
    Ok(attributes)
}

/// One value of a key.
pub(crate) fn key_attribute(value: KeyValue) -> AttributeValue {
    match value {
        KeyValue::Text(text) => AttributeValue::S(text),
        KeyValue::Number(number) => AttributeValue::N(number.to_string()),
    }
}

/// The primary key of an item that was read.
pub(crate) fn key_of(table: &Table, item: &Item) -> Result<Key, StoreError> {
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

/// Where a query goes on, in a form that callers can carry around.
pub(crate) fn to_token(last_key: Attributes) -> Result<PageToken, StoreError> {
    let json = Value::from(from_attributes(last_key)?).to_string();
    Ok(PageToken(URL_SAFE_NO_PAD.encode(json)))
}

/// The start key in a token made by [`to_token`].
pub(crate) fn from_token(token: &PageToken) -> Result<Attributes, StoreError> {
    let broken = || StoreError::Failed("the page token is not one this store gave".into());
    let json = URL_SAFE_NO_PAD.decode(&token.0).map_err(|_| broken())?;
    to_attributes(serde_json::from_slice(&json).map_err(|_| broken())?)
}

fn to_attribute(value: Value) -> Result<AttributeValue, StoreError> {
    Ok(match value {
        Value::Null => AttributeValue::Null(true),
        Value::Bool(value) => AttributeValue::Bool(value),
        Value::Number(number) if number.is_f64() => {
            return Err(StoreError::Failed(format!("{number} is not an integer; items hold integers only")));
        }
        Value::Number(number) => AttributeValue::N(number.to_string()),
        Value::String(text) => AttributeValue::S(text),
        Value::Array(values) => AttributeValue::L(values.into_iter().map(to_attribute).collect::<Result<_, _>>()?),
        Value::Object(item) => AttributeValue::M(to_attributes(item)?),
    })
}

fn from_attribute(value: AttributeValue) -> Result<Value, StoreError> {
    Ok(match value {
        AttributeValue::Null(_) => Value::Null,
        AttributeValue::Bool(value) => value.into(),
        AttributeValue::N(number) => to_integer(&number)?,
        AttributeValue::S(text) => text.into(),
        AttributeValue::L(values) => values.into_iter().map(from_attribute).collect::<Result<Vec<_>, _>>()?.into(),
        AttributeValue::M(attributes) => from_attributes(attributes)?.into(),
        _ => return Err(StoreError::Failed("a stored attribute has a type that Steward never writes".into())),
    })
}

fn to_integer(number: &str) -> Result<Value, StoreError> {
    if let Ok(number) = number.parse::<i64>() {
        return Ok(number.into());
    }
    number
        .parse::<u64>()
        .map(Value::from)
        .map_err(|_| StoreError::Failed(format!("the stored number {number} is not an integer of 64 bits")))
}
