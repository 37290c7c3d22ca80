//! `POST /api/audit/purge`

use axum::Json;
use axum::extract::State;
use domain::{Error, audit};
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, Caller, ErrorBody, JsonBody};
use utoipa::ToSchema;

/// What is to be removed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct TrailPurge {
    /// Entries from before this time; at least seven days ago.
    #[schema(format = DateTime, example = "2025-01-01T00:00:00Z")]
    before: String,
}

/// What was removed.
#[derive(Serialize, ToSchema)]
pub struct TrailPurged {
    /// How many entries are gone.
    removed: u64,
    /// Whether there may be more to remove: send the same again.
    more: bool,
}

/// Removes the oldest entries of the audit trail, up to 1,800 at once; for administrators. Where the trail begins from
/// then on is signed, so that it can still be verified. It works while the disk is full.
#[utoipa::path(post, path = "/api/audit/purge", tag = "audit", request_body = TrailPurge,
    responses((status = 200, body = TrailPurged), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 403, body = ErrorBody)))]
pub async fn purge(
    State(app): State<App>,
    caller: Caller,
    JsonBody(body): JsonBody<TrailPurge>,
) -> Answer<Json<TrailPurged>> {
    let wrong = |_: jiff::Error| Error::invalid("before", "must be a time such as 2025-01-01T00:00:00Z");
    caller.viewer.require_admin()?;
    let trimmed = audit::purge(&app.ctx, &caller.viewer, body.before.parse().map_err(wrong)?).await?;
    Ok(Json(TrailPurged { removed: trimmed.removed, more: trimmed.more }))
}
