//! The API area of document 000: logins, certificates, DNS credentials, challenges, servers, deployments, monitors, the
//! progress of long work, alerts, and the audit trail.

pub mod alerts;
pub mod audit;
pub mod auth;
pub mod certificates;
pub mod challenges;
pub mod channels;
pub mod delegation;
pub mod deployments;
pub mod dns_credentials;
pub mod dns_providers;
pub mod health;
pub mod monitors;
pub mod operations;
pub mod schema;
pub mod servers;

use steward_http::App;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// The area's routes.
pub fn router() -> OpenApiRouter<App> {
    OpenApiRouter::new()
        .routes(routes!(health::get))
        .routes(routes!(auth::login::login))
        .routes(routes!(auth::logout::logout))
        .routes(routes!(auth::refresh::refresh))
        .routes(routes!(certificates::list::list, certificates::create::create))
        .routes(routes!(certificates::cleanup::cleanup))
        .routes(routes!(certificates::get::get, certificates::update::update, certificates::delete::delete))
        .routes(routes!(certificates::verify::verify))
        .routes(routes!(certificates::renew::renew))
        .routes(routes!(certificates::download::download))
        .routes(routes!(certificates::revoke::revoke))
        .routes(routes!(certificates::preflight::preflight))
        .routes(routes!(dns_providers::list::list))
        .routes(routes!(dns_credentials::list::list, dns_credentials::create::create))
        .routes(routes!(dns_credentials::get::get, dns_credentials::update::update, dns_credentials::delete::delete))
        .routes(routes!(dns_credentials::test::test))
        .routes(routes!(delegation::get::get, delegation::set::set, delegation::delete::delete))
        .routes(routes!(challenges::get::get))
        .routes(routes!(monitors::list::list, monitors::create::create))
        .routes(routes!(monitors::get::get, monitors::update::update, monitors::delete::delete))
        .routes(routes!(monitors::check::check))
        .routes(routes!(monitors::checks::checks))
        .routes(routes!(servers::list::list, servers::create::create))
        .routes(routes!(servers::get::get, servers::update::update, servers::delete::delete))
        .routes(routes!(servers::ssh::set_ssh))
        .routes(routes!(servers::host_key::accept_host_key))
        .routes(routes!(servers::test::test))
        .routes(routes!(deployments::list::list, deployments::create::create))
        .routes(routes!(deployments::get::get, deployments::update::update, deployments::delete::delete))
        .routes(routes!(deployments::run::run))
        .routes(routes!(deployments::runs::runs))
        .routes(routes!(operations::get::get))
        .routes(routes!(audit::list::list))
        .routes(routes!(audit::purge::purge))
        .routes(routes!(channels::list::list, channels::create::create))
        .routes(routes!(channels::get::get, channels::update::update, channels::delete::delete))
        .routes(routes!(channels::test::test))
        .routes(routes!(alerts::list::list))
        .routes(routes!(alerts::settings::get::get, alerts::settings::update::update))
}
