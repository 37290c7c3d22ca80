//! `POST /api/auth/refresh` (000 §4.1.3)

use axum::Json;
use axum::extract::State;
use domain::Error;
use serde::Serialize;
use steward_http::{Answer, App, Caller, ErrorBody};
use utoipa::ToSchema;

/// A new session.
#[derive(Serialize, ToSchema)]
pub struct Refreshed {
    /// For `Authorization: Bearer`, good for 24 hours from now.
    token: String,
}

/// Gives a new token for a session that is still good. The old one stays good until it expires, so that a lost answer
/// locks nobody out; logging out with either ends both.
#[utoipa::path(post, path = "/api/auth/refresh", tag = "auth",
    responses((status = 200, body = Refreshed), (status = 401, body = ErrorBody)))]
pub async fn refresh(State(app): State<App>, caller: Caller) -> Answer<Json<Refreshed>> {
    let Some(session) = &caller.session else {
        return Err(Error::Conflict("an API key needs no refreshing; log in to get a token".into()).into());
    };
    Ok(Json(Refreshed { token: app.tokens.refresh_session(&app.ctx, &caller.user.value, session).await? }))
}
