//! What describes the API: the OpenAPI document, Swagger UI, and 003's list of routes.

mod docs;
pub mod urls;

use steward_http::{App, Area};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

pub use docs::docs;

/// The OpenAPI document of every area. It is made from the code that answers, by `steward openapi`, and kept here: the
/// function that shows it need not have all the others in it. A test says when it is stale.
pub static DOCUMENT: &str = include_str!("../openapi.json");

/// The routes that the document describes.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new().routes(routes!(urls::list))
}

/// All that this area answers.
pub fn own() -> Area {
    Area::from(router()).merge(docs())
}
