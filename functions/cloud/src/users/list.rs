//! `GET /api/v1/users`

use axum::Json;
use axum::extract::State;
use domain::list::PageRequest;
use domain::users;
use serde::{Deserialize, Serialize};
use steward_http::schema::{Page, PerPage, Search};
use steward_http::{Answer, App, Caller, CloudErrorBody, Params};
use utoipa::{IntoParams, ToSchema};

use super::Profile;
use crate::envelope::{Envelope, done};

/// Which users.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Only those with this in their name or address.
    #[param(value_type = Option<Search>, inline)]
    search: Option<String>,
    /// From 1; 1 unless given.
    #[param(value_type = Option<Page>, inline)]
    page: Option<i64>,
    /// From 1 to 50; 20 unless given.
    #[param(value_type = Option<PerPage>, inline)]
    per_page: Option<i64>,
}

/// A page of users.
#[derive(Serialize, ToSchema)]
pub struct UserList {
    users: Vec<Profile>,
    /// On all pages.
    total: u64,
    page: u32,
    per_page: u32,
}

/// Users, newest first, deleted ones among them; for administrators.
#[utoipa::path(get, path = "/api/v1/users", tag = "users", params(Query),
    responses((status = 200, body = Envelope<UserList>), (status = 400, body = CloudErrorBody),
        (status = 401, body = CloudErrorBody), (status = 403, body = CloudErrorBody)))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Answer<Json<Envelope<UserList>>> {
    caller.viewer.require_admin()?;
    let request = PageRequest::new(query.page, query.per_page, query.search, "per_page")?;
    let listing = users::list(app.ctx.store.as_ref(), &request).await?;
    let users = listing.rows.into_iter().map(Into::into).collect();
    Ok(done(UserList { users, total: listing.total, page: request.page, per_page: request.per_page }, "Users"))
}
