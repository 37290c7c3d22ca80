//! What describes the API: the OpenAPI document, Swagger UI, and 003's list of routes.

mod document;
pub mod urls;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use domain::Error;
use steward_http::{App, Fault};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;
use utoipa_swagger_ui::SwaggerUi;

pub use document::document;

/// Every area's routes, and those of this one.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(certificates::router())
        .merge(acme_accounts::router())
        .merge(rental::router())
        .merge(cloud::router())
        .merge(described())
}

/// The whole API as one router: all areas, and the documents.
pub fn everything() -> Router<App> {
    Router::from(router()).merge(documents())
}

/// What this area answers: 003's list of routes, and the documents.
pub fn own() -> Router<App> {
    Router::from(described()).merge(documents())
}

fn described() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(urls::list))
}

/// `/api/openapi.json`, and Swagger UI at `/api/docs`, which needs nothing from the internet.
fn documents() -> Router<App> {
    let docs: Router<App> = SwaggerUi::new("/api/docs").url("/api/openapi.json", document()).into();
    docs.layer(map_response(missing_file))
}

/// Swagger UI says in its own words that it has no such file; here every refusal has the words of its face.
async fn missing_file(response: Response) -> Response {
    match response.status() {
        StatusCode::NOT_FOUND => Fault::from(Error::NotFound { what: "file of the documentation" }).into_response(),
        _ => response,
    }
}
