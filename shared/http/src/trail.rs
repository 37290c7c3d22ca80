//! The audit of requests, for all areas in this one place: what changes something, logs in or reads a key is on its way
//! to the trail before its handler runs, and what came of it follows.

use std::sync::{Arc, Mutex, PoisonError};

use axum::body::HttpBody;
use axum::extract::MatchedPath;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, header};
use axum::response::Response;
use domain::Error;
use domain::audit::{self, AuditEntry, By, Outcome};
use domain::ids::UserId;
use http_body_util::BodyExt;
use serde_json::Value;

use crate::App;

/// The GETs that are audited: the one that reads a key, and the link in a mail that changes something.
const AUDITED: [&str; 2] = ["/api/certificates/{id}/download", "/api/verify_email"];

/// What may be asked without credentials. It is on its way to the trail before anything is known of its caller; all the
/// rest once its caller is: who is nobody changes nothing, and must not fill the trail.
const PUBLIC: [&str; 7] = [
    "POST /api/auth/login",
    "POST /api/login",
    "POST /api/v1/users/login",
    "POST /api/v1/users/register",
    "POST /api/add_user",
    "POST /api/send_verification_email",
    "GET /api/verify_email",
];

/// The largest answer in which the id of what was made is looked for.
const ANSWER_MAX: u64 = 64 * 1024;

/// The entry of a request.
#[derive(Clone, Debug)]
pub(crate) struct Trail(Arc<Mutex<Track>>);

#[derive(Debug)]
struct Track {
    entry: AuditEntry,
    begun: bool,
}

impl Trail {
    /// The entry of a request that is to be audited; begun, where anybody may ask it.
    pub(crate) async fn of(app: &App, parts: &Parts, body: &[u8], source: &str) -> Result<Option<Self>, Error> {
        let Some(route) = parts.extensions.get::<MatchedPath>() else { return Ok(None) };
        let changes = !matches!(parts.method, Method::GET | Method::HEAD | Method::OPTIONS);
        if !changes && !(parts.method == Method::GET && AUDITED.contains(&route.as_str())) {
            return Ok(None);
        }
        let action = format!("{} {}", parts.method, route.as_str());
        let public = PUBLIC.contains(&action.as_str());
        let entry = AuditEntry {
            id: audit::new_id(&app.ctx),
            at: app.ctx.clock.now(),
            user: None,
            name: public.then(|| name(body)).flatten(),
            by: By::Nothing,
            source: source.to_owned(),
            target: target(parts),
            action,
            outcome: Outcome::Unknown,
        };
        let trail = Self(Arc::new(Mutex::new(Track { entry, begun: false })));
        if public {
            trail.begin(app).await?;
        }
        Ok(Some(trail))
    }

    /// The caller is known.
    pub(crate) async fn known(&self, app: &App, user: UserId, by: By) -> Result<(), Error> {
        {
            let mut track = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            (track.entry.user, track.entry.by) = (Some(user), by);
        }
        self.begin(app).await
    }

    async fn begin(&self, app: &App) -> Result<(), Error> {
        let entry = {
            let mut track = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            if std::mem::replace(&mut track.begun, true) {
                return Ok(());
            }
            track.entry.clone()
        };
        let sent = audit::begin(&app.ctx, &entry).await;
        if sent.is_err() {
            self.0.lock().unwrap_or_else(PoisonError::into_inner).begun = false;
        }
        sent
    }

    /// The request was answered; says so, if its entry was begun.
    pub(crate) async fn finish(&self, app: &App, response: Response) -> Response {
        let entry = {
            let track = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            track.begun.then(|| track.entry.clone())
        };
        let Some(mut entry) = entry else { return response };
        let status = response.status().as_u16();
        let (response, made) = if entry.action.starts_with("POST ") { made(response).await } else { (response, None) };
        entry.outcome = Outcome::Answered { status, made };
        audit::finish(&app.ctx, entry).await;
        response
    }
}

/// Whom a public request is about.
fn name(body: &[u8]) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    let name = ["username", "email"].iter().find_map(|field| body[*field].as_str())?;
    Some(name.chars().take(254).collect())
}

/// The path, with the form of a download; no other parameter, which could be a password or a token.
fn target(parts: &Parts) -> String {
    let path: String = parts.uri.path().chars().take(500).collect();
    let query = parts.uri.query().unwrap_or_default().as_bytes();
    let format = url::form_urlencoded::parse(query).find(|(name, _)| name == "format");
    let is_word = |text: &str| text.len() <= 20 && text.bytes().all(|byte| byte.is_ascii_alphanumeric());
    match format.filter(|(_, value)| is_word(value)) {
        Some((_, format)) => format!("{path}?format={format}"),
        None => path,
    }
}

/// The id of what was made, as the answer says it.
async fn made(response: Response) -> (Response, Option<i64>) {
    let json = response.headers().get(header::CONTENT_TYPE) == Some(&HeaderValue::from_static("application/json"));
    let short = response.body().size_hint().upper().is_some_and(|length| length <= ANSWER_MAX);
    if !(json && response.status().is_success() && short) {
        return (response, None);
    }
    let (parts, body) = response.into_parts();
    let bytes = body.collect().await.map(|body| body.to_bytes()).unwrap_or_default();
    let answer: Value = serde_json::from_slice(&bytes).unwrap_or_default();
    let id = [&answer["id"], &answer["data"]["id"], &answer["user"]["id"], &answer["user_id"]]
        .into_iter()
        .find_map(Value::as_i64);
    (Response::from_parts(parts, bytes.into()), id)
}
