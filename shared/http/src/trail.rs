//! The audit of requests, for all areas in this one place: what changes something, logs in or reads a key is on its way
//! to the trail before its handler runs, and the outcome follows. A login changes nothing until its answer is sent, so
//! that it is recorded once, before that. Refused requests of strangers are counted.

use std::sync::atomic::{AtomicI64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::body::HttpBody;
use axum::extract::MatchedPath;
use axum::http::request::Parts;
use axum::http::{HeaderValue, Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use domain::audit::{self, AuditEntry, By, Outcome};
use domain::ids::UserId;
use domain::{Error, Result};
use http_body_util::BodyExt;
use jiff::Timestamp;
use serde_json::Value;

use crate::{App, Fault};

/// The GETs that do more than read: the one that gives a key away, and the link in a mail that changes something.
const ACTING: [&str; 2] = ["/api/certificates/{id}/download", "/api/verify_email"];

/// The logins.
const LOGINS: [&str; 3] = ["/api/auth/login", "/api/login", "/api/v1/users/login"];

/// What goes on while there is no room to write: what makes room, or ends something, or only reads.
const MAKING_ROOM: [&str; 3] =
    ["POST /api/audit/purge", "POST /api/auth/logout", "GET /api/certificates/{id}/download"];

/// The largest answer in which the id of what was made is looked for.
const ANSWER_MAX: u64 = 64 * 1024;

/// How much later than the longest request its entry says that nobody knows the outcome.
const MARGIN: Duration = Duration::from_secs(10);

/// For how long one failure counts, in seconds: who goes by health sends no request that could show that it is over.
const FAILED_FOR: i64 = 300;

/// When the trail could not be written the last time that it was tried, in seconds; 0 where it could.
#[derive(Debug, Default)]
pub(crate) struct Standing(AtomicI64);

impl Standing {
    pub fn is_good(&self, now: Timestamp) -> bool {
        let failed = self.0.load(Ordering::Relaxed);
        failed == 0 || !(0..FAILED_FOR).contains(&(now.as_second() - failed))
    }

    fn note<T>(&self, sent: Result<T>, now: Timestamp) -> Result<T> {
        self.0.store(if sent.is_err() { now.as_second() } else { 0 }, Ordering::Relaxed);
        sent
    }
}

/// The entry of a request.
#[derive(Clone, Debug)]
pub(crate) struct Trail(Arc<Mutex<Track>>);

#[derive(Debug)]
struct Track {
    entry: AuditEntry,
    by: Door,
    begun: bool,
    understood: bool,
    longest: Duration,
}

/// Who may make a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Door {
    /// Somebody with credentials: it begins when they are known. Who is nobody changes nothing.
    Guarded,
    /// Anybody, and it changes something: it begins when it makes sense.
    Public,
    /// Anybody who logs in.
    Login,
}

/// Whether a request of this method to this route of the router does more than read.
pub(crate) fn acts(method: &Method, route: &str) -> bool {
    match *method {
        Method::GET => ACTING.contains(&route),
        Method::HEAD | Method::OPTIONS => false,
        _ => true,
    }
}

impl Trail {
    /// The entry of a request that is to be audited.
    pub(crate) fn of(app: &App, parts: &Parts, public: bool, source: &str, longest: Duration) -> Option<Self> {
        let route = parts.extensions.get::<MatchedPath>()?;
        if !acts(&parts.method, route.as_str()) {
            return None;
        }
        let by = match public {
            true if LOGINS.contains(&route.as_str()) => Door::Login,
            true => Door::Public,
            false => Door::Guarded,
        };
        let entry = AuditEntry {
            id: audit::new_id(&app.ctx),
            at: app.ctx.clock.now(),
            user: None,
            name: None,
            by: By::Nothing,
            source: source.to_owned(),
            target: target(parts),
            action: format!("{} {}", parts.method, route.as_str()),
            outcome: Outcome::Unknown,
        };
        Some(Self(Arc::new(Mutex::new(Track { entry, by, begun: false, understood: false, longest }))))
    }

    /// The caller is known.
    pub(crate) async fn known(&self, app: &App, user: UserId, by: By) -> Result<()> {
        {
            let mut track = self.lock();
            (track.entry.user, track.entry.by) = (Some(user), by);
        }
        self.begin(app).await
    }

    /// A request has a body that makes sense: that of somebody without credentials may act from here on.
    pub(crate) async fn understood(&self, app: &App, body: &[u8]) -> Result<()> {
        {
            let mut track = self.lock();
            if track.by == Door::Guarded || track.begun {
                return Ok(());
            }
            track.entry.name = name(body);
        }
        self.admitted(app).await
    }

    /// A link in a mail that makes sense: the address that it proves.
    pub(crate) async fn proven(&self, app: &App, address: &str) -> Result<()> {
        self.lock().entry.name = Some(address.chars().take(254).collect());
        self.admitted(app).await
    }

    async fn admitted(&self, app: &App) -> Result<()> {
        let (by, source) = {
            let mut track = self.lock();
            track.understood = true;
            (track.by, track.entry.source.clone())
        };
        match by {
            Door::Login => Ok(()),
            Door::Guarded | Door::Public => {
                let now = app.ctx.clock.now();
                if let Some(retry_after) = app.strangers.exhausted(&source, now) {
                    let message = format!(
                        "too many requests without credentials from your address; try again in {} minutes",
                        retry_after.div_ceil(60)
                    );
                    return Err(Error::TooMany { message, retry_after });
                }
                // Counted before it begins: a client that hangs up has had an entry all the same.
                app.strangers.record(&source, now);
                self.begin(app).await
            }
        }
    }

    async fn begin(&self, app: &App) -> Result<()> {
        let (entry, longest) = {
            let mut track = self.lock();
            if track.begun {
                return Ok(());
            }
            if let Some(reason) = app.ctx.store.out_of_room().filter(|_| !makes_room(&track.entry.action)) {
                return Err(Error::Unavailable(reason));
            }
            track.begun = true;
            (track.entry.clone(), track.longest)
        };
        let sent = app.standing.note(audit::begin(&app.ctx, &entry, longest + MARGIN).await, app.ctx.clock.now());
        if sent.is_err() {
            self.lock().begun = false;
        }
        sent
    }

    /// The request was answered: says so, if its entry was begun. A login is recorded here, or refused.
    pub(crate) async fn finish(&self, app: &App, response: Response) -> Response {
        let (mut entry, by, begun, understood) = {
            let track = self.lock();
            (track.entry.clone(), track.by, track.begun, track.understood)
        };
        let (now, status) = (app.ctx.clock.now(), response.status());
        let refused = status.is_client_error();
        let stranger = by != Door::Guarded && entry.user.is_none();
        for (source, words) in app.strangers.over(now) {
            if let Err(error) = audit::record_system(&app.ctx, "requests.refused", source, &words).await {
                tracing::error!(%error, words, "refused requests were counted, and are not in the audit trail");
            }
        }
        let recorded = if begun {
            true
        } else if !stranger {
            return response;
        } else {
            // The lock of a name follows guesses that have an entry each.
            let counted = !understood || status == StatusCode::TOO_MANY_REQUESTS;
            !counted && (!refused || app.strangers.record(&entry.source, now))
        };
        if !recorded {
            app.strangers.count(&entry.source, &entry.action, now);
            return response;
        }
        let (response, made) = if entry.action.starts_with("POST ") { made(response).await } else { (response, None) };
        entry.outcome = Outcome::Answered { status: status.as_u16(), made };
        match app.standing.note(audit::finish(&app.ctx, entry).await, now) {
            Err(error) if by == Door::Login && status.is_success() => Fault::from(error).into_response(),
            _ => response,
        }
    }

    fn lock(&self) -> MutexGuard<'_, Track> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn makes_room(action: &str) -> bool {
    action.starts_with("DELETE ") || MAKING_ROOM.contains(&action)
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
