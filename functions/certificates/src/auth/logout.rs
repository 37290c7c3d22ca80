//! `POST /api/auth/logout` (000 §4.1.2)

use axum::Json;
use axum::extract::State;
use domain::{Error, users};
use serde::Serialize;
use steward_http::{Answer, App, Caller, ErrorBody};
use utoipa::ToSchema;

/// The session has ended.
#[derive(Serialize, ToSchema)]
pub struct LoggedOut {
    message: &'static str,
}

/// Ends the session: its token is refused from now on.
#[utoipa::path(post, path = "/api/auth/logout", tag = "auth",
    responses((status = 200, body = LoggedOut), (status = 401, body = ErrorBody)))]
pub async fn logout(State(app): State<App>, mut caller: Caller) -> Answer<Json<LoggedOut>> {
    let session = caller
        .session
        .ok_or_else(|| Error::Conflict("an API key has no session to end; regenerate it to end its use".into()))?;
    users::revoke_session(&app.ctx, &mut caller.user, &session).await?;
    Ok(Json(LoggedOut { message: "Logout successful" }))
}
