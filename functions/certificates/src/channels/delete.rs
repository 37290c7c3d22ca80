//! `DELETE /api/channels/{id}`

use axum::Json;
use axum::extract::State;
use domain::alerts::channels::{self, Channel};
use serde::Serialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody};
use utoipa::ToSchema;

/// It is gone.
#[derive(Serialize, ToSchema)]
pub struct ChannelDeleted {
    message: &'static str,
}

/// Deletes a channel; what waits for it is dropped.
#[utoipa::path(delete, path = "/api/channels/{id}", tag = "channels", params(("id" = i64, Path)),
    responses((status = 200, body = ChannelDeleted), (status = 401, body = ErrorBody),
        (status = 404, body = ErrorBody)))]
pub async fn delete(State(app): State<App>, asked: CallerAnd<Channel>) -> Answer<Json<ChannelDeleted>> {
    channels::delete(&app.ctx, asked.row).await?;
    Ok(Json(ChannelDeleted { message: "Channel deleted successfully" }))
}
