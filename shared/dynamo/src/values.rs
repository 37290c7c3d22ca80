//! JSON items to DynamoDB's attribute values and back.

use std::collections::HashMap;

use domain::ports::{Item, StoreError};
use serde_json::Value;

/// An attribute value, as far as Steward writes any.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Shape<V> {
    /// `NULL`.
    Null,
    /// `BOOL`.
    Bool(bool),
    /// `N`.
    Number(String),
    /// `S`.
    Text(String),
    /// `L`.
    List(Vec<V>),
    /// `M`.
    Map(HashMap<String, V>),
}

/// How one library has attribute values.
pub trait Dialect {
    /// Its type for them.
    type Value;

    /// A value of this shape.
    fn write(shape: Shape<Self::Value>) -> Self::Value;

    /// The shape of a value; `None` for a type that Steward never writes.
    fn read(value: Self::Value) -> Option<Shape<Self::Value>>;
}

/// An item as a library has it.
pub type Attributes<D> = HashMap<String, <D as Dialect>::Value>;

/// The attributes of an item; fails on a number that is no integer.
pub fn to_attributes<D: Dialect>(item: Item) -> Result<Attributes<D>, StoreError> {
    item.into_iter().map(|(name, value)| Ok((name, to_attribute::<D>(value)?))).collect()
}

/// The item of some attributes; fails on a type that Steward never writes.
pub fn from_attributes<D: Dialect>(attributes: Attributes<D>) -> Result<Item, StoreError> {
    attributes.into_iter().map(|(name, value)| Ok((name, from_attribute::<D>(value)?))).collect()
}

fn to_attribute<D: Dialect>(value: Value) -> Result<D::Value, StoreError> {
    Ok(D::write(match value {
        Value::Null => Shape::Null,
        Value::Bool(value) => Shape::Bool(value),
        Value::Number(number) if number.is_f64() => {
            return Err(StoreError::Failed(format!("{number} is not an integer; items hold integers only")));
        }
        Value::Number(number) => Shape::Number(number.to_string()),
        Value::String(text) => Shape::Text(text),
        Value::Array(values) => Shape::List(values.into_iter().map(to_attribute::<D>).collect::<Result<_, _>>()?),
        Value::Object(item) => Shape::Map(to_attributes::<D>(item)?),
    }))
}

fn from_attribute<D: Dialect>(value: D::Value) -> Result<Value, StoreError> {
    let foreign = || StoreError::Failed("a stored attribute has a type that Steward never writes".into());
    Ok(match D::read(value).ok_or_else(foreign)? {
        Shape::Null => Value::Null,
        Shape::Bool(value) => value.into(),
        Shape::Number(number) => to_integer(&number)?,
        Shape::Text(text) => text.into(),
        Shape::List(values) => values.into_iter().map(from_attribute::<D>).collect::<Result<Vec<_>, _>>()?.into(),
        Shape::Map(attributes) => from_attributes::<D>(attributes)?.into(),
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
