//! `GET /api/operations/{id}` (000 §8.1)

use axum::Json;
use domain::operations::{Operation, Progress, Step, Work};
use jiff::Timestamp;
use serde::Serialize;
use steward_http::{Answer, CallerAnd, ErrorBody};
use utoipa::ToSchema;

/// How far a piece of long work has come.
#[derive(Serialize, ToSchema)]
pub struct OperationDetail {
    id: i64,
    /// What is being done: `issue`, `deploy`, `test_server`, `rollout`, `remove_records`, `test_dns_credential`, `purge`,
    /// `notify` or `deliver`.
    kind: &'static str,
    /// The certificate it is done to.
    certificate_id: Option<i64>,
    /// `pending`, `running`, `succeeded` or `failed`.
    state: &'static str,
    /// Steps done, of all steps.
    percent: u8,
    steps: Vec<StepDetail>,
    /// How often a worker has taken it up.
    attempts: u32,
    /// Why it failed.
    error: Option<String>,
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    #[schema(value_type = String, format = DateTime)]
    updated_at: Timestamp,
}

/// One step of it.
#[derive(Serialize, ToSchema)]
pub struct StepDetail {
    name: String,
    /// `pending`, `running`, `succeeded` or `failed`.
    state: &'static str,
    #[schema(value_type = Option<String>, format = DateTime)]
    started_at: Option<Timestamp>,
    #[schema(value_type = Option<String>, format = DateTime)]
    finished_at: Option<Timestamp>,
    /// What it waits for, or why it failed.
    detail: Option<String>,
}

impl StepDetail {
    pub(crate) fn new(step: Step) -> Self {
        Self {
            name: step.name,
            state: word(step.state),
            started_at: step.started_at,
            finished_at: step.finished_at,
            detail: step.detail,
        }
    }
}

fn word(progress: Progress) -> &'static str {
    match progress {
        Progress::Pending => "pending",
        Progress::Running => "running",
        Progress::Succeeded => "succeeded",
        Progress::Failed => "failed",
    }
}

/// An operation: its state, percent and steps with their times.
#[utoipa::path(get, path = "/api/operations/{id}", tag = "operations", params(("id" = i64, Path)),
    responses((status = 200, body = OperationDetail), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn get(asked: CallerAnd<Operation>) -> Answer<Json<OperationDetail>> {
    let operation = asked.row.value;
    let percent = operation.percent();
    let (kind, certificate_id) = match operation.work {
        Work::Issue { certificate } => ("issue", Some(certificate.0)),
        Work::Purge { .. } => ("purge", None),
        Work::RemoveRecords { .. } => ("remove_records", None),
        Work::TestDnsCredential { .. } => ("test_dns_credential", None),
        Work::TestServer { .. } => ("test_server", None),
        Work::Deploy { .. } => ("deploy", None),
        Work::Rollout { certificate } => ("rollout", Some(certificate.0)),
        Work::Notify { .. } => ("notify", None),
        Work::Deliver { .. } => ("deliver", None),
    };
    let steps = operation.steps.into_iter().map(StepDetail::new);
    Ok(Json(OperationDetail {
        id: operation.id.0,
        kind,
        certificate_id,
        state: word(operation.state),
        percent,
        steps: steps.collect(),
        attempts: operation.attempts,
        error: operation.error,
        created_at: operation.created_at,
        updated_at: operation.updated_at,
    }))
}
