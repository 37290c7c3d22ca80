//! `GET /api/v1/acme/accounts` (002 §2)

use axum::Json;
use axum::extract::State;
use domain::Error;
use domain::acme::{self, AccountStatus, Filter};
use domain::ids::{ProviderId, UserId};
use domain::list::PageRequest;
use serde::{Deserialize, Serialize};
use steward_http::schema::{Page, PerPage};
use steward_http::{Answer, App, Caller, CodeErrorBody, Params, Time};
use utoipa::{IntoParams, ToSchema};

use super::word;
use crate::envelope::{self, Envelope};
use crate::schema::AccountState;

/// Which accounts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// Those at this CA.
    provider_id: Option<i64>,
    /// `active`, `disabled` or `deactivated`.
    #[param(value_type = Option<AccountState>, inline)]
    status: Option<String>,
    /// From 1; 1 unless given.
    #[param(value_type = Option<Page>, inline)]
    page: Option<i64>,
    /// From 1 to 50; 20 unless given.
    #[param(value_type = Option<PerPage>, inline)]
    page_size: Option<i64>,
    /// Filters by owner. Defaults to the caller; other owners need the right to see them.
    user_id: Option<i64>,
}

/// An account.
#[derive(Serialize, ToSchema)]
pub struct AccountItem {
    id: i64,
    provider_id: i64,
    provider_name: String,
    email: String,
    #[schema(value_type = AccountState)]
    status: &'static str,
    is_default: bool,
    account_url: String,
    created_at: Time,
}

/// ACME accounts, newest first.
#[utoipa::path(get, path = "/api/v1/acme/accounts", tag = "acme-accounts", params(Query),
    responses((status = 200, body = Envelope<AccountItem>), (status = 400, body = CodeErrorBody),
        (status = 401, body = CodeErrorBody)))]
pub async fn list(
    State(app): State<App>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Answer<Json<Envelope<AccountItem>>> {
    let request = PageRequest::new(query.page, query.page_size, None, "page_size")?;
    let status = match query.status.as_deref() {
        None | Some("") => None,
        Some("active") => Some(AccountStatus::Active),
        Some("disabled") => Some(AccountStatus::Disabled),
        Some("deactivated") => Some(AccountStatus::Deactivated),
        Some(_) => return Err(Error::invalid("status", "must be one of active, disabled, deactivated").into()),
    };
    let owner = query.user_id.map_or(caller.viewer.user, UserId);
    let store = app.ctx.store.as_ref();
    caller.viewer.require(store, owner, "user").await?;
    let filter = Filter { provider: query.provider_id.map(ProviderId), status };
    let listing = acme::list(store, owner, filter, &request).await?;
    let item = |account: acme::Account| AccountItem {
        id: account.id.0,
        provider_id: account.provider.0,
        provider_name: account.provider_name,
        email: account.email.to_string(),
        status: word(account.status),
        is_default: account.is_default,
        account_url: account.account_url,
        created_at: account.created_at.into(),
    };
    let items = listing.rows.into_iter().map(item).collect();
    Ok(envelope::page(items, listing.total, request.page, request.per_page))
}
