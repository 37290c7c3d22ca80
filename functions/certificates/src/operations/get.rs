//! `GET /api/operations/{id}` (000 §8.1)

use axum::Json;
use domain::operations::{Operation, Progress, Step, Work};
use serde::Serialize;
use steward_http::{Answer, CallerAnd, ErrorBody, Time};
use utoipa::ToSchema;

use crate::schema::{OperationKind, OperationState, Percent};

/// How far a piece of long work has come.
#[derive(Serialize, ToSchema)]
pub struct OperationDetail {
    id: i64,
    /// What is being done: `issue`, `deploy`, `test_server`, `rollout`, `remove_records`, `test_dns_credential`, `purge`,
    /// `notify` or `deliver`.
    #[schema(value_type = OperationKind)]
    kind: &'static str,
    /// The certificate it is done to.
    certificate_id: Option<i64>,
    /// `pending`, `running`, `succeeded` or `failed`.
    #[schema(value_type = OperationState)]
    state: &'static str,
    /// Steps done, of all steps.
    #[schema(value_type = Percent)]
    percent: u8,
    steps: Vec<StepDetail>,
    /// How often a worker has taken it up.
    attempts: u32,
    /// Why it failed.
    error: Option<String>,
    created_at: Time,
    updated_at: Time,
}

/// One step of it.
#[derive(Serialize, ToSchema)]
pub struct StepDetail {
    name: String,
    /// `pending`, `running`, `succeeded` or `failed`.
    #[schema(value_type = OperationState)]
    state: &'static str,
    started_at: Option<Time>,
    finished_at: Option<Time>,
    /// What it waits for, or why it failed.
    detail: Option<String>,
}

impl StepDetail {
    pub(crate) fn new(step: Step) -> Self {
        Self {
            name: step.name,
            state: word(step.state),
            started_at: step.started_at.map(Into::into),
            finished_at: step.finished_at.map(Into::into),
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
        created_at: operation.created_at.into(),
        updated_at: operation.updated_at.into(),
    }))
}
