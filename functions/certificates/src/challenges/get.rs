//! `GET /.well-known/acme-challenge/{token}` (RFC 8555 §8.3)

use axum::extract::{Path, State};
use axum::http::header;
use domain::http_challenges;
use steward_http::{Answer, App, ErrorBody};

/// What a CA looks for to see that a site is Steward's to answer for: a site sends this path on to Steward.
#[utoipa::path(get, path = "/.well-known/acme-challenge/{token}", tag = "challenges", security(()),
    params(("token" = String, Path, description = "The challenge's token.")),
    responses((status = 200, body = String, content_type = "text/plain"), (status = 404, body = ErrorBody)))]
pub async fn get(
    State(app): State<App>,
    Path(token): Path<String>,
) -> Answer<([(header::HeaderName, &'static str); 1], String)> {
    let key_authorization = http_challenges::answer(&app.ctx, &token).await?;
    Ok(([(header::CONTENT_TYPE, "text/plain")], key_authorization))
}
