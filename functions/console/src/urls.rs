//! `GET /api/urls` (003 §10)

use std::collections::BTreeMap;
use std::sync::OnceLock;

use axum::Json;
use domain::Error;
use serde::{Deserialize, Serialize};
use steward_http::{Answer, Caller, ErrorBody};
use utoipa::ToSchema;

use crate::DOCUMENT;

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

/// What of the document is needed here.
#[derive(Deserialize)]
struct Document {
    paths: BTreeMap<String, BTreeMap<String, Operation>>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    operation_id: String,
}

/// Every route of the API.
#[utoipa::path(get, path = "/api/urls", tag = "urls",
    responses((status = 200, body = Vec<Route>), (status = 401, body = ErrorBody)))]
pub async fn list(_caller: Caller) -> Answer<Json<&'static [Route]>> {
    static ROUTES: OnceLock<Vec<Route>> = OnceLock::new();
    if let Some(routes) = ROUTES.get() {
        return Ok(Json(routes));
    }
    let document: Document = serde_json::from_str(DOCUMENT).map_err(|error| Error::Internal(error.to_string()))?;
    Ok(Json(ROUTES.get_or_init(|| routes(document))))
}

fn routes(document: Document) -> Vec<Route> {
    let of_path = |(url, operations): (String, BTreeMap<String, Operation>)| {
        operations.into_iter().map(move |(method, operation)| Route {
            endpoint: operation.operation_id,
            methods: match method.as_str() {
                // axum answers HEAD wherever it answers GET.
                "get" => "OPTIONS, GET, HEAD".to_owned(),
                method => format!("OPTIONS, {}", method.to_uppercase()),
            },
            url: url.clone(),
        })
    };
    document.paths.into_iter().flat_map(of_path).collect()
}
