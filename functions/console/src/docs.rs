use axum::Router;
use axum::http::{HeaderValue, StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::Error;
use steward_http::{App, Fault};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::DOCUMENT;

const DOCUMENT_PATH: &str = "/api/openapi.json";

/// What Swagger UI needs: its own files, the document, styles that it sets on its elements, and pictures within its
/// styles. Nobody may frame it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; \
     font-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
);

/// `/api/openapi.json`, and Swagger UI at `/api/docs`, which needs nothing from the internet.
pub fn docs() -> Router<App> {
    let swagger: Router<App> = SwaggerUi::new("/api/docs").config(Config::from(DOCUMENT_PATH)).into();
    let document = get(async || ([(header::CONTENT_TYPE, "application/json")], DOCUMENT));
    swagger.layer(map_response(missing_file)).route(DOCUMENT_PATH, document)
}

/// Swagger UI says in its own words that it has no such file; here every refusal has the words of its face.
async fn missing_file(mut response: Response) -> Response {
    match response.status() {
        StatusCode::NOT_FOUND => Fault::from(Error::NotFound { what: "file of the documentation" }).into_response(),
        _ => {
            response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, POLICY);
            response
        }
    }
}
