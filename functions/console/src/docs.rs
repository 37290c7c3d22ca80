use axum::Router;
use axum::http::{StatusCode, header};
use axum::middleware::map_response;
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use domain::Error;
use steward_http::{App, Fault};
use utoipa_swagger_ui::{Config, SwaggerUi};

use crate::DOCUMENT;

const DOCUMENT_PATH: &str = "/api/openapi.json";

/// `/api/openapi.json`, and Swagger UI at `/api/docs`, which needs nothing from the internet.
pub fn docs() -> Router<App> {
    let swagger: Router<App> = SwaggerUi::new("/api/docs").config(Config::from(DOCUMENT_PATH)).into();
    let document = get(async || ([(header::CONTENT_TYPE, "application/json")], DOCUMENT));
    swagger.layer(map_response(missing_file)).route(DOCUMENT_PATH, document)
}

/// Swagger UI says in its own words that it has no such file; here every refusal has the words of its face.
async fn missing_file(response: Response) -> Response {
    match response.status() {
        StatusCode::NOT_FOUND => Fault::from(Error::NotFound { what: "file of the documentation" }).into_response(),
        _ => response,
    }
}
