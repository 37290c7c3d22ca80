//! `POST /api/deployments/{id}/run`

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use domain::deployments::{self, Deployment};
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, CallerAnd, ErrorBody, JsonBody};
use utoipa::ToSchema;

/// How to run it.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct RunToStart {
    /// Only look whether anything is in the way, and say what would be done; not so unless given.
    #[schema(example = true)]
    dry_run: Option<bool>,
}

/// It has begun.
#[derive(Serialize, ToSchema)]
pub struct RunStarted {
    run_id: i64,
    /// Where the progress is shown: `GET /api/operations/{id}`.
    operation_id: i64,
    dry_run: bool,
}

/// Brings the certificate to the server now. What was there is kept; where a step fails it is put back, and shown to be
/// served.
#[utoipa::path(post, path = "/api/deployments/{id}/run", tag = "deployments", params(("id" = i64, Path)),
    request_body = RunToStart,
    responses((status = 202, body = RunStarted), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody), (status = 409, body = ErrorBody)))]
pub async fn run(
    State(app): State<App>,
    asked: CallerAnd<Deployment>,
    JsonBody(body): JsonBody<RunToStart>,
) -> Answer<(StatusCode, Json<RunStarted>)> {
    let mut deployment = asked.row;
    let dry_run = body.dry_run.unwrap_or_default();
    let run = deployments::start_by(&app.ctx, &asked.caller.viewer, &mut deployment, dry_run).await?.value;
    Ok((StatusCode::ACCEPTED, Json(RunStarted { run_id: run.id.0, operation_id: run.operation.0, dry_run })))
}
