//! `POST /api/v1/acme/account/create` (002 §1)

use axum::Json;
use axum::extract::State;
use domain::acme::{self, NewAccount};
use secrecy::SecretString;
use serde::{Deserialize, Serialize};
use steward_http::schema::EmailAddress;
use steward_http::{Answer, App, Caller, CodeErrorBody, JsonBody, Time};
use utoipa::ToSchema;

use super::word;
use crate::envelope::{self, Envelope};
use crate::schema::AccountState;

/// An account to register.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AccountRegistration {
    /// A name from the list of providers.
    #[schema(example = "letsencrypt")]
    provider_name: String,
    /// The CA writes to it.
    #[schema(value_type = EmailAddress)]
    email: String,
    /// The EAB key identifier, where the CA needs one.
    #[serde(default)]
    eab_kid: Option<String>,
    /// The EAB MAC key, base64url, where the CA needs one.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    eab_hmac_key: Option<SecretString>,
}

/// The account as registered.
#[derive(Serialize, ToSchema)]
pub struct RegisteredAccount {
    id: i64,
    provider_id: i64,
    email: String,
    #[schema(value_type = AccountState)]
    status: &'static str,
    is_default: bool,
    account_url: String,
    created_at: Time,
}

/// Registers an account at a CA, agreeing to its terms. The first one at a CA becomes the default there.
#[utoipa::path(post, path = "/api/v1/acme/account/create", tag = "acme-accounts", request_body = AccountRegistration,
    responses((status = 200, body = Envelope<RegisteredAccount>), (status = 400, body = CodeErrorBody),
        (status = 401, body = CodeErrorBody), (status = 409, body = CodeErrorBody),
        (status = 503, body = CodeErrorBody)))]
pub async fn create(
    State(app): State<App>,
    caller: Caller,
    JsonBody(body): JsonBody<AccountRegistration>,
) -> Answer<Json<Envelope<RegisteredAccount>>> {
    let new = NewAccount {
        provider_name: body.provider_name,
        email: body.email,
        eab_kid: body.eab_kid.unwrap_or_default(),
        eab_hmac_key: body.eab_hmac_key.unwrap_or_default(),
    };
    let account = acme::create(&app.ctx, caller.viewer.user, new).await?.value;
    Ok(envelope::one(RegisteredAccount {
        id: account.id.0,
        provider_id: account.provider.0,
        email: account.email.to_string(),
        status: word(account.status),
        is_default: account.is_default,
        account_url: account.account_url,
        created_at: account.created_at.into(),
    }))
}
