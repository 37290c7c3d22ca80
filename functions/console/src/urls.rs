//! `GET /api/urls` (003 §10)

use axum::Json;
use serde::Serialize;
use steward_http::{Answer, Caller, ErrorBody};
use utoipa::ToSchema;

use crate::document::{document, operations};

/// A route.
#[derive(Serialize, ToSchema)]
pub struct Route {
    /// What answers it.
    #[schema(example = "user.add_user")]
    endpoint: String,
    #[schema(example = "OPTIONS, POST")]
    methods: String,
    #[schema(example = "/api/add_user")]
    url: String,
}

/// Every route of the API.
#[utoipa::path(get, path = "/api/urls", tag = "urls",
    responses((status = 200, body = Vec<Route>), (status = 401, body = ErrorBody)))]
pub async fn list(_caller: Caller) -> Answer<Json<Vec<Route>>> {
    let mut api = document();
    let routes = api.paths.paths.iter_mut().flat_map(|(url, item)| {
        operations(item).map(|(methods, operation)| Route {
            endpoint: operation.operation_id.clone().unwrap_or_default(),
            methods: format!("OPTIONS, {methods}"),
            url: url.clone(),
        })
    });
    Ok(Json(routes.collect()))
}
