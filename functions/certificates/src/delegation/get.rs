//! `GET /api/delegation`

use axum::Json;
use axum::extract::State;
use domain::Error;
use domain::delegation;
use domain::names::DomainName;
use serde::{Deserialize, Serialize};
use steward_http::schema::Domain;
use steward_http::{Answer, App, Caller, ErrorBody, Params};
use utoipa::{IntoParams, ToSchema};

use crate::schema::RecordCname;

/// Which name.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// A name of yours.
    #[param(value_type = Option<Domain>, inline, example = "www.example.com")]
    domain: Option<String>,
}

/// What the delegation zone is, and what to make for a name.
#[derive(Serialize, ToSchema)]
pub struct DelegationDetail {
    /// The zone; null where the operator has set up none.
    zone: Option<String>,
    /// The record to make for the name, once and for good.
    record: Option<DelegationRecord>,
    /// Whether that record is there; null when no name was given, or it could not be looked up.
    present: Option<bool>,
    message: String,
}

/// A CNAME to make.
#[derive(Serialize, ToSchema)]
pub struct DelegationRecord {
    host: String,
    /// Always `CNAME`.
    #[schema(value_type = RecordCname)]
    r#type: &'static str,
    value: String,
}

/// What to make for a name, so that Steward answers its challenges in the operator's zone ever after, and whether it is
/// there.
#[utoipa::path(get, path = "/api/delegation", tag = "delegation", params(Query),
    responses((status = 200, body = DelegationDetail), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody)))]
pub async fn get(
    State(app): State<App>,
    caller: Caller,
    Params(query): Params<Query>,
) -> Answer<Json<DelegationDetail>> {
    let name = query.domain.map(|text| DomainName::parse("domain", &text)).transpose()?;
    let none = |zone, message: &str| DelegationDetail { zone, record: None, present: None, message: message.into() };
    let Some(found) = delegation::find(&app.ctx).await? else {
        return Ok(Json(none(None, "the operator has set up no delegation zone")));
    };
    let Some(name) = name else {
        return Ok(Json(none(Some(found.zone), "ask with ?domain= for the record of a name")));
    };
    let owner = caller.viewer.user;
    let record = DelegationRecord {
        host: format!("{}{}", delegation::CHALLENGE, name.base()),
        r#type: "CNAME",
        value: found.target(owner, name.base()),
    };
    let (present, message) = match delegation::missing(&app.ctx, &found, owner, name.base()).await {
        Ok(None) => (Some(true), "the record is there".to_owned()),
        Ok(Some(missing)) => (Some(false), missing),
        Err(error) => (None, Error::Unavailable(error.to_string()).to_string()),
    };
    Ok(Json(DelegationDetail { zone: Some(found.zone), record: Some(record), present, message }))
}
