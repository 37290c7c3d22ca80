//! The API area of document 002: ACME providers and accounts.

mod envelope;

pub mod accounts;
pub mod providers;
pub mod schema;

use steward_http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The area's routes.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(providers::list::list))
        .routes(routes!(providers::create::create))
        .routes(routes!(accounts::create::create))
        .routes(routes!(accounts::list::list))
        .routes(routes!(accounts::set_default::set_default))
        .routes(routes!(accounts::enable::enable))
        .routes(routes!(accounts::disable::disable))
        .routes(routes!(accounts::delete::delete))
}
