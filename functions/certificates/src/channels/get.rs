//! `GET /api/channels/{id}`

use axum::Json;
use domain::alerts::channels::Channel;
use steward_http::{Answer, CallerAnd, ErrorBody};

use super::ChannelDetail;

/// A channel, and how it does.
#[utoipa::path(get, path = "/api/channels/{id}", tag = "channels", params(("id" = i64, Path)),
    responses((status = 200, body = ChannelDetail), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn get(asked: CallerAnd<Channel>) -> Answer<Json<ChannelDetail>> {
    Ok(Json(ChannelDetail::new(asked.row.value)))
}
