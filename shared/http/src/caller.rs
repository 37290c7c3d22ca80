use axum::extract::FromRequestParts;
use axum::http::header;
use axum::http::request::Parts;
use domain::Error;
use domain::audit::By;
use domain::entity::{Entity, Stored};
use domain::ports::Key;
use domain::users::{self, ApiKey, Owned, Proof, Session, User, Viewer};

use crate::body::reading::may_be_large;
use crate::trail::Trail;
use crate::{App, Fault, IdPath, Source};

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
        let proof = proof(parts, app).await?;
        let user = users::authenticate(app.ctx.store.as_ref(), &proof, app.ctx.clock.now()).await?;
        Self::new(parts, app, user, proof).await
    }
}

impl Caller {
    /// The caller, once the audit trail knows who asks; what it cannot be told must not be done.
    async fn new(parts: &mut Parts, app: &App, user: Stored<User>, proof: Proof) -> Result<Self, Fault> {
        let Ok(source) = Source::from_request_parts(parts, app).await;
        let viewer = user.value.viewer(source.0);
        let by = by(&proof);
        let session = match proof {
            Proof::Session(session) => Some(session),
            Proof::ApiKey(_) => None,
        };
        if let Some(trail) = parts.extensions.get::<Trail>().cloned() {
            trail.known(app, viewer.user, by).await?;
        }
        Ok(Self { user, viewer, session })
    }
}

/// Who makes the request, and what its path names by an id: both are read in one store call. What the caller may not
/// reach is not there for them.
#[derive(Clone, Debug)]
pub struct CallerAnd<T> {
    /// Who makes the request.
    pub caller: Caller,
    /// What it is about, as stored now.
    pub row: Stored<T>,
}

impl<T: Owned> FromRequestParts<App> for CallerAnd<T> {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let IdPath(id) = match IdPath::from_request_parts(parts, app).await {
            Ok(id) => id,
            // Unauthenticated callers get 401 before any other error.
            Err(fault) => return Err(Caller::from_request_parts(parts, app).await.err().unwrap_or(fault)),
        };
        let proof = proof(parts, app).await?;
        let (store, now) = (app.ctx.store.as_ref(), app.ctx.clock.now());
        let (user, row) = users::authenticate_with::<T>(store, &proof, Key::of(id), now).await?;
        let caller = Caller::new(parts, app, user, proof).await?;
        let row = row.ok_or(Error::NotFound { what: T::NAME })?;
        caller.viewer.require(store, row.value.owner(), T::NAME).await?;
        Ok(Self { caller, row })
    }
}

/// Somebody who says who they are, for a handler whose body names what it is about: the signature of a token is checked,
/// the rest with what the body names, in one store call.
#[derive(Clone, Debug)]
pub struct Claim {
    proof: Proof,
    source: String,
    trail: Option<Trail>,
}

impl FromRequestParts<App> for Claim {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let proof = proof(parts, app).await?;
        if may_be_large(&parts.headers) {
            // Nobody sends a large body before they are known.
            users::authenticate(app.ctx.store.as_ref(), &proof, app.ctx.clock.now()).await?;
        }
        let Ok(source) = Source::from_request_parts(parts, app).await;
        Ok(Self { proof, source: source.0, trail: parts.extensions.get().cloned() })
    }
}

impl Claim {
    /// Who it is, and two rows, whoever they belong to.
    pub async fn with_two<A: Entity, B: Entity>(
        self,
        app: &App,
        keys: (Key, Key),
    ) -> Result<(Viewer, Option<Stored<A>>, Option<Stored<B>>), Fault> {
        let (store, now) = (app.ctx.store.as_ref(), app.ctx.clock.now());
        let (user, a, b) = users::authenticate_with_two(store, &self.proof, keys, now).await?;
        let viewer = user.value.viewer(self.source);
        if let Some(trail) = &self.trail {
            trail.known(app, viewer.user, by(&self.proof)).await?;
        }
        Ok((viewer, a, b))
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

/// What the audit trail says somebody was known by.
fn by(proof: &Proof) -> By {
    match proof {
        Proof::Session(_) => By::Token,
        Proof::ApiKey(_) => By::ApiKey,
    }
}

/// What the request shows of who makes it. A token's signature is checked, the rest is for the domain to say.
async fn proof(parts: &Parts, app: &App) -> Result<Proof, Error> {
    let header = |name: &str| parts.headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(value) = header(header::AUTHORIZATION.as_str()) {
        let (scheme, token) = value.split_once(' ').unwrap_or_default();
        if scheme.eq_ignore_ascii_case("bearer") && !token.trim().is_empty() {
            return app.tokens.read_session(&app.ctx, token.trim()).await.map(Proof::Session);
        }
        return Err(Error::Unauthenticated("Authorization: must be 'Bearer' and the token of a login".into()));
    }
    // lxdapi's WHMCS module calls it X-API-Hash.
    if let Some(value) = header("x-api-key").or_else(|| header("x-api-hash")) {
        let wrong = || Error::Unauthenticated("X-API-Key: must be 64 hex characters".into());
        return ApiKey::parse(value.trim()).map(Proof::ApiKey).ok_or_else(wrong);
    }
    Err(Error::Unauthenticated(
        "log in first: send 'Authorization: Bearer' with a token from POST /api/auth/login, or an X-API-Key".into(),
    ))
}
