//! `GET /api/certificates/{id}/download` (000 §4.2.7)

use axum::extract::State;
use axum::http::header;
use axum::response::IntoResponse;
use domain::Error;
use domain::certificates::Certificate;
use domain::entity::Stored;
use secrecy::SecretString;
use serde::Deserialize;
use steward_http::{Answer, App, CallerAnd, ErrorBody, Params};
use tls::export::{Format, export};
use utoipa::IntoParams;

use crate::schema::DownloadFormat;

/// In which form.
#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct Query {
    /// `pem` (a zip of certificate, chain, both, and key; unless given), `pfx`, `der`, `fullchain` or `key`.
    #[param(value_type = Option<DownloadFormat>, inline)]
    format: Option<String>,
    /// Protects a `pfx`, which needs one.
    #[param(value_type = Option<String>)]
    password: Option<SecretString>,
}

/// Downloads an issued certificate, with its key where the format has one. Audited.
#[utoipa::path(get, path = "/api/certificates/{id}/download", tag = "certificates",
    params(("id" = i64, Path), Query),
    responses((status = 200, description = "The file, in the form that was asked for.", content(
            (Vec<u8> = "application/zip"), (Vec<u8> = "application/x-pkcs12"), (Vec<u8> = "application/pkix-cert"),
            (Vec<u8> = "application/pem-certificate-chain"), (Vec<u8> = "application/x-pem-file"))),
        (status = 400, body = ErrorBody), (status = 401, body = ErrorBody), (status = 404, body = ErrorBody),
        (status = 409, body = ErrorBody)))]
pub async fn download(
    State(app): State<App>,
    asked: CallerAnd<Certificate>,
    Params(query): Params<Query>,
) -> Answer<impl IntoResponse> {
    let format = Format::parse(query.format.as_deref().unwrap_or("pem"))?;
    let CallerAnd { row: Stored { value: certificate, .. }, .. } = asked;
    let id = certificate.id;
    let Some(issued) = certificate.issued() else {
        let next = match certificate.operation() {
            Some(operation) => format!("GET /api/operations/{operation} shows how far it is"),
            None => format!("make its records, then POST /api/certificates/{id}/verify"),
        };
        return Err(Error::Conflict(format!("certificate {id} is not issued yet; {next}")).into());
    };
    let key = if format.needs_key() { Some(key(&app, &certificate).await?) } else { None };
    let file = export(format, &certificate.domain, &issued.chain, key.as_ref(), query.password.as_ref()).await?;

    let disposition = format!("attachment; filename=\"{}\"", file.file_name);
    Ok(([(header::CONTENT_TYPE, file.content_type.to_owned()), (header::CONTENT_DISPOSITION, disposition)], file.bytes))
}

async fn key(app: &App, certificate: &Certificate) -> domain::Result<SecretString> {
    let key = app.ctx.vault.get(&certificate.key_name()).await?;
    key.ok_or_else(|| Error::Internal(format!("the key of certificate {} is not in the vault", certificate.id)))
}
