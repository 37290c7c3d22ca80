use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use domain::Error;
use domain::entity::Stored;
use domain::users::{self, ApiKey, Session, User, Viewer};

use crate::{App, Fault, Source};

/// Who makes the request. A handler that takes it answers nobody else.
#[derive(Clone, Debug)]
pub struct Caller {
    /// The user as stored now.
    pub user: Stored<User>,
    /// What they may reach.
    pub viewer: Viewer,
    /// The session, when they came with a token and not with an API key.
    pub session: Option<Session>,
}

impl FromRequestParts<App> for Caller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let Ok(source) = Source::from_request_parts(parts, app).await;
        let store = app.ctx.store.as_ref();
        let (user, session) = match credentials(parts)? {
            Credentials::Token(token) => {
                let session = app.tokens.read_session(&app.ctx, &token).await?;
                (users::by_session(store, &session, app.ctx.clock.now()).await?, Some(session))
            }
            Credentials::Key(key) => (users::by_api_key(store, &key).await?, None),
        };
        let viewer = user.value.viewer(source.0);
        Ok(Self { user, viewer, session })
    }
}

/// Who makes the request, if they say so; wrong credentials are still refused.
#[derive(Clone, Debug)]
pub struct MaybeCaller(pub Option<Caller>);

impl FromRequestParts<App> for MaybeCaller {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let named = [header::AUTHORIZATION.as_str(), "x-api-key", "x-api-hash"];
        if named.iter().any(|name| parts.headers.contains_key(*name)) {
            Ok(Self(Some(Caller::from_request_parts(parts, app).await?)))
        } else {
            Ok(Self(None))
        }
    }
}

enum Credentials {
    Token(String),
    Key(ApiKey),
}

fn credentials(parts: &Parts) -> Result<Credentials, Error> {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(value) = header(header::AUTHORIZATION.as_str()) {
        let (scheme, token) = value.split_once(' ').unwrap_or_default();
        if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() {
            return Ok(Credentials::Token(token.trim().to_owned()));
        }
        return Err(Error::Unauthenticated("Authorization: must be 'Bearer' and the token of a login".into()));
    }
    // lxdapi's WHMCS module calls it X-API-Hash.
    if let Some(value) = header("x-api-key").or_else(|| header("x-api-hash")) {
        let wrong = || Error::Unauthenticated("X-API-Key: must be 64 hex characters".into());
        return ApiKey::parse(value.trim()).map(Credentials::Key).ok_or_else(wrong);
    }
    Err(Error::Unauthenticated(
        "log in first: send 'Authorization: Bearer' with a token from POST /api/auth/login, or an X-API-Key".into(),
    ))
}
