use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::ids::UserId;
use serde::Deserialize;

use crate::trail::Trail;
use crate::{App, Fault, Params};

/// What the link in a mail proves by its parameter `token`: that whoever opens it reads the mail of this user at this
/// address.
#[derive(Clone, Debug)]
pub struct EmailProof {
    /// The user.
    pub user: UserId,
    /// The address.
    pub address: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    token: String,
}

impl FromRequestParts<App> for EmailProof {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let Params(Link { token }) = Params::from_request_parts(parts, app).await?;
        let (user, address) = app.tokens.read_email_proof(&app.ctx, &token).await?;
        if let Some(trail) = parts.extensions.get::<Trail>() {
            trail.proven(app, &address).await?;
        }
        Ok(Self { user, address })
    }
}
