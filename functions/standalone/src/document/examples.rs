use serde_json::{Map, Value};
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Components, Object, RefOr, Schema};

use super::schemas::resolve;

/// Gives the body of an operation an example that its rules take: the one of its schema, or what is required and
/// whatever else has an example. What is left to a generator (`"string"`, `0`) is refused by most fields.
pub(super) fn add(operation: &mut Operation, components: &Components) {
    let Some(RefOr::T(body)) = &mut operation.request_body else { return };
    for content in body.content.values_mut() {
        let RefOr::T(content) = content else { continue };
        let Some(object) = content.schema.as_ref().and_then(|schema| object(schema, components)) else { continue };
        content.example = Some(of_object(object).unwrap_or_else(|| composed(object, components)));
    }
}

/// The object that a schema is, or may be: an optional body is that or null.
fn object<'a>(schema: &'a RefOr<Schema>, components: &'a Components) -> Option<&'a Object> {
    match resolve(schema, components)? {
        Schema::Object(object) if !object.properties.is_empty() => Some(object),
        Schema::OneOf(one) => one.items.iter().find_map(|item| object(item, components)),
        _ => None,
    }
}

fn composed(object: &Object, components: &Components) -> Value {
    let mut example = Map::new();
    for (name, property) in &object.properties {
        // An id that need not be there would have to be one of the reader's.
        let id = matches!(property, RefOr::T(Schema::Object(property)) if property.minimum.is_some());
        if !object.required.contains(name) && id {
            continue;
        }
        if let Some(value) = of(property, components) {
            example.insert(name.clone(), value);
        }
    }
    Value::Object(example)
}

/// The example of a schema, or of what it refers to.
fn of(schema: &RefOr<Schema>, components: &Components) -> Option<Value> {
    match resolve(schema, components)? {
        Schema::Object(object) => of_object(object),
        Schema::OneOf(one) => one.example.clone().or_else(|| one.items.iter().find_map(|item| of(item, components))),
        Schema::Array(array) => array.example.clone(),
        Schema::AllOf(all) => all.example.clone(),
        _ => None,
    }
}

fn of_object(object: &Object) -> Option<Value> {
    object.example.clone().or_else(|| object.examples.first().cloned())
}
