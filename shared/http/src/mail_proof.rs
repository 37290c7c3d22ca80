use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use domain::alerts::channels::{self, Channel};
use domain::entity::Stored;
use domain::users::{self, User};
use serde::Deserialize;

use crate::trail::Trail;
use crate::{App, Fault, Params};

/// What the link in a mail proves by its parameter `token`: that whoever opens it reads the mail of an address.
#[derive(Clone, Debug)]
pub enum MailProof {
    /// The address of a user.
    User(Box<Stored<User>>),
    /// The address of a channel.
    Channel(Box<Stored<Channel>>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Link {
    token: String,
}

impl FromRequestParts<App> for MailProof {
    type Rejection = Fault;

    async fn from_request_parts(parts: &mut Parts, app: &App) -> Result<Self, Fault> {
        let Params(Link { token }) = Params::from_request_parts(parts, app).await?;
        let (proof, address) = if token.starts_with(channels::TOKEN) {
            let channel = channels::by_token(&app.ctx, &token).await?;
            let address = channel.value.target.clone();
            (Self::Channel(Box::new(channel)), address)
        } else {
            let user = users::by_email_token(&app.ctx, &token).await?;
            let address = user.value.email.to_string();
            (Self::User(Box::new(user)), address)
        };
        if let Some(trail) = parts.extensions.get::<Trail>() {
            trail.proven(app, &address).await?;
        }
        Ok(proof)
    }
}
