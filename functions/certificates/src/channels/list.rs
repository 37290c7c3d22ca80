//! `GET /api/channels`

use axum::Json;
use axum::extract::State;
use domain::alerts::channels;
use domain::ids::UserId;
use serde::{Deserialize, Serialize};
use steward_http::{Answer, App, Caller, ErrorBody, Params};
use utoipa::{IntoParams, ToSchema};

use super::ChannelDetail;

/// Whose channels.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Filters by owner. Defaults to the caller; other owners need the right to see them.
    user_id: Option<i64>,
}

/// All channels of a user, at most 20.
#[derive(Serialize, ToSchema)]
pub struct ChannelList {
    channels: Vec<ChannelDetail>,
}

/// Channels, oldest first.
#[utoipa::path(get, path = "/api/channels", tag = "channels", params(Query),
    responses((status = 200, body = ChannelList), (status = 401, body = ErrorBody)))]
pub async fn list(State(app): State<App>, caller: Caller, Params(query): Params<Query>) -> Answer<Json<ChannelList>> {
    let owner = query.user_id.map_or(caller.viewer.user, UserId);
    let store = app.ctx.store.as_ref();
    caller.viewer.require(store, owner, "user").await?;
    let channels = channels::of_owner(store, owner).await?.into_iter();
    Ok(Json(ChannelList { channels: channels.map(|channel| ChannelDetail::new(channel.value)).collect() }))
}
