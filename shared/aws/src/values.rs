use aws_sdk_dynamodb::types::AttributeValue;
use dynamo::{Dialect, Shape};

/// The SDK's attribute values.
pub(crate) struct Sdk;

/// An item as the SDK has it.
pub(crate) type Attributes = dynamo::Attributes<Sdk>;

impl Dialect for Sdk {
    type Value = AttributeValue;

    fn write(shape: Shape<AttributeValue>) -> AttributeValue {
        match shape {
            Shape::Null => AttributeValue::Null(true),
            Shape::Bool(value) => AttributeValue::Bool(value),
            Shape::Number(number) => AttributeValue::N(number),
            Shape::Text(text) => AttributeValue::S(text),
            Shape::List(values) => AttributeValue::L(values),
            Shape::Map(attributes) => AttributeValue::M(attributes),
        }
    }

    fn read(value: AttributeValue) -> Option<Shape<AttributeValue>> {
        Some(match value {
            AttributeValue::Null(_) => Shape::Null,
            AttributeValue::Bool(value) => Shape::Bool(value),
            AttributeValue::N(number) => Shape::Number(number),
            AttributeValue::S(text) => Shape::Text(text),
            AttributeValue::L(values) => Shape::List(values),
            AttributeValue::M(attributes) => Shape::Map(attributes),
            _ => return None,
        })
    }
}
