use dynamo::{Dialect, Shape};
use dynoxide::types::AttributeValue;

/// The engine's attribute values.
pub(crate) struct Dynoxide;

impl Dialect for Dynoxide {
    type Value = AttributeValue;

    fn write(shape: Shape<AttributeValue>) -> AttributeValue {
        match shape {
            Shape::Null => AttributeValue::NULL(true),
            Shape::Bool(value) => AttributeValue::BOOL(value),
            Shape::Number(number) => AttributeValue::N(number),
            Shape::Text(text) => AttributeValue::S(text),
            Shape::List(values) => AttributeValue::L(values),
            Shape::Map(attributes) => AttributeValue::M(attributes),
        }
    }

    fn read(value: AttributeValue) -> Option<Shape<AttributeValue>> {
        Some(match value {
            AttributeValue::NULL(_) => Shape::Null,
            AttributeValue::BOOL(value) => Shape::Bool(value),
            AttributeValue::N(number) => Shape::Number(number),
            AttributeValue::S(text) => Shape::Text(text),
            AttributeValue::L(values) => Shape::List(values),
            AttributeValue::M(attributes) => Shape::Map(attributes),
            _ => return None,
        })
    }
}
