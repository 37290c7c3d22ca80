//! `GET /.well-known/acme-challenge/{token}` (RFC 8555 §8.3)

use axum::extract::{Path, State};
use axum::http::header;
use domain::http_challenges;
use serde::Deserialize;
use steward_http::{Answer, App, ErrorBody, Params};
use utoipa::IntoParams;

/// Whose orders the site trusts.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// The mark of an owner: the preflight of an order names it.
    #[param(min_length = 32, max_length = 32, example = "5f4dcc3b5aa765d61d8327deb882cf99")]
    site: Option<String>,
}

/// What a CA looks for to see that a site trusts an order: the site redirects this path to Steward, with the mark of the
/// order's owner. Without it only orders of administrators, and renewals, are answered.
#[utoipa::path(get, path = "/.well-known/acme-challenge/{token}", tag = "challenges", security(()),
    params(("token" = String, Path, description = "The challenge's token."), Query),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 404, body = ErrorBody)))]
pub async fn get(
    State(app): State<App>,
    Path(token): Path<String>,
    Params(query): Params<Query>,
) -> Answer<([(header::HeaderName, &'static str); 1], String)> {
    let key_authorization = http_challenges::answer(&app.ctx, &token, query.site.as_deref()).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain")], key_authorization))
}
