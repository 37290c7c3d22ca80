//! `POST /api/v1/users/regenerate-key` (004 §2.2)

use axum::Json;
use axum::extract::State;
use domain::users::{self, Confirmation};
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, Caller, CloudErrorBody, JsonBody};
use utoipa::ToSchema;

use crate::envelope::{Envelope, done};

/// Proof that it is the user who asks.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct KeyConfirmation {
    /// The password you have; not needed with the token of a login at most 10 minutes old.
    #[serde(alias = "password")]
    current_password: Option<String>,
}

/// The new key.
#[derive(Serialize, ToSchema)]
pub struct Regenerated {
    /// For `X-API-Key`; shown this once.
    api_key: String,
}

/// Gives the caller a new API key; the old one is refused from now on. Asks for the password, unless the login is at
/// most 10 minutes old: a token or a key that was stolen is not enough. A key ends with a change of the password, with
/// `POST /api/auth/logout` everywhere, and when its user is suspended or deleted; not with the logout of one session,
/// which must not stop the programs that use the key.
#[utoipa::path(post, path = "/api/v1/users/regenerate-key", tag = "users",
    request_body = Option<KeyConfirmation>,
    responses((status = 200, body = Envelope<Regenerated>), (status = 400, body = CloudErrorBody),
        (status = 401, body = CloudErrorBody), (status = 403, body = CloudErrorBody),
        (status = 409, body = CloudErrorBody), (status = 429, body = CloudErrorBody)))]
pub async fn regenerate_key(
    State(app): State<App>,
    mut caller: Caller,
    body: Option<JsonBody<KeyConfirmation>>,
) -> Answer<Json<Envelope<Regenerated>>> {
    let password = body.and_then(|JsonBody(body)| body.current_password);
    let confirmation =
        Confirmation { password: password.as_deref(), session: caller.session.as_ref(), source: &caller.viewer.source };
    let key = users::regenerate_key(&app.ctx, &mut caller.user, confirmation).await?;
    Ok(done(Regenerated { api_key: key.reveal().to_owned() }, "API key regenerated successfully"))
}
