use utoipa::Number;
use utoipa::openapi::path::{Operation, ParameterIn};
use utoipa::openapi::schema::{KnownFormat, SchemaFormat};
use utoipa::openapi::{Components, Content, Object, RefOr, Schema};

/// The prefix of a reference to a schema.
const SCHEMAS: &str = "#/components/schemas/";

/// The schema itself, where it is a reference.
pub(super) fn resolve<'a>(schema: &'a RefOr<Schema>, components: &'a Components) -> Option<&'a Schema> {
    match schema {
        RefOr::T(schema) => Some(schema),
        RefOr::Ref(reference) => {
            let name = reference.ref_location.strip_prefix(SCHEMAS)?;
            components.schemas.get(name).and_then(|schema| resolve(schema, components))
        }
    }
}

/// What a schema says it is; of an envelope, what is in it.
pub(super) fn description(schema: &RefOr<Schema>, components: &Components) -> Option<String> {
    let (own, data) = match resolve(schema, components)? {
        Schema::Object(object) => (object.description.as_ref(), object.properties.get("data")),
        Schema::AllOf(all) => (all.description.as_ref(), None),
        Schema::OneOf(one) => (one.description.as_ref(), None),
        Schema::Array(array) => return description_of_items(array, components),
        _ => (None, None),
    };
    data.and_then(|data| description(data, components)).or_else(|| own.cloned())
}

fn description_of_items(array: &utoipa::openapi::schema::Array, components: &Components) -> Option<String> {
    let utoipa::openapi::schema::ArrayItems::RefOrSchema(items) = &array.items else { return None };
    Some(format!("A list: {}", description(items, components)?))
}

/// Says of every integer in it what fits: an id is from 1 up, and a count may be larger than 2³¹.
pub(super) fn refine(schema: &mut RefOr<Schema>) {
    let RefOr::T(schema) = schema else { return };
    match schema {
        Schema::Object(object) => {
            widen(object);
            for (name, property) in &mut object.properties {
                if is_id(name) {
                    id(property, true);
                }
                refine(property);
            }
        }
        Schema::Array(array) => {
            if let utoipa::openapi::schema::ArrayItems::RefOrSchema(items) = &mut array.items {
                refine(items);
            }
        }
        Schema::AllOf(all) => all.items.iter_mut().for_each(refine),
        Schema::OneOf(one) => one.items.iter_mut().for_each(refine),
        Schema::AnyOf(any) => any.items.iter_mut().for_each(refine),
        _ => {}
    }
}

/// The same for the parameters of an operation.
pub(super) fn refine_parameters(operation: &mut Operation) {
    for parameter in operation.parameters.iter_mut().flatten() {
        let RefOr::T(parameter) = parameter else { continue };
        let Some(schema) = &mut parameter.schema else { continue };
        if is_id(&parameter.name) || (parameter.name == "before" && parameter.parameter_in == ParameterIn::Query) {
            id(schema, parameter.parameter_in == ParameterIn::Path);
        }
        refine(schema);
    }
}

/// Unsigned integers of 32 bits go over what `int32` is.
fn widen(object: &mut Object) {
    let int32 = Some(SchemaFormat::KnownFormat(KnownFormat::Int32));
    let fits = match &object.maximum {
        Some(Number::Int(most)) => *most <= i32::MAX as isize,
        Some(Number::UInt(most)) => *most <= i32::MAX as usize,
        Some(Number::Float(_)) | None => false,
    };
    if object.format == int32 && !fits {
        object.format = Some(SchemaFormat::KnownFormat(KnownFormat::Int64));
    }
}

/// Whether its parameters or its body name something by an id.
pub(super) fn takes_an_id(operation: &Operation, components: &Components) -> bool {
    let of_parameters = operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => is_id(&parameter.name),
        RefOr::Ref(_) => false,
    });
    let Some(RefOr::T(body)) = &operation.request_body else { return of_parameters };
    let of_content = |content: &RefOr<Content>| match content {
        RefOr::T(Content { schema: Some(schema), .. }) => match resolve(schema, components) {
            Some(Schema::Object(object)) => object.properties.keys().any(|name| is_id(name)),
            _ => false,
        },
        _ => false,
    };
    of_parameters || body.content.values().any(of_content)
}

fn is_id(name: &str) -> bool {
    name == "id" || name.ends_with("_id") || name.ends_with("Id")
}

/// Ids of things are counted from 1. Those that are text, as in the audit trail, are not counted. A filter has no
/// example: whoever tries a route out does not want it.
fn id(schema: &mut RefOr<Schema>, has_example: bool) {
    if let RefOr::T(Schema::Object(object)) = schema
        && object.format == Some(SchemaFormat::KnownFormat(KnownFormat::Int64))
    {
        object.minimum = Some(Number::Int(1));
        if has_example && object.example.is_none() {
            object.example = Some(1.into());
        }
    }
}
