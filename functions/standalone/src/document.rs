mod errors;
mod examples;
mod schemas;

use steward_http::App;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{Components, Info, OpenApi, PathItem, RefOr, SecurityRequirement};
use utoipa_axum::router::OpenApiRouter;

/// Every area's routes.
pub fn areas() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(certificates::router())
        .merge(acme_accounts::router())
        .merge(rental::router())
        .merge(cloud::router())
        .merge(console::router())
}

/// The OpenAPI document of every area, made from the code that answers. What holds for all routes is said here: who may
/// ask, which errors there are, what an id is. A route that does not say otherwise needs a token or an API key.
pub fn document() -> OpenApi {
    let (_, mut api) = areas().split_for_parts();
    let mut info = Info::new("Steward", env!("CARGO_PKG_VERSION"));
    info.description = Some("Certificates, servers, containers and customers of a small hosting business.".into());
    api.info = info;

    let mut components = api.components.take().unwrap_or_default();
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme("token", SecurityScheme::Http(token));
    let key = ApiKeyValue::new("X-API-Key");
    components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(key)));
    components.schemas.values_mut().for_each(schemas::refine);
    errors::declare(&mut components);

    for (path, item) in &mut api.paths.paths {
        for (writes, operation) in operations(item) {
            name(operation);
            operation.security.get_or_insert_with(|| {
                ["token", "api_key"].map(|name| SecurityRequirement::new::<_, [&str; 0], &str>(name, [])).to_vec()
            });
            schemas::refine_parameters(operation);
            describe_answers(operation, &components);
            examples::add(operation, &components);
            errors::add(path, writes, operation, &components);
        }
    }
    api.components = Some(components);
    api
}

/// The operations of a path, and whether each changes something.
fn operations(item: &mut PathItem) -> impl Iterator<Item = (bool, &mut Operation)> {
    let PathItem { get, post, put, delete, .. } = item;
    let all = [(false, get), (true, post), (true, put), (true, delete)];
    all.into_iter().filter_map(|(writes, operation)| Some((writes, operation.as_mut()?)))
}

/// Names an operation `area.verb`, without a blank or a dash, so that it can be a function's name.
fn name(operation: &mut Operation) {
    let tag = operation.tags.as_ref().and_then(|tags| tags.first()).cloned().unwrap_or_default();
    let verb = operation.operation_id.take().unwrap_or_default();
    operation.operation_id = Some(format!("{}.{verb}", tag.replace([' ', '-'], "_")));
}

/// Describes each answer by what its body is, unless its route did.
fn describe_answers(operation: &mut Operation, components: &Components) {
    let summary = operation.summary.clone().unwrap_or_default();
    for (status, response) in &mut operation.responses.responses {
        let RefOr::T(response) = response else { continue };
        if status.starts_with('2') && response.description.is_empty() {
            let body = response.content.values().find_map(|content| match content {
                RefOr::T(content) => content.schema.as_ref(),
                RefOr::Ref(_) => None,
            });
            let said = body.and_then(|body| schemas::description(body, components));
            response.description = said.unwrap_or_else(|| summary.clone());
        }
    }
}
