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

/// Every area's routes, and the documents made from them.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .merge(certificates::router())
        .merge(acme_accounts::router())
        .merge(rental::router())
        .merge(cloud::router())
        .routes(routes!(urls::list))
}

/// The whole API as one router: all areas, `/api/openapi.json`, and Swagger UI at `/api/docs`, which needs nothing from
/// the internet.
pub fn everything() -> Router<App> {
    let (routes, _) = router().split_for_parts();
    let docs: Router<App> = SwaggerUi::new("/api/docs").url("/api/openapi.json", document()).into();
    routes.merge(docs.layer(map_response(missing_file)))
}

/// Swagger UI says in its own words that it has no such file; here every refusal has the words of its face.
async fn missing_file(response: Response) -> Response {
    match response.status() {
        StatusCode::NOT_FOUND => Fault::from(Error::NotFound { what: "file of the documentation" }).into_response(),
        _ => response,
    }
}
