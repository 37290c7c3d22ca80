use steward_http::App;
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::openapi::{ComponentsBuilder, Info, OpenApi, PathItem, SecurityRequirement};
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

/// The OpenAPI document of every area, made from the code that answers. A route that does not say otherwise needs a
/// token or an API key.
pub fn document() -> OpenApi {
    let (_, mut api) = areas().split_for_parts();
    let mut info = Info::new("Steward", env!("CARGO_PKG_VERSION"));
    info.description = Some("Certificates, servers, containers and customers of a small hosting business.".into());
    api.info = info;

    let mut components = api.components.take().unwrap_or_else(|| ComponentsBuilder::new().build());
    let token = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).bearer_format("JWT").build();
    components.add_security_scheme("token", SecurityScheme::Http(token));
    let key = ApiKeyValue::new("X-API-Key");
    components.add_security_scheme("api_key", SecurityScheme::ApiKey(ApiKey::Header(key)));
    api.components = Some(components);

    for operation in api.paths.paths.values_mut().flat_map(operations) {
        let tag = operation.tags.as_ref().and_then(|tags| tags.first()).cloned().unwrap_or_default();
        let verb = operation.operation_id.take().unwrap_or_default();
        operation.operation_id = Some(format!("{tag}.{verb}"));
        operation.security.get_or_insert_with(|| {
            ["token", "api_key"].map(|name| SecurityRequirement::new::<_, [&str; 0], &str>(name, [])).to_vec()
        });
    }
    api
}

fn operations(item: &mut PathItem) -> impl Iterator<Item = &mut Operation> {
    let PathItem { get, post, put, delete, .. } = item;
    [get, post, put, delete].into_iter().filter_map(Option::as_mut)
}
