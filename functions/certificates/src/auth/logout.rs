//! `POST /api/auth/logout` (000 §4.1.2)

use axum::Json;
use axum::extract::State;
use domain::{Error, users};
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, Caller, ErrorBody, JsonBody};
use utoipa::ToSchema;

/// What to end.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Logout {
    /// Ends every session of the user, and their API key; only this session unless given.
    #[serde(default)]
    everywhere: bool,
}

/// The session has ended.
#[derive(Serialize, ToSchema)]
pub struct LoggedOut {
    message: &'static str,
}

/// Ends the session: its token is refused from now on. The API key stays good, for the programs that use it; with
/// `everywhere` it ends too, and every other session with it.
#[utoipa::path(post, path = "/api/auth/logout", tag = "auth", request_body = Option<Logout>,
    responses((status = 200, body = LoggedOut), (status = 400, body = ErrorBody), (status = 401, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn logout(
    State(app): State<App>,
    mut caller: Caller,
    body: Option<JsonBody<Logout>>,
) -> Answer<Json<LoggedOut>> {
    let session = caller
        .session
        .ok_or_else(|| Error::Conflict("an API key has no session to end; regenerate it to end its use".into()))?;
    if body.is_some_and(|JsonBody(body)| body.everywhere) {
        users::end_all_sessions(&app.ctx, &mut caller.user).await?;
    } else {
        users::revoke_session(&app.ctx, &mut caller.user, &session).await?;
    }
    Ok(Json(LoggedOut { message: "Logout successful" }))
}
