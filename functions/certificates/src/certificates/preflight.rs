//! `POST /api/certificates/preflight`

use axum::Json;
use axum::extract::State;
use domain::acme::budget::Budget;
use domain::ids::{AccountId, DnsCredentialId};
use domain::preflight::{self, Check, CheckState, Request};
use serde::{Deserialize, Serialize};
use steward_http::schema::Domain;
use steward_http::{Answer, App, Caller, ErrorBody, JsonBody, Time};
use utoipa::ToSchema;

use super::create::AltDomains;
use crate::schema::{CaLimit, ChallengeMethod, PreflightState, PreflightSubject};

/// What is to be ordered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PreflightRequest {
    /// The first name.
    #[schema(value_type = Domain)]
    domain: String,
    /// More names: a list, or one string with commas, semicolons or line ends between them.
    #[serde(default)]
    alt_domains: Option<AltDomains>,
    /// The CA. May be left out with `account_id`.
    #[schema(example = "letsencrypt")]
    issuer: Option<String>,
    /// The ACME account, instead of the default one at the CA.
    account_id: Option<i64>,
    /// `manual` (unless given), `dns`, `delegated` or `http`.
    #[schema(value_type = Option<ChallengeMethod>)]
    challenge: Option<String>,
    /// The credential for the challenge `dns`.
    dns_credential_id: Option<i64>,
}

/// What was looked at.
#[derive(Serialize, ToSchema)]
pub struct PreflightReport {
    /// Whether nothing failed.
    ok: bool,
    checks: Vec<PreflightCheck>,
    /// What is used of the CA's published limits, as far as Steward has used them; empty where it publishes none.
    budget: Vec<BudgetDetail>,
}

/// One check.
#[derive(Serialize, ToSchema)]
pub struct PreflightCheck {
    /// The name it is about.
    name: String,
    /// `zone`, `caa` or `challenge`; where there is something to say of the order as a whole also `names`, `account` or
    /// `duplicate`.
    #[schema(value_type = PreflightSubject)]
    check: &'static str,
    /// `ok`, `warning` or `failed`.
    #[schema(value_type = PreflightState)]
    state: &'static str,
    detail: String,
}

/// One limit.
#[derive(Serialize, ToSchema)]
pub struct BudgetDetail {
    /// `new_orders`, `certificates_per_domain`, `certificates_per_names` or `failed_validations`.
    #[schema(value_type = CaLimit)]
    limit: &'static str,
    /// Which account, domain or name: the one with most used.
    subject: String,
    used: u32,
    of: u32,
    per_seconds: u32,
    /// When all of it is free again.
    resets_at: Option<Time>,
}

impl From<Check> for PreflightCheck {
    fn from(check: Check) -> Self {
        let state = match check.state {
            CheckState::Ok => "ok",
            CheckState::Warning => "warning",
            CheckState::Failed => "failed",
        };
        Self { name: check.name, check: check.check, state, detail: check.detail }
    }
}

impl From<Budget> for BudgetDetail {
    fn from(budget: Budget) -> Self {
        Self {
            limit: budget.limit.as_str(),
            subject: budget.subject,
            used: budget.used,
            of: budget.of,
            per_seconds: budget.per_seconds,
            resets_at: budget.resets_at.map(Into::into),
        }
    }
}

/// Looks, without asking the CA, whether an order would succeed: zones, CAA records, CNAMEs, the CA's limits.
#[utoipa::path(post, path = "/api/certificates/preflight", tag = "certificates", request_body = PreflightRequest,
    responses((status = 200, body = PreflightReport), (status = 400, body = ErrorBody),
        (status = 401, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub async fn preflight(
    State(app): State<App>,
    caller: Caller,
    JsonBody(body): JsonBody<PreflightRequest>,
) -> Answer<Json<PreflightReport>> {
    let request = Request {
        domain: body.domain,
        alt_domains: body.alt_domains.map(AltDomains::names).unwrap_or_default(),
        issuer: body.issuer,
        account: body.account_id.map(AccountId),
        challenge: body.challenge,
        credential: body.dns_credential_id.map(DnsCredentialId),
    };
    let plan = preflight::plan(&app.ctx, caller.viewer.user, request).await?;
    let report = preflight::report(&app.ctx, &plan).await?;
    Ok(Json(PreflightReport {
        ok: report.ok,
        checks: report.checks.into_iter().map(Into::into).collect(),
        budget: report.budget.into_iter().map(Into::into).collect(),
    }))
}
