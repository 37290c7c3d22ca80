//! `POST /api/channels/{id}/test`

use axum::Json;
use axum::extract::State;
use domain::alerts::channels::{self, Channel};
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody};
use utoipa::ToSchema;

/// The message was taken.
#[derive(Serialize, ToSchema)]
pub struct Tested {
    message: &'static str,
}

/// Sends a message that only says that the channel works, and answers what became of it: 503 with the other side's
/// words when it was not taken, 409 while a mail address has not confirmed that it wants alerts.
#[utoipa::path(post, path = "/api/channels/{id}/test", tag = "channels", params(("id" = i64, Path)),
    responses((status = 200, body = Tested), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody), (status = 429, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub async fn test(State(app): State<App>, asked: CallerAnd<Channel>) -> Answer<Json<Tested>> {
    let mut channel = asked.row;
    channels::test(&app.ctx, &mut channel).await?;
    Ok(Json(Tested { message: "the message was taken" }))
}
