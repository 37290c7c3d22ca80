//! `GET /api/deployments/{id}/runs`

use axum::Json;
use axum::extract::State;
use domain::deployments::{self, Deployment, Run};
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody, Time};
use utoipa::ToSchema;

use crate::operations::get::StepDetail;
use crate::schema::{RunCause, RunResult};

/// What runs did, newest first.
#[derive(Serialize, ToSchema)]
pub struct RunList {
    /// The last 50.
    runs: Vec<RunDetail>,
}

/// One run.
#[derive(Serialize, ToSchema)]
pub struct RunDetail {
    id: i64,
    /// `waiting`, `running`, `deployed`, `checked`, `failed`, `rolled_back`, `rollback_failed` or `superseded`.
    #[schema(value_type = RunResult)]
    result: &'static str,
    /// `asked`, `renewed` or `retry`.
    #[schema(value_type = RunCause)]
    cause: &'static str,
    /// The attempt number, among the automatic retries of one run.
    attempt: u32,
    dry_run: bool,
    certificate_id: i64,
    /// SHA-256 of the certificate it deploys, hex, once that was checked.
    fingerprint: Option<String>,
    /// SHA-256 of the certificate that was there before, hex.
    replaced: Option<String>,
    /// Why it came to nothing.
    error: Option<String>,
    operation_id: i64,
    steps: Vec<StepDetail>,
    created_at: Time,
    ended_at: Option<Time>,
    /// Milliseconds from the first contact to its end.
    took_ms: Option<i64>,
}

impl RunDetail {
    fn new(run: Run) -> Self {
        let began = run.started_at.unwrap_or(run.created_at);
        Self {
            id: run.id.0,
            result: run.outcome.as_str(),
            cause: run.cause.as_str(),
            attempt: run.attempt,
            dry_run: run.dry_run,
            certificate_id: run.certificate.0,
            fingerprint: run.fingerprint,
            replaced: run.before.and_then(|before| before.fingerprint),
            error: run.outcome.error().map(str::to_owned),
            operation_id: run.operation.0,
            steps: run.steps.into_iter().map(StepDetail::new).collect(),
            created_at: run.created_at.into(),
            ended_at: run.ended_at.map(Into::into),
            took_ms: run.ended_at.map(|ended| ended.as_millisecond() - began.as_millisecond()),
        }
    }
}

/// The history of a deployment: what each run did, how it ended, and what it replaced.
#[utoipa::path(get, path = "/api/deployments/{id}/runs", tag = "deployments", params(("id" = i64, Path)),
    responses((status = 200, body = RunList), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn runs(State(app): State<App>, asked: CallerAnd<Deployment>) -> Answer<Json<RunList>> {
    let runs = deployments::runs(app.ctx.store.as_ref(), asked.row.value.id).await?;
    Ok(Json(RunList { runs: runs.into_iter().map(RunDetail::new).collect() }))
}
