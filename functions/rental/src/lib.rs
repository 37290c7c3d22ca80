//! The API area of document 003: for now its users.

pub mod users;

use steward_http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The area's routes.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(users::add::add_user))
        .routes(routes!(users::login::login))
        .routes(routes!(users::send_verification_email::send_verification_email))
        .routes(routes!(users::verify_email::verify_email))
}
