//! The API area of document 004: for now its users, and what administrators do with them.

mod envelope;

pub mod schema;
pub mod users;

use steward_http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The area's routes.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(users::register::register))
        .routes(routes!(users::login::login))
        .routes(routes!(users::regenerate_key::regenerate_key))
        .routes(routes!(users::profile::profile, users::update_profile::update_profile))
        .routes(routes!(users::list::list))
        .routes(routes!(users::get::get, users::update::update, users::delete::delete))
        .routes(routes!(users::suspend::suspend))
        .routes(routes!(users::reactivate::reactivate))
}
