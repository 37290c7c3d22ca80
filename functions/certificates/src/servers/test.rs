//! `POST /api/servers/{id}/ssh/test`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::servers::{self, Server};
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody};
use utoipa::ToSchema;

/// It has begun.
#[derive(Serialize, ToSchema)]
pub struct TestStarted {
    /// Where the progress is shown: `GET /api/operations/{id}`.
    operation_id: i64,
    message: &'static str,
}

/// Connects to the server, and finds out what runs there; `system`, `version` and `status` say it afterwards.
#[utoipa::path(post, path = "/api/servers/{id}/ssh/test", tag = "servers", params(("id" = i64, Path)),
    responses((status = 202, body = TestStarted), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn test(State(app): State<App>, asked: CallerAnd<Server>) -> Answer<(StatusCode, Json<TestStarted>)> {
    let operation = servers::start_test(&app.ctx, &asked.row).await?;
    let message = "GET /api/operations/{id} shows how far it is";
    Ok((StatusCode::ACCEPTED, Json(TestStarted { operation_id: operation.0, message })))
}
