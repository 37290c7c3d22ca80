use steward_http::{CloudErrorBody, CodeErrorBody, ErrorBody, Face};
use utoipa::openapi::path::Operation;
use utoipa::openapi::schema::Type;
use utoipa::openapi::{
    Components, ContentBuilder, HeaderBuilder, ObjectBuilder, Ref, RefOr, Response, ResponseBuilder,
    SecurityRequirement,
};
use utoipa::{PartialSchema, ToSchema};

use super::schemas;

/// An error that routes answer with.
struct Failure {
    status: u16,
    /// Its name among the responses of the document, behind that of its face.
    name: &'static str,
    description: &'static str,
    /// A header that comes with it.
    header: Option<(&'static str, &'static str, Type)>,
}

const fn failure(status: u16, name: &'static str, description: &'static str) -> Failure {
    Failure { status, name, description, header: None }
}

/// Every error, whatever the route.
const FAILURES: [Failure; 11] = [
    failure(
        400,
        "Invalid",
        "A field, a parameter or the body is wrong. The message names it, and says what would be right.",
    ),
    Failure {
        header: Some(("WWW-Authenticate", "The scheme to log in by.", Type::String)),
        ..failure(401, "Unauthenticated", "Nobody is logged in, or no longer; at a login, the password is wrong.")
    },
    failure(403, "Forbidden", "The caller may not do this."),
    failure(404, "NotFound", "It does not exist, or belongs to somebody else."),
    failure(405, "MethodNotAllowed", "The path has no such method. The header `Allow` lists those it has."),
    failure(409, "Conflict", "The state of things does not allow it. The message says what stands in the way."),
    failure(413, "TooLarge", "The body is too large."),
    failure(415, "UnsupportedMediaType", "The body is no JSON, or is compressed."),
    Failure {
        header: Some(("Retry-After", "Seconds to wait.", Type::Integer)),
        ..failure(429, "TooMany", "Too many attempts.")
    },
    failure(500, "Internal", "A fault inside. The log has the cause under the id in `X-Request-Id`."),
    failure(503, "Unavailable", "Something that is needed does not answer now. Try again later."),
];

/// The name of a face before those of its responses.
fn prefix(face: Face) -> &'static str {
    match face {
        Face::Plain => "",
        Face::Fleet => "Fleet",
        Face::Code => "Code",
        Face::Cloud => "Cloud",
    }
}

/// Puts every error of every face that routes have among the components.
pub(super) fn declare(components: &mut Components) {
    for face in [Face::Plain, Face::Code, Face::Cloud] {
        let (name, schema) = match face {
            Face::Code => (CodeErrorBody::name(), CodeErrorBody::schema()),
            Face::Cloud => (CloudErrorBody::name(), CloudErrorBody::schema()),
            Face::Plain | Face::Fleet => (ErrorBody::name(), ErrorBody::schema()),
        };
        components.schemas.entry(name.to_string()).or_insert(schema);
        for failure in &FAILURES {
            let content = ContentBuilder::new().schema(Some(Ref::from_schema_name(name.to_string()))).build();
            let mut response =
                ResponseBuilder::new().description(failure.description).content("application/json", content);
            if let Some((header, description, kind)) = &failure.header {
                let schema = ObjectBuilder::new().schema_type(kind.clone());
                let described = HeaderBuilder::new().schema(Some(schema)).description(Some(*description)).build();
                response = response.header(*header, described);
            }
            components.responses.insert(format!("{}{}", prefix(face), failure.name), response.build().into());
        }
    }
}

/// Adds to an operation the errors that follow from its route: whoever is asked for credentials may have none, a body
/// may be none, an id, in the path or elsewhere, may belong to nothing, and what changes something may meet another change. What else it answers
/// with (403, 429 …), its handler says.
pub(super) fn add(path: &str, writes: bool, operation: &mut Operation, components: &Components) {
    let is_public = operation.security == Some(vec![SecurityRequirement::default()]);
    let has_body = operation.request_body.is_some();
    let names_something = path.contains('{') || schemas::takes_an_id(operation, components);
    let follow = |status: u16| match status {
        400 | 500 | 503 => true,
        401 => !is_public,
        404 => names_something,
        409 => writes && !is_public,
        413 | 415 => has_body,
        _ => false,
    };
    let face = prefix(Face::of_path(path));
    let responses = &mut operation.responses.responses;
    for failure in &FAILURES {
        let status = failure.status.to_string();
        let said = responses.get(&status).is_some_and(is_described);
        if (follow(failure.status) || responses.contains_key(&status)) && !said {
            let name = format!("{face}{}", failure.name);
            responses.insert(status, RefOr::Ref(Ref::from_response_name(name)));
        }
    }
}

fn is_described(response: &RefOr<Response>) -> bool {
    matches!(response, RefOr::T(response) if !response.description.is_empty())
}
